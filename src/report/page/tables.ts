import { toCount, toCounted } from '../../terminal/text.ts';
import { cutText, measureText } from '../../terminal/visible-text.ts';
import { displayAverages, NO_AVERAGE, type Tally } from '../average.ts';
import { capHeight } from '../cap-height.ts';
import { formatDay, formatDayOfMonth, formatDays, formatMonth, toWeekday } from '../days.ts';
import type { Interval, Period } from '../intervals.ts';
import type { DetailedReport, Figures, ReportDay } from '../report.ts';
import { escapeHtml, escapeName, formatChange, formatMean, formatShare } from './html.ts';
import type { Series } from './series.ts';

/** A number that stands large at the top of the page, what it is, and remarks on it. */
interface KeyFigure {
  name: string;
  value: string;
  notes: (string | null)[];
}

/** The few numbers that are looked at first. Pure; the report must have days. */
export function toKeyFigures(report: DetailedReport): string {
  const { days, figures, before, types } = report;
  const total = countAll(days);
  const past = before === null ? null : countAll(before.days);
  const list: KeyFigure[] = [
    {
      name: 'Engagements',
      value: toCount(total),
      notes: [`${formatMean(total / days.length)} a day`, ...toComparison(total, past)],
    },
    toTrend(report),
  ];
  const compare = (name: keyof Figures) =>
    toComparison(figures[name], before?.figures[name] ?? null);
  const add = (name: string, key: keyof Figures, of: string | null = null): void => {
    list.push({ name, value: toCount(figures[key]), notes: [of, ...compare(key)] });
  };
  if (figures.owners > 0) add('Active owners', 'owners');
  if (types.includes('CALL')) add('Calls connected', 'connected', `of ${toCount(figures.calls)}`);
  if (types.includes('MEETING')) add('Meetings held', 'held', `of ${toCount(figures.meetings)}`);
  if (figures.contacts > 0) add('Contacts touched', 'contacts');
  const items = list.map(({ name, value, notes }) => {
    const lines = notes
      .filter((note) => note !== null)
      .map((note) => `<dd class="note">${note}</dd>`);
    return `<div><dt>${name}</dt><dd class="value">${value}</dd>${lines.join('')}</div>`;
  });
  return `<dl class="figures">\n${items.join('\n')}\n</dl>`;
}

/** The newest average that is of whole days, and the one before it that shares no day with it. */
function toTrend({ days, window, today }: DetailedReport): KeyFigure {
  const name = `${window}-day average`;
  // Today is not over, and would always look like a decline.
  const newest = days.findLastIndex(({ day, total }) => total.inWindow !== null && day !== today);
  const now = days[newest];
  if (now === undefined) {
    return { name, value: NO_AVERAGE, notes: [`needs ${toCounted(window, 'days')} of data`] };
  }
  const past = days[newest - window]?.total.inWindow ?? null;
  const average = (inWindow: number): string => formatMean(inWindow / window);
  return {
    name,
    value: average(now.total.inWindow as number),
    notes: [
      `a day, on ${formatDayOfMonth(now.day)}`,
      past === null ? null : `${toCounted(window, 'days')} earlier: ${average(past)}`,
    ],
  };
}

/** How a count stands to that of the period before, as remarks. */
function toComparison(now: number, before: number | null): (string | null)[] {
  if (before === null) return [];
  const change = formatChange(now, before);
  return [`${change === null ? '' : `${change}, `}${toCount(before)} before`];
}

/** What stands in a type's card beside its chart. */
export function toCardHead(report: DetailedReport, series: Series): string {
  const { days, before, types } = report;
  const past = before === null ? null : countSeries(before.days, series);
  const names = series.types.map((type) => types[type] as string);
  const notes = [
    `${formatShare(series.total, countAll(days))} of all`,
    ...toComparison(series.total, past),
    ...(series.type === null ? [names.map((name) => cutText(name, 40)).join(', ')] : []),
    ...toGoalNote(report, series),
  ];
  return [
    `<h3 title="${escapeHtml(names.join(', '))}">${toSwatch(series.colour)}<span>${escapeName(series.words)}</span></h3>`,
    `<p class="count">${toCount(series.total)}</p>`,
    `<p class="note">${notes
      .filter((note) => note !== null)
      .map(escapeHtml)
      .join(' · ')}</p>`,
  ].join('\n');
}

