import type { RunId } from '../archive/runs.ts';
import type { MergedRun } from './ledger.ts';
import type { NdjsonRun } from './read-runs.ts';

/** What a load is asked for. */
export interface LoadWishes {
  /** Merge from this run or day (`YYYY/MM/DD`) on again. */
  from?: string;
  /** Merge all runs again, and remove what they do not hold. */
  rebuild?: boolean;
}

/** What a load will do. */
export interface LoadPlan {
  /** The runs to merge, oldest first: always all from one on to the newest. */
  suffix: NdjsonRun[];
  /** Those of them that the ledger lacks, or has with other content. */
  due: Set<RunId>;
  /**
   * Whether the tables are what the runs before made of them. When not, the suffix is all of the archive, and the tables
   * are what comes of it alone.
   */
  continues: boolean;
  /** Runs that the ledger has and the archive has no more. */
  missing: RunId[];
}

/**
 * Which of the runs (oldest first) to merge, given the ledger of this archive. The tables are the fold of the runs in
 * the order of their start, so every load takes the runs from one on to the newest. New runs are folded upon the tables.
 * A run that appears late, or was transformed anew, stands before others which the tables have already: then the fold
 * begins with the first run. When runs were pruned, it cannot: then the late run is folded upon the tables, with all that
 * follow it, as a replay is. Pure.
 */
export function planLoad(
  runs: NdjsonRun[],
  ledger: Pick<MergedRun, 'run' | 'ndjson_sha256'>[],
  { from, rebuild = false }: LoadWishes = {},
): LoadPlan {
  const merged = new Map(ledger.map(({ run, ndjson_sha256 }) => [run, ndjson_sha256]));
  const there = new Set(runs.map(({ run }) => run));
  const missing = [...merged.keys()].filter((run) => !there.has(run));
  const due = runs.filter(({ run, sha256 }) => merged.get(run) !== sha256).map(({ run }) => run);
  const firstDue = due[0];
  const newest = [...merged.keys()].at(-1) ?? '';
  const isLate = firstDue !== undefined && firstDue <= newest;
  const isWhole = rebuild || (isLate && missing.length === 0);
  const start = isWhole ? '' : earlier(firstDue, from);
  return {
    suffix: start === undefined ? [] : runs.filter(({ run }) => run >= start),
    due: new Set(due),
    continues: !isWhole,
    missing,
  };
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one < other ? one : other;
}
