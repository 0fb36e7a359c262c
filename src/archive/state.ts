import path from 'node:path';
import { GuardRefused } from '../errors.ts';
import { exists } from '../files.ts';
import { type RawManifest, type RunPlan, readPlan, readRawManifest } from './manifest.ts';
import { ABANDONED, isComplete, listRuns, PLAN, type RunId, rawRoot } from './runs.ts';

/** A raw run and its state. An interrupted run can be resumed; an abandoned run never is. */
export type RawRun =
  | { run: RunId; folder: string; state: 'complete'; manifest: RawManifest }
  | { run: RunId; folder: string; state: 'interrupted' | 'abandoned'; plan: RunPlan };

/** The runs of the archive, oldest first, and whose data it holds. */
export interface ArchiveState {
  runs: RawRun[];
  /** Null as long as no complete run names one. */
  portalId: number | null;
  /** Whether it is the demo portal's archive; null as long as there is no run. */
  demo: boolean | null;
}

/**
 * Reads the state of the archive from its manifests and plans; it is kept nowhere else. Throws ArchiveError when one of
 * them is damaged.
 */
export async function readArchiveState(dataDir: string): Promise<ArchiveState> {
  const runs: RawRun[] = [];
  for (const run of await listRuns(rawRoot(dataDir))) {
    const folder = path.join(rawRoot(dataDir), run);
    if (await isComplete(folder)) {
      runs.push({ run, folder, state: 'complete', manifest: await readRawManifest(folder) });
    } else if (await exists(path.join(folder, PLAN))) {
      const state = (await exists(path.join(folder, ABANDONED))) ? 'abandoned' : 'interrupted';
      runs.push({ run, folder, state, plan: await readPlan(folder) });
    }
    // A folder without a plan is of a run that was killed before its first page: it holds nothing.
  }
  const manifests = runs.flatMap((run) => (run.state === 'complete' ? [run.manifest] : []));
  const [first] = runs;
  return {
    runs,
    portalId: manifests.find((manifest) => manifest.portalId !== null)?.portalId ?? null,
    demo: first === undefined ? null : toPlan(first).demo,
  };
}

/** The plan of a run, complete or not. */
export function toPlan(run: RawRun): RunPlan {
  return run.state === 'complete' ? run.manifest : run.plan;
}

/** An archive holds the data of one portal. Throws GuardRefused when `source` is another one. */
export function assertSamePortal(
  state: ArchiveState,
  source: { demo: boolean; portalId: number | null },
  dataDir: string,
): void {
  const next = 'Set DATA_DIR to another folder: each portal has an archive of its own.';
  if (state.demo !== null && state.demo !== source.demo) {
    throw new GuardRefused(
      state.demo
        ? `the archive in ${dataDir} holds the demo portal's data, which never mixes with real data`
        : `the archive in ${dataDir} holds a real portal's data, which never mixes with the demo portal's`,
      {
        next: state.demo
          ? 'Remove the folders raw, ndjson and postgres there, which are only the demo; or set DATA_DIR to another folder.'
          : next,
      },
    );
  }
  if (state.portalId !== null && source.portalId !== null && state.portalId !== source.portalId) {
    throw new GuardRefused(
      `the archive in ${dataDir} belongs to portal ${state.portalId}; this token is for portal ${source.portalId}`,
      { next },
    );
  }
}
