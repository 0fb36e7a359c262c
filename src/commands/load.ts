import path from 'node:path';
import { systemClock } from '../clock.ts';
import { EXIT, Interrupted, SettingsError } from '../errors.ts';
import { type LoadResult, load } from '../load/load.ts';
import { withoutSecrets } from '../settings.ts';
import { joinLines, shortenPath, toCount, toCounted, toDuration } from '../terminal/text.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, watched, withDatabase, writeJson } from './context.ts';
import { runTransform } from './transform.ts';

const OPTIONS = {
  transform: {
    type: 'boolean',
    default: false,
    describe: 'Transform first; a run that cannot be does not keep the others',
  },
  from: {
    type: 'string',
    describe: 'Replay from this day (2026/11/24) or run (2026/11/24/015000Z-full)',
  },
  to: { type: 'string', describe: 'Replay up to this one' },
  rebuild: {
    type: 'boolean',
    default: false,
    describe: 'Make the tables anew from all runs, beside the old ones, and swap them',
  },
  'forget-missing': {
    type: 'boolean',
    default: false,
    describe: 'Rebuild without the runs that the archive no longer has',
  },
  'allow-mass-delete': {
    type: 'boolean',
    default: false,
    describe: 'Accept a full run that lacks many of the engagements there are',
  },
  'accept-redacted': {
    type: 'boolean',
    default: false,
    describe: 'Let e-mails that came redacted replace the contents there are',
  },
  'work-mem': {
    type: 'string',
    default: '64MB',
    describe: 'Memory Postgres may take for each step of a merge',
  },
  'allow-demo': {
    type: 'boolean',
    default: false,
    describe: 'Load the demo portal into the database of DATABASE_URL',
  },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `load`: merges the normalized runs that are not in the database yet. */
export const loadCommand: Command<typeof OPTIONS> = {
  name: 'load',
  describe: 'Merge normalized runs into Postgres',
  options: OPTIONS,
  examples: [
    ['load --from 2026/11/24', 'Replay the runs since that day'],
    ['load --rebuild', 'Start over from the files, readers undisturbed'],
  ],
  run: runLoad,
};

/** Returns the exit code: not 0 when it was to transform first and not all could be. */
async function runLoad(context: Context, args: Arguments<typeof OPTIONS>): Promise<number> {
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
      ? `the embedded Postgres in ${shortenPath(path.join(settings.dataDir, 'postgres'))}, schema ${database.schema}`
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
    await runTransform(context, defaults, [], { loads: true });
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

/** What was merged, for people. Pure. */
export function summarizeLoad(
  { merged, alreadyMerged, leftOut, durationMs }: LoadResult,
  where: string,
): string {
  const left = leftOut.length === 0 ? '' : `, ${toCounted(leftOut.length, 'older runs')} left out`;
  if (merged.length === 0 && alreadyMerged === 0 && leftOut.length === 0) {
    return 'load: nothing to do, as there is no normalized run to load';
  }
  if (merged.length === 0) {
    return `load: nothing to do, ${toCounted(alreadyMerged, 'runs')} loaded already${left}`;
  }
  const sum = (
    key:
      | 'inserted'
      | 'updated'
      | 'unchanged'
      | 'older'
      | 'duplicates'
      | 'rejected'
      | 'deleted'
      | 'withheld',
  ): number => merged.reduce((total, entry) => total + entry[key], 0);
  const rows =
    sum('inserted') + sum('updated') + sum('unchanged') + sum('older') + sum('duplicates');
  return joinLines(
    `load: ${toCounted(rows, 'rows')} of ${toCounted(merged.length, 'runs')} in ${toDuration(durationMs)}${left}`,
    `${toCount(sum('inserted'))} inserted, ${toCount(sum('updated'))} updated, ${toCount(sum('unchanged'))} unchanged, ${toCount(sum('older'))} older` +
      (sum('deleted') > 0 ? `, ${toCount(sum('deleted'))} deleted` : '') +
      (sum('withheld') > 0 ? `, ${toCount(sum('withheld'))} redacted ones withheld` : '') +
      (sum('duplicates') > 0 ? `, ${toCount(sum('duplicates'))} duplicates` : '') +
      (sum('rejected') > 0 ? `; ${toCounted(sum('rejected'), 'records')} rejected` : ''),
    `into ${where}`,
    'next: make report; make psql to look around',
  );
}
