import type { Mode, RunId } from '../archive/runs.ts';
import type { Api } from '../model/row.ts';

/** What pruning has to know about a raw run. */
export interface PrunableRun {
  run: RunId;
  mode: Mode;
  api: Api;
  complete: boolean;
  /** Whether the database has merged the NDJSON run that is there now. */
  loaded: boolean;
}

/** Which runs to consider: all but so many of the newest, or all that started before a day (`YYYY/MM/DD`). */
export type PruneRange = { keepRuns: number } | { before: string };

/** Of the runs in the range, those that are removed and those that are kept; oldest first. */
export interface PrunePlan {
  remove: RunId[];
  keep: { run: RunId; why: string }[];
}

/**
 * Plans which of `runs` (oldest first) to remove. A run is removed only if it is loaded and superseded: a later, loaded
 * full run of the same API, or of v1, which returns all types, has all that it had. So the last full run and the runs
 * after it are always kept, and the tables lose nothing. Pure.
 */
export function planPrune(runs: readonly PrunableRun[], range: PruneRange): PrunePlan {
  const last = 'keepRuns' in range ? runs.length - range.keepRuns : runs.length;
  const asked = runs.filter(({ run }, n) => ('before' in range ? run < range.before : n < last));
  const plan: PrunePlan = { remove: [], keep: [] };
  for (const one of asked) {
    const why = whyKept(one, runs);
    if (why === null) plan.remove.push(one.run);
    else plan.keep.push({ run: one.run, why });
  }
  return plan;
}

function whyKept(one: PrunableRun, runs: readonly PrunableRun[]): string | null {
  if (!one.complete) return 'it is not complete';
  if (!one.loaded) return 'it is not loaded';
  const superseded = runs.some(
    ({ run, mode, api, complete, loaded }) =>
      run > one.run && mode === 'full' && complete && loaded && (api === 'v1' || api === one.api),
  );
  return superseded ? null : 'no later full run that is loaded supersedes it';
}
