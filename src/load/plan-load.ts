import type { RunId } from '../archive/runs.ts';
import type { MergedRun } from './ledger.ts';
import type { NdjsonRun } from './read-runs.ts';

/** Runs from one on, to another; each end is a run or a day (`YYYY/MM/DD`), both included. */
export interface RunRange {
  from: string;
  /** `undefined`: to the newest. */
  to?: string;
}

/** What a load will do. */
export interface LoadPlan {
  /** Oldest first. */
  merge: NdjsonRun[];
  /** How many of these the ledger has with other content: an older version of transform made that. */
  remade: number;
  alreadyMerged: number;
  leftOut: RunId[];
}

/**
 * Which of the runs (oldest first) to merge: those the ledger (oldest first) lacks or has with other content, and those
 * to be replayed. The tables are the fold of the merged runs in the order of their start. A run the ledger lacks that
 * is older than one it has would break that, so it is left out; and a replay takes unmerged runs before those it was
 * asked for, which could not be merged afterwards. Pure.
 */
export function planLoad(
  runs: NdjsonRun[],
  ledger: Pick<MergedRun, 'run' | 'ndjson_sha256'>[],
  replay?: RunRange,
): LoadPlan {
  const merged = new Map(ledger.map((entry) => [entry.run, entry.ndjson_sha256]));
  const newest = ledger.at(-1)?.run ?? '';
  const within = replay === undefined ? runs : runs.filter(({ run }) => isWithin(run, replay));
  const last = within.at(-1)?.run ?? '';
  const asked = runs.filter(
    (one) => within.includes(one) || (!merged.has(one.run) && one.run > newest && one.run < last),
  );
  const leftOut = asked.filter(({ run }) => !merged.has(run) && run < newest).map(({ run }) => run);
  const merge = asked.filter(
    ({ run, sha256 }) =>
      !leftOut.includes(run) && (replay !== undefined || merged.get(run) !== sha256),
  );
  const remade = merge.filter(({ run, sha256 }) => (merged.get(run) ?? sha256) !== sha256).length;
  return { merge, remade, alreadyMerged: asked.length - merge.length - leftOut.length, leftOut };
}

/** What to do about a run: nothing, merge it, or merge it again though it has been merged as it is. */
export type Due = 'no' | 'first' | 'again';

/** What a plan for one run says of it, given the ledger that the plan was made with. Pure. */
export function toDue(
  { merge }: LoadPlan,
  ledger: Pick<MergedRun, 'run' | 'ndjson_sha256'>[],
): Due {
  const [ndjson] = merge;
  if (ndjson === undefined) return 'no';
  const { run, sha256 } = ndjson;
  return ledger.some((entry) => entry.run === run && entry.ndjson_sha256 === sha256)
    ? 'again'
    : 'first';
}

function isWithin(run: RunId, { from, to }: RunRange): boolean {
  return run >= from && (to === undefined || run <= to || run.startsWith(`${to}/`));
}
