import { withArchiveLock } from '../archive/lock.ts';
import { ndjsonRoot } from '../archive/runs.ts';
import { SettingsError } from '../errors.ts';
import { summarizeDrift } from '../terminal/summarize-drift.ts';
import { summarizeTransform } from '../terminal/summary.ts';
import { transform } from '../transform/transform.ts';
import { type Context, watched, writeJson } from './context.ts';
import { parseMaxRejects } from './parse-max-rejects.ts';

export interface TransformArguments {
  force: boolean;
  /** A count, or a percentage such as `2%`; `undefined`: 1 %, but never fewer than 100. */
  maxRejects: string | undefined;
  /** Threads at most; `undefined`: one for each core. */
  workers: number | undefined;
  json: boolean;
  /** Whether nobody has to be told that it is to be loaded next. */
  loads?: boolean;
}

/** `transform`: normalizes the raw runs that are not normalized yet. */
export async function runTransform(context: Context, args: TransformArguments): Promise<void> {
  const { settings, log, signal } = context;
  const { dataDir } = settings;
  const { force, workers } = args;
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
    throw new SettingsError('--workers must be a whole number from 1 on');
  }
  const maxRejects = args.maxRejects === undefined ? undefined : parseMaxRejects(args.maxRejects);
  const result = await withArchiveLock(ndjsonRoot(dataDir), 'transform', () =>
    watched(context, 'transform', (progress) =>
      transform({ dataDir, force, maxRejects, workers }, { progress, signal }),
    ),
  );
  log.info(summarizeTransform(result, ndjsonRoot(dataDir), args.loads), {
    stage: 'transform',
    ...result,
  });
  const drift = summarizeDrift(result);
  // In JSON, it is a field of the result already.
  if (drift !== null && !log.isJson) log.info(drift);
  if (args.json) writeJson(context, result);
}
