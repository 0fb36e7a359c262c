import type { PageGroup } from './normalize-group.ts';

/** A run's pages are split into so many at least, as long as none gets too small to be worth a task. */
const SPLITS = 64;

/**
 * Consecutive pages that one task makes into parts of its own: the input splits of a run, in the journal's order. None is
 * larger than a size from an eighth of `partBytes` up to `partBytes` (more for a large run), but by its only page. They
 * follow from the journal alone, so that the parts are the same whoever makes them, and however many. Pure.
 */
export function planSplits(groups: readonly PageGroup[], partBytes: number): PageGroup[][] {
  const total = groups.reduce((sum, group) => sum + bytesOf(group), 0);
  const splitBytes = Math.min(Math.max(total / SPLITS, partBytes / 8), partBytes);
  const splits: PageGroup[][] = [];
  let room = -1;
  for (const group of groups) {
    room -= bytesOf(group);
    if (room >= 0) splits.at(-1)?.push(group);
    else {
      splits.push([group]);
      room = splitBytes - bytesOf(group);
    }
  }
  return splits;
}

function bytesOf({ page, completing }: PageGroup): number {
  return completing.reduce((sum, { bytes }) => sum + bytes, page.bytes);
}