function toGoalNote(report: DetailedReport, { type, types }: Series): string[] {
  const goal = type === null ? undefined : report.goals[type];
  if (goal === undefined) return [];
  const counts = report.days.map((day) => day.types[types[0] as number]?.count ?? 0);
  return [describeGoal(goal, counts)];
}

/** A goal, and how often the counts of days reach it. */
export function describeGoal(goal: number, counts: number[]): string {
  const reached = counts.filter((count) => count >= goal).length;
  return `goal ${toCount(goal)} a day, reached on ${toCount(reached)} of ${toCounted(counts.length, 'days')}`;
}

export function toSwatch(colour: number): string {
  return `<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="c${colour}" width="12" height="12" rx="2"/></svg>`;
}

const WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const SHADES = 5;
const SCALE = Array.from({ length: SHADES }, (_, n) => `<i class="h${n + 1}"></i>`).join('');

/** Engagements by weekday and hour, of all types or of one series, in five shades. Pure. */
export function toHeatMap(report: DetailedReport, series: Series | null): string {
  const types = series?.types ?? report.types.keys().toArray();
  const hours = Array.from({ length: 168 }, (_, hour) =>
    types.reduce((sum, type) => sum + (report.hours[type]?.[hour] ?? 0), 0),
  );
  const filled = hours.filter((count) => count > 0).sort((a, b) => a - b);
  // Equally many cells in each shade: one import must not make all else pale.
  const shade = (count: number): number =>
    count === 0 ? 0 : Math.ceil((SHADES * (filled.lastIndexOf(count) + 1)) / filled.length);
  const cell = (count: number): string =>
    `<td class="h${shade(count)}">${count === 0 ? '' : toShort(count)}`;
  const most = Math.max(...hours);
  const at = hours.indexOf(most);
  const rows = WEEK.map((weekday, day) => {
    const cells = hours.slice(24 * day, 24 * day + 24).map(cell);
    return `<tr><th scope="row">${weekday}${cells.join('')}`;
  });
  const heads = Array.from({ length: 24 }, (_, hour) => `<th scope="col"><span>${hour}</span>`);
  const busiest = `Most: ${toCounted(most, 'engagements')}, ${WEEK[Math.floor(at / 24)]} ${at % 24}:00 to ${(at % 24) + 1}:00.`;
  return [
    '<table class="hours">',
    `<thead><tr><td>${heads.join('')}</thead>`,
    `<tbody>\n${rows.join('\n')}\n</tbody></table>`,
    `<p class="caption">Fewer ${SCALE} more. ${busiest}</p>`,
  ].join('\n');
}

function toShort(count: number): string {
  return count < 1000 ? String(count) : `${Math.round(count / 1000)}k`;
}

/** What the first column of the table is called. */
const HEADS: Record<Interval, string> = { day: 'Day', week: 'Week', month: 'Month', year: 'Year' };

/** All periods in a table, the newest first: total, its average, and a column for each series. Pure. */
export function toPeriodTable(
  report: DetailedReport,
  series: Series[],
  { periods, interval }: { periods: Period[]; interval: Interval },
): string {
  const { window } = report;
  const nothing: Tally = { count: 0, inWindow: null };
  const averages = displayAverages(
    periods.map(({ averaged }) => averaged?.total ?? nothing),
    window,
  );
  const top = capHeight(
    periods.map(({ total }) => total),
    [],
  );
  const rows = periods.map((period, row) => {
    const counts = series.map(({ types }) => sumOf(types, period.counts));
    return [
      `<tr${isRest(period, interval) ? ' class="rest"' : ''}>${toRowHead(period, interval, report.today)}`,
      `${toCell(period.total)}<td>${averages[row]}<td class="mix">${toMix(period, counts, series, top)}`,
      ...counts.map(toCell),
    ].join('');
  });
  const names = series.map(({ words }) => `<th scope="col">${escapeName(words)}`);
  return [
    `<table class="periods${series.length > 5 ? ' many' : ''}${isCrowded(series) ? ' crowded' : ''}">`,
    `<thead><tr><th scope="col">${HEADS[interval]}<th scope="col">Total<th scope="col">${window}-day average<td class="mix">${names.join('')}</thead>`,
    `<tbody>\n${rows.toReversed().join('\n')}\n</tbody>`,
    `<tfoot><tr><th scope="row">Total${toCell(countAll(report.days))}<td><td class="mix">${series.map(({ total }) => toCell(total)).join('')}</tfoot>`,
    '</table>',
  ].join('\n');
}

