import { toCount } from '../terminal/text.ts';
import { cutText, measureText, toVisible } from '../terminal/visible-text.ts';
import { displayAverages, toAverage } from './average.ts';
import { capHeight } from './cap-height.ts';
import { toWeekday } from './days.ts';
import { describeReport } from './describe-report.ts';
import { type Interval, type Period, toPeriods } from './intervals.ts';
import type { Report } from './report.ts';
import { GAP, pickColumns, type TypeColumn } from './table-columns.ts';

type TableInterval = Exclude<Interval, 'year'>;

/** How a table is shown. */
export interface TableStyle {
  /** Columns of the terminal; 80 unless told. */
  width?: number;
  /** Lines of the terminal: the heading stands again below a table that is longer. */
  height?: number;
  /** Whether to use ANSI colours; not unless told. */
  color?: boolean;
  /** What a line is of; a day unless told. */
  interval?: TableInterval;
}

/** A line of the table, before it is aligned and coloured. */
interface Line {
  label: string;
  cells: string[];
  bar?: string;
  bold?: boolean;
  quiet?: boolean;
}

/** The longest labels. */
const LABELS = { day: '2026-11-24 Tue*', week: '2026-11-16*', month: '2026-11*' };
const LEAST_BAR = 3;
const MOST_BAR = 40;
/** A bar that is cut ends in this. */
const CUT = '▸';
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * The report for people at a terminal: oldest first, so that the newest stand above the prompt; a column for each type,
 * then the total, its rolling average, and the total as a bar. Zeros are a quiet `·`; a day without a full window has
 * `–` for an average. No line is wider than told (from about 50 columns on), and there are no control characters but line
 * ends and, if asked for, colours.
 */
export function formatTable(report: Report, style: TableStyle = {}): string {
  const { width = 80, height = Number.POSITIVE_INFINITY, color = false, interval = 'day' } = style;
  const bold = (text: string) => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const dim = (text: string) => (color ? `\x1b[2m${text}\x1b[0m` : text);
  const [title, ...notes] = describeReport(report);
  const head = [...wrap(title, width).map(bold), ...notes.flatMap((note) => wrap(note, width))];
  if (report.days.every(({ total }) => total.count === 0)) return toText(head);

  const labelWidth = LABELS[interval].length;
  const periods = toPeriods(report, interval);
  const averages = toAverages(periods, report.window);
  const total = report.days.reduce((sum, day) => sum + day.total.count, 0);
  const averageTitle = ['avg', `${report.window}d`];
  const totalWidth = Math.max('total'.length, toCount(total).length);
  const averageWidth = [...averageTitle, ...averages].reduce(
    (most, { length }) => Math.max(most, length),
    0,
  );
  const room = width - labelWidth - totalWidth - averageWidth - 2 * GAP;
  const columns = pickColumns(report, room - 1 - LEAST_BAR);
  const left = columns.reduce((rest, column) => rest - GAP - column.width, room - 1);
  const bars = toBars(periods, report.window, Math.min(left, MOST_BAR));
  const widths = [...columns.map((column) => column.width), totalWidth, averageWidth];

  const toLine = ({ label, cells, bar, ...look }: Line): string => {
    const [first, ...rest] = [
      label.padEnd(labelWidth),
      ...cells.map((cell, index) => padStart(cell, (widths[index] as number) + GAP)),
    ] as [string, ...string[]];
    if (look.bold) return bold(`${first}${rest.join('')}`.trimEnd());
    // Numbers of a quiet line stay as they are.
    const aligned = rest.map((cell) => (/[·–]$/.test(cell) ? dim(cell) : cell));
    const end = bar ? ` ${look.quiet ? dim(bar) : bar}` : '';
    return `${look.quiet ? dim(first) : first}${aligned.join('')}${end}`;
  };
  const sums = [...columns.map((column) => toCell(column.total)), toCell(total), ''];
  const titles = toTitles(columns, averageTitle, interval).map(toLine);
  const body = periods.map((period, index) =>
    toLine({
      ...toPeriodLine(period, { interval, columns, average: averages[index] as string }),
      bar: bars[index] as string,
    }),
  );
  const rule = dim('─'.repeat(labelWidth + widths.reduce((sum, each) => sum + GAP + each, 0)));
  const foot = [
    toLine({ label: 'total', cells: sums, bold: true }),
    ...toLegend(report, { columns, periods, interval, bars }).flatMap((note) => wrap(note, width)),
  ];
  // The rule and the prompt take a line each.
  const isLong = titles.length + body.length + foot.length + 2 > height;
  return toText([...head, '', ...titles, ...body, rule, ...(isLong ? titles : []), ...foot]);
}

