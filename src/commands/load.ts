import path from 'node:path';
import { systemClock } from '../clock.ts';
import { EXIT, Interrupted, SettingsError } from '../errors.ts';
import { load } from '../load/load.ts';
import { withoutSecrets } from '../settings.ts';
import { shorten, summarizeLoad } from '../terminal/summary.ts';
import { type Context, watched, withDatabase, writeJson } from './context.ts';
import { runTransform } from './transform.ts';

export interface LoadArguments {
  from: string | undefined;
  to: string | undefined;
  rebuild: boolean;
  forgetMissing: boolean;
  allowMassDelete: boolean;
  acceptRedacted: boolean;
  workMem: string;
  allowDemo: boolean;
  transform: boolean;
  json: boolean;
}

/**
 * `load`: merges the normalized runs that are not in the database yet. Returns the exit code: not 0 when it was to
 * transform first and not all could be.
 */
export async function runLoad(context: Context, args: LoadArguments): Promise<number> {
  const { settings, log, signal } = context;
  const { from, to, json } = args;
  const { rebuild, forgetMissing, allowMassDelete, acceptRedacted, workMem, allowDemo } = args;
  if (to !== undefined && from === undefined) throw new SettingsError('--to needs --from');
  if (from !== undefined) checkRunOrDay('--from', from);
  if (to !== undefined) checkRunOrDay('--to', to);
  if (from !== undefined && to !== undefined && from > to && !from.startsWith(`${to}/`)) {
    throw new SettingsError(`--from ${from} is after --to ${to}`);
  }
  if (rebuild && from !== undefined) {
    throw new SettingsError('--rebuild takes in all runs: not together with --from');
  }
  if (forgetMissing && !rebuild) {
    throw new SettingsError('--forget-missing needs --rebuild');
  }
  // Postgres takes 64 kB at least.
  if (!/^(?:[1-9]\d{0,6}(?:MB|GB)|(?:6[4-9]|[7-9]\d|[1-9]\d{2,6})kB)$/.test(workMem)) {
    throw new SettingsError(`--work-mem must be like 64MB, and 64kB at least; it is ${workMem}`);
  }
  const replay =
    from === undefined ? {} : { replay: { from, ...(to === undefined ? {} : { to }) } };
  const options = { rebuild, forgetMissing, allowMassDelete, acceptRedacted, workMem, allowDemo };
  const exitCode = args.transform ? await transformFirst(context) : EXIT.done;
  await withDatabase(context, async (database) => {
    const result = await watched(context, 'load', (progress) =>
      load(
        { ...options, dataDir: settings.dataDir, ...replay },
        { database, clock: systemClock, progress, signal },
      ),
    );
    const where = database.embedded
      ? `the embedded Postgres in ${shorten(path.join(settings.dataDir, 'postgres'))}, schema ${database.schema}`
      : `${withoutSecrets(database.url)}, schema ${database.schema}`;
    log.info(summarizeLoad(result, where), { stage: 'load', ...result });
    if (json) writeJson(context, result);
  });
  return exitCode;
}

/** A run that cannot be transformed does not keep the others from being loaded. Returns the exit code. */
async function transformFirst(context: Context): Promise<number> {
  try {
    const defaults = { force: false, maxRejects: undefined, workers: undefined, json: false };
    await runTransform(context, { ...defaults, loads: true });
    return EXIT.done;
  } catch (error) {
    if (error instanceof Interrupted || error instanceof SettingsError) throw error;
    return context.explain(error);
  }
}

function checkRunOrDay(option: string, text: string): void {
  if (/^\d{4}\/\d{2}\/\d{2}(?:\/\d{6}Z-(?:full|changes))?$/.test(text)) return;
  throw new SettingsError(
    `${option} must be a day such as 2026/11/24 or a run such as 2026/11/24/015000Z-full; it is ${text}`,
  );
}
