import { toCount } from '../terminal/text.ts';
import { cutText, measureText, toVisible } from '../terminal/visible-text.ts';
import type { Report } from './report.ts';

/** A type's column of the table, or the one that several small types share. */
export interface TypeColumn {
  /** In two lines where the type's name is long; never empty. */
  title: string[];
  /** Whether it is that of all small types. */
  folded: boolean;
  /** Which of the report's types it counts. */
  types: number[];
  /** Engagements of these types over all days shown. */
  total: number;
  /** In columns of the terminal, without the gap. */
  width: number;
}

/** Blank columns in front of each column of the table. */
export const GAP = 2;

/** Longer names stand in two lines, and are cut where one of those is longer still. */
const LONG_TITLE = 8;
const LONGEST_TITLE = 16;
const OTHER = 'OTHER';

/**
 * A column for each type, ascending; where `room` does not do, the types with the fewest engagements share one last
 * column, OTHER. At the least that column is left, however little room there is. Types that were asked for all have
 * columns, in any room.
 */
export function pickColumns(report: Report, room: number): TypeColumn[] {
  const columns = report.types.map((type, index) => ({
    ...toColumn(splitTitle(toVisible(type)), [index], countType(report, index)),
    folded: false,
  }));
  if (report.someTypes) return columns;
  // A type that HubSpot calls OTHER is the first to go into the column of that name.
  const isOther = ({ types: [index = 0] }: TypeColumn) => Number(report.types[index] === OTHER);
  const bySize = columns.toSorted((a, b) => isOther(a) - isOther(b) || b.total - a.total);
  for (let kept = bySize.length; kept > 0; kept--) {
    const large = new Set(bySize.slice(0, kept));
    const picked = columns.filter((column) => large.has(column));
    if (kept < bySize.length) picked.push(fold(bySize.slice(kept)));
    if (picked.reduce((sum, { width }) => sum + GAP + width, 0) <= room) return picked;
  }
  return [fold(bySize)];
}

function fold(columns: TypeColumn[]): TypeColumn {
  const types = columns.flatMap((column) => column.types).sort((a, b) => a - b);
  const total = columns.reduce((sum, column) => sum + column.total, 0);
  return { ...toColumn([OTHER], types, total), folded: true };
}

function toColumn(title: string[], types: number[], total: number) {
  const width = Math.max(...title.map(measureText), toCount(total).length);
  return { title, types, total, width };
}

/** The title in two lines that part after the underscore nearest its middle, if it is long and has one. */
function splitTitle(title: string): string[] {
  const cuts = [...title.matchAll(/_(?=.)/g)].map(({ index }) => index + 1);
  const [cut] = cuts.sort(
    (a, b) => Math.abs(a - title.length / 2) - Math.abs(b - title.length / 2),
  );
  const lines =
    cut === undefined || measureText(title) <= LONG_TITLE
      ? [title]
      : [title.slice(0, cut), title.slice(cut)];
  return lines.map((line) => cutText(line, LONGEST_TITLE));
}

/** Engagements of one of the report's types over all days shown. */
export function countType({ days }: Report, index: number): number {
  return days.reduce((sum, day) => sum + (day.types[index]?.count ?? 0), 0);
}