function toTitles(columns: TypeColumn[], average: string[], interval: TableInterval): Line[] {
  const titles = [...columns.map(({ title }) => title), ['total'], average];
  const label = { day: 'day', week: 'week from', month: 'month' }[interval];
  return [
    { label: '', cells: titles.map((title) => title.at(-2) ?? ''), bold: true },
    { label, cells: titles.map((title) => title.at(-1) ?? ''), bold: true },
  ];
}

function toPeriodLine(
  { from, total, counts, isWhole }: Period,
  {
    interval,
    columns,
    average,
  }: { interval: TableInterval; columns: TypeColumn[]; average: string },
): Line {
  const weekday = toWeekday(from);
  const label = { day: `${from} ${weekday}`, week: from, month: from.slice(0, 7) }[interval];
  const cells = columns.map(({ types }) =>
    types.reduce((sum, type) => sum + (counts[type] as number), 0),
  );
  return {
    label: `${label}${isWhole ? '' : '*'}`,
    cells: [...cells.map(toCell), toCell(total), average],
    quiet: total === 0 || (interval === 'day' && weekday.startsWith('S')),
  };
}

/** The averages for the column, a quiet zero where there is nothing. */
function toAverages(periods: Period[], window: number): string[] {
  const tallies = periods.map(({ averaged }) => averaged?.total ?? { count: 0, inWindow: null });
  return displayAverages(tallies, window).map((average, index) =>
    tallies[index]?.inWindow === 0 ? '·' : average,
  );
}

/** The totals as bars, at most so many columns wide, in steps of an eighth; what is far above all others is cut. */
function toBars(periods: Period[], window: number, width: number): string[] {
  if (width < LEAST_BAR) return periods.map(() => '');
  const averages = periods.map(({ averaged }) => averaged && toAverage(averaged.total, window));
  const top = capHeight(
    periods.map(({ total }) => total),
    periods.some(({ dayCount }) => dayCount > 1) ? [] : averages,
  );
  return periods.map(({ total }) => {
    if (total > top) return '█'.repeat(width - 1) + CUT;
    // Nothing that is there is rounded away.
    const eighths = total === 0 ? 0 : Math.max(1, Math.round((8 * width * total) / top));
    return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  });
}

function toLegend(
  { types }: Report,
  shown: { columns: TypeColumn[]; periods: Period[]; interval: TableInterval; bars: string[] },
): string[] {
  const { columns, periods, interval, bars } = shown;
  const folded = columns.find((column) => column.folded);
  const names = folded?.types
    .map((index) => cutText(toVisible(types[index] as string), 40))
    .join(', ');
  const isPartial = periods.some(({ isWhole }) => !isWhole);
  const partial = interval === 'day' ? '* today, not over yet' : `* not a whole ${interval}`;
  return [
    ...(isPartial ? [partial] : []),
    ...(bars.some((bar) => bar.endsWith(CUT)) ? [`${CUT} longer than shown`] : []),
    ...(interval === 'day' ? [] : [`avg: that of the last day of the ${interval}`]),
    ...(names === undefined ? [] : [`OTHER: ${names}`]),
  ];
}

function toCell(count: number): string {
  return count === 0 ? '·' : toCount(count);
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - measureText(text))) + text;
}

/** Lines of whole words, as wide as told; a word that is wider stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && measureText(line) + 1 + measureText(word) <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function toText(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
