import { withArchiveLock } from '../archive/lock.ts';
import { ndjsonRoot } from '../archive/runs.ts';
import { summarizeTransform } from '../terminal/summary.ts';
import { transform } from '../transform/transform.ts';
import { type Context, watched, writeJson } from './context.ts';
import { parseMaxRejects } from './parse-max-rejects.ts';

export interface TransformArguments {
  force: boolean;
  /** A count, or a percentage such as `2%`; `undefined`: 1 %, but never fewer than 100. */
  maxRejects: string | undefined;
  json: boolean;
}

/** `transform`: normalizes the raw runs that are not normalized yet. */
export async function runTransform(context: Context, args: TransformArguments): Promise<void> {
  const { settings, log, signal } = context;
  const { dataDir } = settings;
  const maxRejects = args.maxRejects === undefined ? undefined : parseMaxRejects(args.maxRejects);
  const result = await withArchiveLock(ndjsonRoot(dataDir), 'transform', () =>
    watched(context, 'transform', (progress) =>
      transform({ dataDir, force: args.force, maxRejects }, { progress, signal }),
    ),
  );
  log.info(summarizeTransform(result, ndjsonRoot(dataDir)), { stage: 'transform', ...result });
  if (args.json) writeJson(context, result);
}
