import type { Mode, RunId } from '../archive/runs.ts';
import type { Api } from '../model/row.ts';

/** A raw run, as far as pruning is concerned. */
export interface PrunableRun {
  run: RunId;
  mode: Mode;
  api: Api;
  complete: boolean;
  /** Whether the database has merged it, from the NDJSON run that lies there now. */
  loaded: boolean;
}

/** Which runs may go: all but so many of the newest, or all that started before a day (`YYYY/MM/DD`). */
export type PruneRange = { keepRuns: number } | { before: string };

/** What a prune removes and what it leaves though it was asked to remove it; oldest first. */
export interface PrunePlan {
  remove: RunId[];
  keep: { run: RunId; why: string }[];
}

/**
 * Which runs (oldest first) to remove. Only a loaded run goes, and only when a later complete full run, itself loaded,
 * supersedes it: one by v1, which returns all types, or by the same API. So the last such full run and what follows it
 * always stay, and the tables lose nothing. Pure.
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
