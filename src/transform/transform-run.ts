import path from 'node:path';
import { FORMAT, readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { ArchiveError, type GuardRefused } from '../errors.ts';
import { type Drift, findDrift } from './find-drift.ts';
import type { Batch } from './normalize-records.ts';
import type { Normalizers } from './normalizers.ts';
import { hashManifest, type RawRunSource, readBatches, readSource } from './read-run.ts';
import {
  type Counts,
  createTally,
  type MaxRejects,
  refuseRejects,
  toRejectLimit,
} from './tally.ts';
import { openRun } from './write-run.ts';

/** The version of the rules that make rows: raised whenever the same pages would give other bytes. */
export const NORMALIZER = 2;

/** How a run is transformed. */
export interface RunOptions {
  dataDir: string;
  /** Absent: 1 %, but never fewer than 100. */
  maxRejects?: MaxRejects | undefined;
  /** Size in bytes that a part does not grow beyond. */
  partBytes: number;
  /** Pages above this size in bytes are streamed, so that memory stays bounded. */
  streamAboveBytes: number;
  normalizers: Normalizers;
}

/** A run that was transformed. `bytes` are those of its parts. */
export interface TransformedRun extends Counts {
  run: RunId;
  bytes: number;
  /** What the run has that no earlier one has. */
  drift: Drift[];
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
  watch: { advance(records: number): void; signal: AbortSignal | undefined },
): Promise<TransformedRun | ArchiveError | GuardRefused> {
  const source = await readSource(options.dataDir, run).catch(onlyArchiveError);
  if (source instanceof ArchiveError) return source;
  const writer = await openRun(options.dataDir, run, options.partBytes);
  try {
    const tally = createTally();
    for await (const batch of readUntilDamage(source, options)) {
      watch.signal?.throwIfAborted();
      if (batch instanceof ArchiveError) return batch;
      await writer.write(batch);
      tally.add(batch);
      watch.advance(batch.lineEnds.length + batch.rejects.length);
    }
    const files = await writer.finish();
    const counts = tally.counts();
    const limit = toRejectLimit(options.maxRejects, counts.records);
    if (counts.rejects > limit) return refuseRejects(run, tally, limit, await writer.refuse());
    const { manifest } = source;
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
      associationKinds: manifest.associationKinds,
      rawManifestSha256: source.manifestSha256,
      ...counts,
      fields: tally.fields(),
      ...files,
    });
    const bytes = files.parts.reduce((sum, part) => sum + part.bytes, 0);
    return { run, ...counts, bytes, drift: await findDrift(options.dataDir, run, tally.fields()) };
  } finally {
    await writer.discard();
  }
}

// Damage comes as the last item: an error thrown while writing must not be taken for one of reading.
async function* readUntilDamage(
  source: RawRunSource,
  { streamAboveBytes, normalizers }: RunOptions,
): AsyncGenerator<Batch | ArchiveError, void, undefined> {
  try {
    yield* readBatches(source, streamAboveBytes, normalizers);
  } catch (error) {
    yield onlyArchiveError(error);
  }
}

function onlyArchiveError(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  throw error;
}
