import path from 'node:path';
import { type Drift, FORMAT, readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { ArchiveError, type GuardRefused } from '../errors.ts';
import { findDrift } from './find-drift.ts';
import { groupPages } from './group-pages.ts';
import { planSplits } from './plan-splits.ts';
import { hashManifest, type RawRunSource, readSource } from './read-run.ts';
import type { SplitRunners } from './split-runners.ts';
import {
  type Counts,
  createTally,
  type MaxRejects,
  refuseRejects,
  toRejectLimit,
} from './tally.ts';
import type { Split, SplitOutcome, SplitWatch } from './transform-split.ts';
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
  runners: SplitRunners;
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
  watch: SplitWatch,
): Promise<TransformedRun | ArchiveError | GuardRefused> {
  const source = await readSource(options.dataDir, run).catch(onlyArchiveError);
  if (source instanceof ArchiveError) return source;
  const writer = await openRun(options.dataDir, run);
  try {
    const tally = createTally();
    const splits = toSplits(source, options, writer.folder);
    for await (const outcome of runSplits(splits, options.runners, watch)) {
      if (outcome instanceof ArchiveError) return outcome;
      await writer.add(outcome);
      tally.addSum(outcome.sum);
    }
    const files = await writer.finish();
    const counts = tally.counts();
    const limit = toRejectLimit(options.maxRejects, counts.records);
    if (counts.rejects > limit) return refuseRejects(run, tally, limit, await writer.refuse());
    const { manifest } = source;
    const fields = tally.fields();
    const drift = await findDrift(options.dataDir, run, fields);
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
    return { run, ...counts, bytes, drift };
  } finally {
    await writer.discard();
  }
}

function toSplits(
  { run, folder, manifest, pages }: RawRunSource,
  { streamAboveBytes, partBytes }: RunOptions,
  target: string,
): Split[] {
  const { api, portalId } = manifest;
  const groups = groupPages(pages, { run, folder, streamAboveBytes, origin: { api, portalId } });
  return planSplits(groups, partBytes).map((own, n) => ({
    groups: own,
    folder: target,
    number: n + 1,
    partBytes,
  }));
}

/** What becomes of each split, in their order, whoever is done first. When it ends, nobody is at work any more. */
async function* runSplits(
  splits: Split[],
  { run, splitsUnderWay }: SplitRunners,
  { advance, signal }: SplitWatch,
): AsyncGenerator<SplitOutcome | ArchiveError, void, undefined> {
  const left = new AbortController();
  const own = AbortSignal.any([left.signal, ...(signal === undefined ? [] : [signal])]);
  const underWay: Promise<SplitOutcome | ArchiveError>[] = [];
  let next = 0;
  try {
    while (next < splits.length || underWay.length > 0) {
      while (next < splits.length && underWay.length < splitsUnderWay) {
        const outcome = run(splits[next] as Split, { advance, signal: own });
        // It is awaited in its turn, and by then may have failed.
        outcome.catch(() => {});
        underWay.push(outcome);
        next += 1;
      }
      yield await (underWay[0] as (typeof underWay)[number]);
      underWay.shift();
    }
  } finally {
    left.abort();
    await Promise.allSettled(underWay);
  }
}

function onlyArchiveError(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  throw error;
}
