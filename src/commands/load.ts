import { systemClock } from '../clock.ts';
import { SettingsError } from '../errors.ts';
import { load } from '../load/load.ts';
import { withoutSecrets } from '../settings.ts';
import { summarizeLoad } from '../terminal/summary.ts';
import { type Context, watched, withDatabase, writeJson } from './context.ts';

export interface LoadArguments {
  from: string | undefined;
  to: string | undefined;
  rebuild: boolean;
  forgetMissing: boolean;
  allowMassDelete: boolean;
  acceptRedacted: boolean;
  workMem: string;
  allowDemo: boolean;
  json: boolean;
}

/** `load`: merges the normalized runs that are not in the database yet. */
export async function runLoad(context: Context, args: LoadArguments): Promise<void> {
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
  if (!/^[1-9]\d{0,6}(?:kB|MB|GB)$/.test(workMem)) {
    throw new SettingsError(`--work-mem must be like 64MB; it is ${workMem}`);
  }
  const replay =
    from === undefined ? {} : { replay: { from, ...(to === undefined ? {} : { to }) } };
  const options = { rebuild, forgetMissing, allowMassDelete, acceptRedacted, workMem, allowDemo };
  await withDatabase(context, async (database) => {
    const result = await watched(context, 'load', (progress) =>
      load(
        { ...options, dataDir: settings.dataDir, ...replay },
        { database, clock: systemClock, progress, signal },
      ),
    );
    const where = database.embedded
      ? `the embedded Postgres in ${settings.dataDir}/postgres, schema ${database.schema}`
      : `${withoutSecrets(database.url)}, schema ${database.schema}`;
    log.info(summarizeLoad(result, where), { stage: 'load', ...result });
    if (json) writeJson(context, result);
  });
}

function checkRunOrDay(option: string, text: string): void {
  if (/^\d{4}\/\d{2}\/\d{2}(?:\/\d{6}Z-(?:full|changes))?$/.test(text)) return;
  throw new SettingsError(
    `${option} must be a day such as 2026/11/24 or a run such as 2026/11/24/015000Z-full; it is ${text}`,
  );
}
