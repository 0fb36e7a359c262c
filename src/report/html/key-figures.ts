import type { Tally } from '../average.ts';
import { formatCount, plural } from '../describe-report.ts';
import { displayAverages, NO_AVERAGE } from '../display-averages.ts';
import type { Report, ReportDay } from '../report.ts';
import { formatMean } from './describe-chart.ts';
import { escapeHtml, escapeTypeName } from './escape-html.ts';
import { formatDayOfMonth, formatWeekday } from './format-day.ts';
import { formatShare } from './format-share.ts';
import { sortTypes } from './sort-types.ts';

/** A number that stands large at the top of the page, with what it is and a remark in HTML. */
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
      `<div><dt>${escapeHtml(name)}</dt><dd class="value${/^[^\d–]/.test(value) ? ' word' : ''}">${escapeTypeName(value)}</dd><dd class="note">${note}</dd></div>`,
  );
  return `<dl class="figures">\n${items.join('\n')}\n</dl>`;
}

function toTotal({ days }: Report): KeyFigure {
  const total = days.reduce((sum, day) => sum + day.total.count, 0);
  return {
    name: 'Engagements',
    value: formatCount(total),
    note: `in ${plural(days.length, 'day')}, ${formatMean(total / days.length)} a day`,
  };
}

/** The newest average, and how it stands to that of the window before. */
function toTrend(report: Report): KeyFigure {
  const { days, window } = report;
  const index = findNewest(report);
  const last = days[index];
  if (last === undefined) {
    return {
      name: `${window}-day average`,
      value: NO_AVERAGE,
      note: `needs ${plural(window, 'day')} of data`,
    };
  }
  const change = toChange(report, ({ total }) => total);
  return {
    name: `${window}-day average, ${formatDayOfMonth(last.day).replace(' ', '\u00a0')}`,
    value: displayAverages(report)[index] as string,
    note: change === null ? '' : `${formatChange(change)} vs ${plural(window, 'day')} before`,
  };
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

/** How the newest average of what `pick` takes stands to that of a window before; null when one of them is missing. */
export function toChange(report: Report, pick: (day: ReportDay) => Tally): number | null {
  const { days, window } = report;
  const newest = findNewest(report);
  const [after, before] = [days[newest], days[newest - window]].map((day) =>
    day === undefined ? null : pick(day).inWindow,
  );
  return after == null || before == null || before === 0 ? null : after / before - 1;
}

/** A change as `▲ 4 %` in HTML. */
export function formatChange(change: number | null): string {
  if (change === null) return NO_AVERAGE;
  const percent = Math.round(100 * change);
  if (percent === 0) return '0 %';
  const [look, arrow] = percent > 0 ? ['up', '▲'] : ['down', '▼'];
  return `<span class="${look}">${arrow} ${formatCount(Math.abs(percent))} %</span>`;
}

function toBusiest({ days }: Report): KeyFigure {
  const busiest = days.reduce((most, day) => (day.total.count > most.total.count ? day : most));
  return {
    name: 'Busiest day',
    value: formatCount(busiest.total.count),
    note: busiest.total.count === 0 ? '' : formatWeekday(busiest.day),
  };
}

function toMostFrequent(report: Report): KeyFigure {
  const total = report.days.reduce((sum, day) => sum + day.total.count, 0);
  const [first] = sortTypes(report);
  const name = 'Most frequent type';
  if (first === undefined || total === 0) return { name, value: NO_AVERAGE, note: '' };
  return { name, value: first.name, note: `${formatShare((100 * first.total) / total)} of all` };
}
