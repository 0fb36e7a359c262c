import { toAverage } from '../average.ts';
import { formatCount, plural, toWeekday } from '../describe-report.ts';
import { displayAverages } from '../display-averages.ts';
import type { Report, ReportDay } from '../report.ts';
import { cutText } from '../visible-text.ts';
import { escapeHtml, escapeTypeName } from './escape-html.ts';
import { formatShare } from './format-share.ts';
import { sortTypes } from './sort-types.ts';

/** A number that stands large at the top of the page, with what it is and a remark; all plain text. */
interface KeyFigure {
  name: string;
  value: string;
  note: string;
}

/** The few numbers that are looked at first. Pure; the report must have days. */
export function toKeyFigures(report: Report): string {
  const figures = [toTotal(report), toTrend(report), toBusiest(report), toMostFrequent(report)];
  const items = figures.map(
    ({ name, value, note }) =>
      `<div><dt>${escapeHtml(name)}</dt><dd class="value${/^[^\d–]/.test(value) ? ' word' : ''}">${escapeTypeName(cutText(value, 40))}</dd><dd class="note">${escapeHtml(note)}</dd></div>`,
  );
  return `<dl class="figures">\n${items.join('\n')}\n</dl>`;
}

function toTotal({ days }: Report): KeyFigure {
  const total = days.reduce((sum, day) => sum + day.total.count, 0);
  const active = days.filter((day) => day.total.count > 0).length;
  return {
    name: 'Engagements',
    value: formatCount(total),
    note: `on ${formatCount(active)} of ${plural(days.length, 'day')}`,
  };
}

/** The newest average, and how it stands to that of the window before. */
function toTrend(report: Report): KeyFigure {
  const { days, window } = report;
  const name = `${window}-day average`;
  const index = findNewest(report);
  const last = days[index];
  if (last === undefined)
    return { name, value: '–', note: `needs ${plural(window, 'day')} of data` };
  const value = displayAverages(report)[index] as string;
  const before = toMean(days[index - window], window);
  const change =
    before === null || before === 0 ? null : (toMean(last, window) as number) / before - 1;
  return { name, value, note: change === null ? `on ${last.day}` : describeChange(change, window) };
}

/**
 * The place of the newest day with an average, or -1. Not today if it can be helped: it is not over, and would always
 * look like a decline.
 */
export function findNewest({ days, today }: Report): number {
  const newest = days.findLastIndex(({ total }) => total.inWindow !== null);
  const before = days[newest - 1];
  return days[newest]?.day === today && before?.total.inWindow != null ? newest - 1 : newest;
}

function toMean(day: ReportDay | undefined, window: number): number | null {
  return day === undefined ? null : toAverage(day.total, window);
}

function describeChange(change: number, window: number): string {
  const percent = Math.round(Math.abs(change) * 100);
  if (percent === 0) return `as ${plural(window, 'day')} before`;
  return `${change > 0 ? '▲' : '▼'} ${formatCount(percent)} % against ${plural(window, 'day')} before`;
}

function toBusiest({ days }: Report): KeyFigure {
  const busiest = days.reduce((most, day) => (day.total.count > most.total.count ? day : most));
  return {
    name: 'Busiest day',
    value: formatCount(busiest.total.count),
    note: `${toWeekday(busiest.day)} ${busiest.day}`,
  };
}

function toMostFrequent(report: Report): KeyFigure {
  const total = report.days.reduce((sum, day) => sum + day.total.count, 0);
  const [first] = sortTypes(report);
  const name = 'Most frequent type';
  if (first === undefined || total === 0) return { name, value: '–', note: 'no engagements' };
  return { name, value: first.name, note: `${formatShare((100 * first.total) / total)} of all` };
}