/** What the columns of the series may take, in letters: more find no room on a desktop. */
const MOST_LETTERS = 90;

/** Whether the names are too long for a column each; words part at blanks and after underscores. */
function isCrowded(series: Series[]): boolean {
  const letters = series.map(({ words }) =>
    words.split(/[ _]/).reduce((most, word) => Math.max(most, measureText(word) + 2), 7),
  );
  return letters.reduce((sum, each) => sum + each, 0) > MOST_LETTERS;
}

function isRest({ from }: Period, interval: Interval): boolean {
  return interval === 'day' && toWeekday(from).startsWith('S');
}

function toRowHead({ from, to, isWhole }: Period, interval: Interval, today: string): string {
  const label = formatPeriod({ from, to }, interval);
  const note = isWhole ? '' : `<span class="partial">${to === today ? 'so far' : 'partial'}</span>`;
  const weekday = interval === 'day' ? `<span class="weekday">${toWeekday(from)}</span>` : '';
  return `<th scope="row">${weekday}${label}${note}`;
}

/** `24 Nov 2026`, `16 to 22 Nov 2026`, `Nov 2026` or `2026`. */
export function formatPeriod(
  { from, to }: Pick<Period, 'from' | 'to'>,
  interval: Interval,
): string {
  if (interval === 'day') return formatDay(from);
  if (interval === 'week') return formatDays(from, to);
  return interval === 'month' ? `${formatMonth(from)} ${from.slice(0, 4)}` : from.slice(0, 4);
}

/** A period's total as a bar of its types, where there is no room for their numbers. */
function toMix({ total }: Period, counts: number[], series: Series[], top: number): string {
  let at = 0;
  const rects = counts.map((count, index) => {
    const width = (100 * count) / Math.max(total, top);
    const rect = `<rect class="c${series[index]?.colour}" x="${at.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`;
    at += width;
    return count === 0 ? '' : rect;
  });
  return `<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${rects.join('')}</svg>`;
}

function toCell(count: number): string {
  return count === 0 ? '<td class="zero">0' : `<td>${toCount(count)}`;
}

function sumOf(types: number[], counts: number[]): number {
  return types.reduce((sum, type) => sum + (counts[type] as number), 0);
}

/** Engagements of all types. */
export function countAll(days: ReportDay[]): number {
  return days.reduce((sum, { total }) => sum + total.count, 0);
}

function countSeries(days: ReportDay[], { types }: Series): number {
  return days.reduce(
    (sum, day) => types.reduce((all, type) => all + (day.types[type]?.count ?? 0), sum),
    0,
  );
}

/** What script.js needs: HubSpot's names, and for each period its days, whether it is whole, and counts and sums behind the averages. */
export function toScriptData(
  report: DetailedReport,
  series: Series[],
  tables: { periods: Period[]; interval: Interval }[],
) {
  return {
    window: report.window,
    types: report.types,
    series: series.map(({ words, type, types }) => ({ words, type, types })),
    intervals: tables.map(({ periods, interval }) => ({
      interval,
      periods: periods.map((period) => ({
        ...{ from: period.from, to: period.to, label: formatPeriod(period, interval) },
        ...{ dayCount: period.dayCount, isWhole: period.isWhole, counts: period.counts },
        sums: [...(period.averaged?.types ?? []), period.averaged?.total].map(
          (tally) => tally?.inWindow ?? null,
        ),
      })),
    })),
  };
}
