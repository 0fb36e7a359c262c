/**
 * Coverage: which ids a stream's pages account for. A page that was asked from an id on and returned a cursor covers
 * every id up to that cursor, whether or not an engagement has it; a last page covers all that follow. The walk is
 * complete when the pages cover every id, what is left to do is the complement, and resuming is going on with it.
 * Pure.
 */

/** The ids from `from` on that are below `to`; null: without end. */
export interface IdRange {
  from: bigint;
  to: bigint | null;
}

/** Covered ids: ascending ranges that neither overlap nor touch. */
export type Coverage = readonly IdRange[];

/** `coverage` with `range` added. */
export function cover(coverage: Coverage, range: IdRange): Coverage {
  if (range.to !== null && range.to <= range.from) return coverage;
  const before = coverage.filter(({ to }) => to !== null && to < range.from);
  const after = coverage.filter(({ from }) => range.to !== null && from > range.to);
  const touched = coverage.slice(before.length, coverage.length - after.length);
  const from = touched.reduce((least, { from }) => (from < least ? from : least), range.from);
  const to = touched.reduce<bigint | null>((most, { to }) => later(most, to), range.to);
  return [...before, { from, to }, ...after];
}

/** The ids that are not covered, ascending. Empty when the walk is complete. */
export function findGaps(coverage: Coverage): IdRange[] {
  const gaps: IdRange[] = [];
  let from: bigint | null = 0n;
  for (const range of coverage) {
    if (from !== null && from < range.from) gaps.push({ from, to: range.from });
    from = range.to;
  }
  if (from !== null) gaps.push({ from, to: null });
  return gaps;
}

function later(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return null;
  return a > b ? a : b;
}

/** How an endpoint's cursor relates to ids. */
export interface CursorRule {
  /** The cursor that asks for the ids from `from` on; null: ask without one. */
  toCursor(from: bigint): string | null;
  /** The first id that a page which returned this cursor does not cover. */
  toEnd(cursor: string): bigint;
}

/** v1 `/paged`: the cursor is the last id returned (recorded traffic). */
export const LAST_ID: CursorRule = {
  toCursor: (from) => (from === 0n ? null : String(from - 1n)),
  toEnd: (cursor) => BigInt(cursor) + 1n,
};

/** CRM objects lists: the cursor is the id that comes next (HubSpot's reference, "paging.next.after"). */
export const NEXT_ID: CursorRule = {
  toCursor: (from) => (from === 0n ? null : String(from)),
  toEnd: (cursor) => BigInt(cursor),
};
