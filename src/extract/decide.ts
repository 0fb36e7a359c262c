import type { RawManifest, RunPlan } from '../archive/manifest.ts';
import type { Mode, RunId } from '../archive/runs.ts';
import type { RawRun } from '../archive/state.ts';
import { OBJECT_TYPE_NAMES, type ObjectTypeName } from '../model/object-types.ts';
import type { Api } from '../model/row.ts';

/** What the operator asked for; with nothing set, the archive decides. */
export interface Wishes {
  /** A full run, whatever there is. */
  full: boolean;
  /** A changes run from this instant on (ISO), whatever there is. */
  since: string | null;
  /** Which API; null: that of an interrupted run, else `defaultApi`. */
  api: Api | null;
  defaultApi: Api;
  /** The types to ask for by the objects API; null: those of an interrupted run, else all. */
  types: readonly ObjectTypeName[] | null;
  /** A full run when the last is older than this; null: never for that reason. */
  fullEveryDays: number | null;
}

/** What an extract does. */
export type Decision =
  | { kind: 'resume'; run: RunId; why: string }
  | {
      kind: 'start';
      mode: Mode;
      api: Api;
      window: RunPlan['window'];
      /** Interrupted runs that nobody will go on with. */
      abandon: RunId[];
      why: string;
    };

const DAY_MS = 86_400_000;
/** HubSpot indexes changes late ("a few moments"; Estuary trusts nothing younger than an hour). */
export const OVERLAP_MS = 3_600_000;

/**
 * What the next extract does, from the archive alone: go on with the interrupted run, else a full run if there has
 * never been a complete one of this API's reach or the last is too old, else the changes since what is covered. Pure;
 * `now` only tells the age of the last full run.
 */
export function decide(runs: readonly RawRun[], wishes: Wishes, now: Date): Decision {
  const interrupted = runs.flatMap((run) => (run.state === 'interrupted' ? [run] : []));
  const last = interrupted.at(-1);
  if (last !== undefined && !contradicts(last.plan, wishes)) {
    return { kind: 'resume', run: last.run, why: 'it was interrupted' };
  }
  const api = wishes.api ?? wishes.defaultApi;
  const abandon = interrupted.map(({ run }) => run);
  const start = (mode: Mode, window: RunPlan['window'], why: string): Decision => ({
    kind: 'start',
    mode,
    api,
    window,
    abandon,
    why,
  });
  if (wishes.full) return start('full', null, 'you asked for it');
  if (wishes.since !== null)
    return start('changes', { from: wishes.since, to: null }, 'you asked for it');
  const manifests = runs.flatMap((run) => (run.state === 'complete' ? [run.manifest] : []));
  const reach = toReach(api, wishes.types);
  const until = coveredUntil(manifests, reach);
  if (until === null) return start('full', null, 'there is no complete one yet');
  const lastFull = Math.min(
    ...reach.map((part) =>
      Math.max(
        ...manifests
          .filter((manifest) => manifest.mode === 'full' && covers(manifest, part))
          .map(({ startedAt }) => Date.parse(startedAt)),
      ),
    ),
  );
  const { fullEveryDays } = wishes;
  if (fullEveryDays !== null && now.getTime() - lastFull > fullEveryDays * DAY_MS) {
    return start('full', null, `the last one is older than ${fullEveryDays} days`);
  }
  const from = new Date(until - OVERLAP_MS).toISOString();
  return start(
    'changes',
    { from, to: null },
    'everything older is here, and an hour is fetched twice',
  );
}

function contradicts(plan: RunPlan, { full, since, api, types }: Wishes): boolean {
  if (api !== null && plan.api !== api) return true;
  if (types !== null && plan.api === 'objects' && !isSame(types, typesOf(plan))) return true;
  if (full) return plan.mode !== 'full';
  return since !== null && plan.window?.from !== since;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

/** A part of the engagements that is covered as a whole: those of a type of the objects API, or those that only v1 has. */
type Part = ObjectTypeName | 'v1';

/** What a run by `api` returns, when it asks for `types`. */
export function toReach(api: Api, types: readonly ObjectTypeName[] | null): readonly Part[] {
  return api === 'v1' ? ['v1', ...OBJECT_TYPE_NAMES] : (types ?? OBJECT_TYPE_NAMES);
}

/**
 * The instant (epoch ms) up to which the archive holds every change of the engagements of `reach`; null when some of
 * them were never fetched in full. A full run covers all until its start; a changes run extends that to its own start if
 * its window begins no later than what was covered: one that leaves a hole extends nothing. Kept for each part by
 * itself, since runs may return some of them. Pure.
 */
export function coveredUntil(
  manifests: readonly RawManifest[],
  reach: readonly Part[],
): number | null {
  const until = reach.map((part) => coveredPart(manifests, part));
  return until.includes(null) ? null : Math.min(...(until as number[]));
}

function coveredPart(manifests: readonly RawManifest[], part: Part): number | null {
  let until: number | null = null;
  for (const manifest of manifests) {
    if (!covers(manifest, part)) continue;
    const { mode, startedAt, window } = manifest;
    const started = Date.parse(startedAt);
    if (mode === 'full') until = Math.max(until ?? started, started);
    else if (until !== null && window !== null && Date.parse(window.from) <= until) {
      until = Math.max(until, Math.min(started, toMs(window.to)));
    }
  }
  return until;
}

/** Whether the run returns all engagements of `part`. */
function covers(plan: RunPlan, part: Part): boolean {
  return plan.api === 'v1' || typesOf(plan).includes(part);
}

/** The types that a run by the objects API asks for. */
function typesOf({ objects }: RunPlan): readonly string[] {
  return objects === undefined ? OBJECT_TYPE_NAMES : Object.keys(objects.properties);
}

function toMs(instant: string | null): number {
  return instant === null ? Number.POSITIVE_INFINITY : Date.parse(instant);
}
