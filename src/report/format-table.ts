import { cutText, measureText, toVisible } from '../terminal/visible-text.ts';
import type { Tally } from './average.ts';
import { describeReport, formatCount, toWeekday } from './describe-report.ts';
import { displayAverages } from './display-averages.ts';
import type { Report } from './report.ts';
import { GAP, pickColumns, type TypeColumn } from './table-columns.ts';

/** How a table is shown. */
export interface TableStyle {
  /** Columns of the terminal; 80 unless told. */
  width?: number;
  /** Whether to use ANSI colours; not unless told. */
  color?: boolean;
}

/** A line of the table's body, before it is aligned and coloured. */
interface Line {
  label: string;
  cells: string[];
  bold?: boolean;
  quiet?: boolean;
}

const LABEL_WIDTH = '2026-11-24 Tue*'.length;

/**
 * The report for people at a terminal: the newest day first, a column for each type, then the day's total and its
 * rolling average. Zeros are a quiet `·`; a day without a full window has `–` for an average. No line is wider than told
 * (from about 50 columns on), and there are no control characters but line ends and, if asked for, colours.
 */
export function formatTable(report: Report, style: TableStyle = {}): string {
  const { width = 80, color = false } = style;
  const bold = (text: string) => (color ? `\x1b[1m${text}\x1b[0m` : text);
  const dim = (text: string) => (color ? `\x1b[2m${text}\x1b[0m` : text);
  const [title, ...notes] = describeReport(report);
  const head = [...wrap(title, width).map(bold), ...notes.flatMap((note) => wrap(note, width))];
  if (report.days.length === 0) return toText(head);

  const averageTitle = `avg ${report.window}d`;
  const averages = toAverages(report);
  const total = report.days.reduce((sum, day) => sum + day.total.count, 0);
  const totalWidth = Math.max('total'.length, formatCount(total).length);
  const averageWidth = averages.reduce(
    (most, { length }) => Math.max(most, length),
    averageTitle.length,
  );
  const columns = pickColumns(report, width - LABEL_WIDTH - totalWidth - averageWidth - 2 * GAP);
  const widths = [...columns.map((column) => column.width), totalWidth, averageWidth];

  const toLine = ({ label, cells, ...look }: Line): string => {
    const [first, ...rest] = [
      label.padEnd(LABEL_WIDTH),
      ...cells.map((cell, index) => padStart(cell, (widths[index] as number) + GAP)),
    ] as [string, ...string[]];
    if (look.bold) return bold(`${first}${rest.join('')}`.trimEnd());
    // Numbers of a quiet line stay as they are.
    const aligned = rest.map((cell) => (/[·–]$/.test(cell) ? dim(cell) : cell));
    return `${look.quiet ? dim(first) : first}${aligned.join('')}`;
  };
  const rule = dim('─'.repeat(LABEL_WIDTH + widths.reduce((sum, each) => sum + GAP + each, 0)));
  const sums = [...columns.map((column) => toCell(column.total)), toCell(total), ''];
  return toText([
    ...head,
    '',
    ...toTitles(columns, averageTitle).map(toLine),
    ...toDayLines(report, columns, averages).map(toLine),
    rule,
    toLine({ label: 'total', cells: sums, bold: true }),
    ...toLegend(report, columns).flatMap((note) => wrap(note, width)),
  ]);
}

function toTitles(columns: TypeColumn[], average: string): Line[] {
  const titles = [...columns.map(({ title }) => title), ['total'], [average]];
  const lower = { label: 'day', cells: titles.map((title) => title.at(-1) ?? ''), bold: true };
  if (titles.every((title) => title.length === 1)) return [lower];
  return [{ label: '', cells: titles.map((title) => title.at(-2) ?? ''), bold: true }, lower];
}

function toDayLines(report: Report, columns: TypeColumn[], averages: string[]): Line[] {
  const lines = report.days.map(({ day, total, types }, index) => {
    const counts = columns.map((column) =>
      column.types.reduce((sum, type) => sum + (types[type] as Tally).count, 0),
    );
    const weekday = toWeekday(day);
    return {
      label: `${day} ${weekday}${day === report.today ? '*' : ''}`,
      cells: [...counts.map(toCell), toCell(total.count), averages[index] as string],
      quiet: total.count === 0 || /^S/.test(weekday),
    };
  });
  return lines.reverse();
}

/** The averages of all days, a quiet zero where there is nothing. */
function toAverages(report: Report): string[] {
  return displayAverages(report).map((average, index) =>
    report.days[index]?.total.inWindow === 0 ? '·' : average,
  );
}

function toLegend({ types, days, today }: Report, columns: TypeColumn[]): string[] {
  const folded = columns.find((column) => column.folded);
  const names = folded?.types
    .map((index) => cutText(toVisible(types[index] as string), 40))
    .join(', ');
  return [
    ...(days.some(({ day }) => day === today) ? ['* today, not over yet'] : []),
    ...(names === undefined ? [] : [`OTHER: ${names}`]),
  ];
}

function toCell(count: number): string {
  return count === 0 ? '·' : formatCount(count);
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
