import path from 'node:path';
import { type Drift, FORMAT, readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { ArchiveError, type GuardRefused } from '../errors.ts';
import { FIRST_KINDS } from '../model/association-kinds.ts';
import type { FindDrift } from './find-drift.ts';
import { countBytes, groupPages } from './group-pages.ts';
import { readLabels } from './read-labels.ts';
import { hashManifest, type RawRunSource, readSource } from './read-run.ts';
import { planTasks, type Task, type TaskOutcome, type TaskWatch } from './task.ts';
import type { Threads } from './threads.ts';
import {
  type Counts,
  createTotals,
  type MaxRejects,
  refuseRejects,
  toRejectLimit,
} from './totals.ts';
import { openRun } from './write-run.ts';

/** The version of the rules that make rows: raised whenever the same pages would give other rows. */
export const NORMALIZER = 3;

/** How a run is transformed. */
export interface RunOptions {
  dataDir: string;
  /** Absent: 1 %, but never fewer than 100. */
  maxRejects?: MaxRejects | undefined;
  /** Size in bytes that a part does not grow beyond. */
  partBytes: number;
  /** Pages above this size in bytes are streamed, so that memory stays bounded. */
  streamAboveBytes: number;
  threads: Threads;
  findDrift: FindDrift;
}

/** A run that was transformed. `bytes` are those of its parts. */
export interface TransformedRun extends Counts {
  run: RunId;
  bytes: number;
  /** What the run has that no earlier one has. */
  drift: Drift[];
  /** Pages of streams that this version does not know, by stream: they stay in the archive, and become no rows. */
  unknownStreams: Record<string, number>;
}

/** Whether the NDJSON run is there, made by this normalizer from exactly these raw pages. */
export async function isTransformed(dataDir: string, run: RunId): Promise<boolean> {
  const folder = path.join(ndjsonRoot(dataDir), run);
  if (!(await isComplete(folder))) return false;
  try {
    const { normalizer, rawManifestSha256 } = await readNdjsonManifest(folder);
    return normalizer === NORMALIZER && rawManifestSha256 === (await hashManifest(dataDir, run));
  } catch (error) {
    // Made from the raw run, it can be made again; a damaged raw run is told when that is tried.
    if (error instanceof ArchiveError) return false;
    throw error;
  }
}

/**
 * Makes the NDJSON run of a complete raw run; nothing but a whole one ever appears in its place. Returns the reason
 * when this run cannot be made and others can: ArchiveError for a damaged raw run, GuardRefused for too many rejects.
 * Throws ArchiveError when it cannot write, and the signal's reason.
 */
export async function transformRun(
  run: RunId,
  options: RunOptions,
  watch: TaskWatch,
): Promise<TransformedRun | ArchiveError | GuardRefused> {
  const source = await readRun(options.dataDir, run).catch(onlyArchiveError);
  if (source instanceof ArchiveError) return source;
  const { groups, unknown: unknownStreams } = source;
  const writer = await openRun(options.dataDir, run);
  try {
    const totals = createTotals();
    const { partBytes, streamAboveBytes, threads } = options;
    const tasks = planTasks(groups, { folder: writer.folder, partBytes, streamAboveBytes });
    for await (const outcome of runTasks(tasks, threads, watch)) {
      if (outcome instanceof ArchiveError) return outcome;
      await writer.add(outcome);
      totals.addSum(outcome.sum);
    }
    const files = await writer.finish();
    const counts = totals.counts();
    const limit = toRejectLimit(options.maxRejects, counts.records);
    if (counts.rejects > limit) return refuseRejects(run, totals, limit, await writer.refuse());
    const { manifest } = source;
    const fields = totals.fields();
    const drift = await options.findDrift(run, fields);
    await writer.publish({
      format: FORMAT,
      normalizer: NORMALIZER,
      run,
      mode: manifest.mode,
      api: manifest.api,
      demo: manifest.demo,
      portalId: manifest.portalId,
      startedAt: manifest.startedAt,
      finishedAt: manifest.finishedAt,
      window: manifest.window,
      types: manifest.types,
      ...(manifest.objects && { objectTypes: Object.keys(manifest.objects.properties) }),
      associationKinds: manifest.associationKinds,
      rawManifestSha256: source.manifestSha256,
      ...counts,
      fields,
      drift,
      ...files,
    });
    const bytes = files.parts.reduce((sum, part) => sum + part.bytes, 0);
    return { run, ...counts, bytes, drift, unknownStreams };
  } finally {
    await writer.discard();
  }
}

/** What a raw run says of itself, and its pages. Throws ArchiveError as {@link readSource} does. */
async function readRun(
  dataDir: string,
  run: RunId,
): Promise<RawRunSource & ReturnType<typeof groupPages>> {
  const source = await readSource(dataDir, run);
  const { folder, manifest, pages } = source;
  const { api, portalId } = manifest;
  const labelNames = await readLabels(folder, api, pages);
  const associationKinds = manifest.objects?.associationKinds ?? FIRST_KINDS;
  const frame = { run, folder, api, portalId, associationKinds, labelNames };
  return { ...source, ...groupPages(pages, frame) };
}

/** Of the pages that the tasks under way are at, at most: each takes some five times its size. */
const BYTES_UNDER_WAY = 8 * 2 ** 20;

/** What becomes of each task, in their order, whoever is done first. When it ends, nobody is at work any more. */
async function* runTasks(
  tasks: Task[],
  { run, tasksUnderWay }: Threads,
  { advance, signal }: TaskWatch,
): AsyncGenerator<TaskOutcome | ArchiveError, void, undefined> {
  const left = new AbortController();
  const own = AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])]);
  const underWay: { outcome: Promise<TaskOutcome | ArchiveError>; pageBytes: number }[] = [];
  const hasRoom = (pageBytes: number): boolean =>
    underWay.length === 0 ||
    (underWay.length < tasksUnderWay &&
      underWay.reduce((sum, other) => sum + other.pageBytes, pageBytes) <= BYTES_UNDER_WAY);
  let next = 0;
  try {
    while (next < tasks.length || underWay.length > 0) {
      for (let task = tasks[next]; task !== undefined; task = tasks[next]) {
        const pageBytes = Math.max(...task.groups.map(countBytes));
        if (!hasRoom(pageBytes)) break;
        const outcome = run(task, { advance, signal: own });
        // It is awaited in its turn, and by then may have failed.
        outcome.catch(() => {});
        underWay.push({ outcome, pageBytes });
        next += 1;
      }
      const [first] = underWay;
      if (first !== undefined) yield await first.outcome;
      underWay.shift();
    }
  } finally {
    left.abort();
    await Promise.allSettled(underWay.map(({ outcome }) => outcome));
  }
}

function onlyArchiveError(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  throw error;
}
