import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type PageCounts, readRawManifest } from '../archive/manifest.ts';
import { isComplete, listRuns, type RunId, rawRoot } from '../archive/runs.ts';
import { ArchiveError, GuardRefused } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { createDriftFinder } from './find-drift.ts';
import { STREAM_ABOVE_BYTES } from './read-records.ts';
import { planThreads, startThreads } from './threads.ts';
import type { MaxRejects } from './totals.ts';
import {
  isTransformed,
  type RunOptions,
  type TransformedRun,
  transformRun,
} from './transform-run.ts';
import { clearLeftovers } from './write-run.ts';

/** What to transform, and how. */
export interface TransformOptions {
  dataDir: string;
  /** Transform again what is transformed already. */
  force?: boolean;
  /** How many records of a run may be rejected; absent: 1 %, but never fewer than 100. */
  maxRejects?: MaxRejects | undefined;
  /** Size in bytes that a part does not grow beyond; 128 MiB. */
  partBytes?: number;
  /** Pages above this size in bytes are streamed; 12 MiB. */
  streamAboveBytes?: number;
  /** Threads at most; as many as the machine has cores for this program. Never changes what is written. */
  workers?: number | undefined;
}

/** Dependencies of the stage. */
export interface TransformDeps {
  progress: Progress;
  /** Stops between two batches; its reason is thrown, and nothing half made is left. */
  signal?: AbortSignal;
}

/** What became of it. */
export interface TransformResult {
  /** The runs that were transformed, oldest first. */
  runs: (TransformedRun & { durationMs: number })[];
  /** How many were transformed already. */
  skipped: number;
  durationMs: number;
}

const MIB = 1024 * 1024;

/**
 * Makes the NDJSON run of every complete raw run that has none of this normalizer, oldest first. The caller holds the
 * archive's lock. A run that cannot be made does not keep the others from it: when all are tried, throws ArchiveError
 * if a raw run is damaged, else GuardRefused if one has too many rejects, naming all of them. Throws ArchiveError at
 * once when it cannot write.
 */
export async function transform(
  options: TransformOptions,
  { progress, signal }: TransformDeps,
): Promise<TransformResult> {
  const startedAt = performance.now();
  const { todo, skipped } = await planRuns(options);
  const { records: total, pages, bytes } = await sumUp(options.dataDir, todo);
  const workers = Math.min(options.workers ?? availableParallelism(), pages);
  const threads = startThreads(planThreads(workers, bytes));
  const runOptions: RunOptions = {
    partBytes: 128 * MIB,
    streamAboveBytes: STREAM_ABOVE_BYTES,
    ...options,
    threads,
    findDrift: await createDriftFinder(options.dataDir, todo),
  };
  let done = 0;
  const advance = (records: number): void => {
    done += records;
    progress.update({ done, total, unit: 'records' });
  };
  const runs: TransformResult['runs'] = [];
  const failures: (ArchiveError | GuardRefused)[] = [];
  try {
    for (const run of todo) {
      const runStartedAt = performance.now();
      const outcome = await transformRun(run, runOptions, { advance, signal });
      if (outcome instanceof Error) {
        progress.note(`left out ${run}: ${outcome.message}`);
        failures.push(outcome);
        continue;
      }
      for (const [stream, pages] of Object.entries(outcome.unknownStreams)) {
        progress.note(
          `${run}: this version does not know the stream ${stream}; its pages (${pages}) become no rows`,
        );
      }
      runs.push({ ...outcome, durationMs: performance.now() - runStartedAt });
    }
  } finally {
    await threads.close();
  }
  if (failures.length > 0) throw toOneError(failures);
  return { runs, skipped, durationMs: performance.now() - startedAt };
}

/** The complete raw runs to transform, oldest first; what a killed transform left of any run is cleared. */
async function planRuns({
  dataDir,
  force = false,
}: TransformOptions): Promise<{ todo: RunId[]; skipped: number }> {
  const todo: RunId[] = [];
  let skipped = 0;
  for (const run of await listRuns(rawRoot(dataDir))) {
    if (!(await isComplete(path.join(rawRoot(dataDir), run)))) continue;
    await clearLeftovers(dataDir, run);
    if (!force && (await isTransformed(dataDir, run))) skipped += 1;
    else todo.push(run);
  }
  return { todo, skipped };
}

// A manifest that cannot be read is told when its run's turn comes.
async function sumUp(dataDir: string, runs: RunId[]): Promise<PageCounts> {
  const sum = { pages: 0, records: 0, bytes: 0 };
  for (const run of runs) {
    const manifest = await readRawManifest(path.join(rawRoot(dataDir), run)).catch(() => null);
    sum.pages += manifest?.pages ?? 0;
    sum.records += manifest?.records ?? 0;
    sum.bytes += manifest?.bytes ?? 0;
  }
  return sum;
}

function toOneError(failures: (ArchiveError | GuardRefused)[]): ArchiveError | GuardRefused {
  const damaged = failures.find((failure) => failure instanceof ArchiveError);
  const [first] = failures;
  if (failures.length === 1 && first !== undefined) return first;
  const message = failures.map((failure) => failure.message).join('\n');
  if (damaged === undefined) {
    return new GuardRefused(message, first?.next === undefined ? {} : { next: first.next });
  }
  return new ArchiveError(message, {
    next: damaged.next ?? 'The other runs are transformed. Restore the files, or extract anew.',
  });
}
