import path from 'node:path';
import { withArchiveLock } from '../archive/lock.ts';
import { assertArchive } from '../archive/runs.ts';
import { systemClock } from '../clock.ts';
import { EXIT, Interrupted, SettingsError } from '../errors.ts';
import type { RunCounts } from '../load/ledger.ts';
import { type LoadResult, load } from '../load/load.ts';
import type { Database } from '../postgres/database.ts';
import { withoutSecrets } from '../settings.ts';
import type { Conclusion } from '../terminal/conclusion.ts';
import { shortenPath, toCount, toCounted } from '../terminal/text.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, watched, withDatabase, writeJson } from './context.ts';
import { runTransform } from './transform.ts';

const OPTIONS = {
  transform: {
    group: 'What to load:',
    type: 'boolean',
    default: false,
    describe: 'Transform first; a run that cannot be does not keep the others',
  },
  from: {
    group: 'What to load:',
    type: 'string',
    describe: 'Merge again from this day (2026/11/24) or run (2026/11/24/015000Z-full) on',
  },
  rebuild: {
    group: 'What to load:',
    type: 'boolean',
    default: false,
    describe: 'Merge all runs again, compare every row, remove what they do not hold',
  },
  'forget-missing': {
    group: 'What to allow:',
    type: 'boolean',
    default: false,
    describe: 'Rebuild without the runs that the archive no longer has',
  },
  'allow-mass-delete': {
    group: 'What to allow:',
    type: 'boolean',
    default: false,
    describe: 'Accept a full run that lacks many of the engagements there are',
  },
  'accept-redacted': {
    group: 'What to allow:',
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
    group: 'What to allow:',
    type: 'boolean',
    default: false,
    describe: 'Load the demo portal into the database of DATABASE_URL',
  },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `load`: merges the normalized runs that are not in the database yet. */
export const loadCommand: Command<typeof OPTIONS> = {
  name: 'load',
  describe: 'Merge NDJSON into Postgres',
  options: OPTIONS,
  examples: [
    ['load --from 2026/11/24', 'Merge the runs since that day again'],
    ['load --rebuild', 'Make the tables what the files say, readers undisturbed'],
  ],
  run: runLoad,
};

/** Returns the exit code: not 0 when it was to transform first and not all could be. */
async function runLoad(context: Context, args: Arguments<typeof OPTIONS>): Promise<number> {
  const { settings, signal } = context;
  const { from, json } = args;
  const { rebuild, forgetMissing, allowMassDelete, acceptRedacted, workMem, allowDemo } = args;
  if (from !== undefined) checkRunOrDay('--from', from);
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
  const options = { rebuild, forgetMissing, allowMassDelete, acceptRedacted, workMem, allowDemo };
  await assertArchive(settings.dataDir);
  const exitCode = args.transform ? await transformFirst(context) : EXIT.done;
  const work = (database: Database): Promise<LoadResult> =>
    watched(context, 'load', (progress) =>
      load(
        { ...options, dataDir: settings.dataDir, ...(from === undefined ? {} : { from }) },
        { database, clock: systemClock, progress, signal },
      ),
    );
  // Neither transform --force nor prune may change the runs meanwhile.
  await withArchiveLock(settings.dataDir, 'load', () =>
    withDatabase(context, 'made', async (database) => {
      const result = await work(database);
      const where = database.embedded
        ? `the embedded Postgres in ${shortenPath(path.join(settings.dataDir, 'postgres'))}, schema ${database.schema}`
        : `${withoutSecrets(database.url)}, schema ${database.schema}`;
      context.conclude(concludeLoad(result, where));
      if (json) writeJson(context, result);
    }),
  );
  return exitCode;
}

/** A run that cannot be transformed does not keep the others from being loaded. Returns the exit code. */
async function transformFirst(context: Context): Promise<number> {
  try {
    const defaults = { force: false, maxRejects: undefined, workers: undefined, json: false };
    await runTransform(context, defaults);
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

/** What was merged, into `where`. Pure. */
export function concludeLoad(result: LoadResult, where: string): Conclusion {
  const { merged, replayed, alreadyMerged, written, durationMs } = result;
  const stage = 'load';
  if (merged.length + replayed + alreadyMerged === 0) {
    return { stage, done: 'nothing to do, as no run is normalized yet', next: 'transform', result };
  }
  if (merged.length + replayed === 0) {
    const done = `nothing to do, ${toCounted(alreadyMerged, 'runs')} loaded already`;
    return { stage, done, next: 'report', result };
  }
  const sum = (key: keyof RunCounts | 'rejected'): number =>
    merged.reduce((total, entry) => total + entry[key], 0);
  const rows = ['inserted', 'updated', 'unchanged', 'older', 'duplicates'] as const;
  const total = rows.reduce((all, key) => all + sum(key), 0);
  const changed: [number, string][] = [
    [sum('inserted'), 'inserted'],
    [sum('updated'), 'updated'],
    [sum('deleted'), 'deleted'],
  ];
  const rest: [number, string][] = [
    [sum('unchanged'), 'unchanged'],
    [sum('older'), 'older than what is there'],
    [sum('duplicates'), 'duplicates'],
    [sum('withheld'), 'redacted and withheld'],
    [sum('rejected'), 'rejected'],
  ];
  const inTables: [number, string][] = [
    [written.rows, 'rows written'],
    [written.deletions, 'marked as deleted or back'],
    [written.links, 'associations and attachments changed'],
    [written.removed, 'removed'],
  ];
  const done = `${toCounted(total, 'rows')} of ${toCounted(merged.length, 'runs')}: ${toCounts(changed) || 'nothing changed'}`;
  const again = `${toCounted(replayed, 'runs')} merged again: ${toCounts(inTables) || 'nothing changed'}`;
  return {
    stage,
    done: merged.length === 0 ? again : done,
    durationMs,
    ...(merged.length === 1 && merged[0] !== undefined ? { run: merged[0].run } : {}),
    details: [
      ...[toCounts(rest)].filter(Boolean),
      ...(merged.length > 0 && replayed > 0 ? [again] : []),
      `into ${where}`,
    ],
    next: 'report',
    result,
  };
}

/** The counts that are not 0: `3 inserted, 2 updated`. */
function toCounts(counts: [number, string][]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${toCount(count)} ${what}`)
    .join(', ');
}
