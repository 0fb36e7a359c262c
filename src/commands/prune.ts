import path from 'node:path';
import { withArchiveLock } from '../archive/lock.ts';
import { assertArchive, rawRoot, runMode } from '../archive/runs.ts';
import { readArchiveState, toPlan } from '../archive/state.ts';
import { DatabaseFailed, SettingsError } from '../errors.ts';
import { type PrunableRun, type PruneRange, planPrune } from '../maintain/plan-prune.ts';
import { endRemovals, removeRun } from '../maintain/remove-run.ts';
import { toCounted } from '../terminal/text.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, writeJson } from './context.ts';
import { isLoaded, readLoaded } from './read-loaded.ts';

const OPTIONS = {
  'keep-runs': { type: 'number', describe: 'Remove none of so many of the newest runs' },
  before: {
    type: 'string',
    describe: 'Remove only runs that started before this day, such as 2026/11/24',
  },
  yes: { type: 'boolean', default: false, describe: 'Do remove them' },
  json: JSON_OPTION,
} as const satisfies OptionTable;

type PruneArguments = Arguments<typeof OPTIONS>;

/** `prune`: removes runs that the database has and a later full run supersedes; without `--yes`, lists them. */
export const pruneCommand: Command<typeof OPTIONS> = {
  name: 'prune',
  describe: 'List or remove runs that are superseded',
  options: OPTIONS,
  examples: [['prune --keep-runs 10 --yes', 'Keep the archive small']],
  run: runPrune,
};

async function runPrune(context: Context, args: PruneArguments): Promise<void> {
  const range = toRange(args);
  const { dataDir } = context.settings;
  await assertArchive(dataDir);
  await withArchiveLock(dataDir, 'prune', async () => {
    const { remove, keep } = planPrune(await readPrunable(context), range);
    if (args.yes) await endRemovals(dataDir);
    const verb = args.yes ? 'removed' : 'would remove';
    const write = (line: string): void => {
      if (!args.json) context.output.write(`${line}\n`);
    };
    for (const run of remove) {
      if (args.yes) {
        context.signal.throwIfAborted();
        await removeRun(dataDir, run);
      }
      write(`${verb}  ${path.join(rawRoot(dataDir), run)}`);
    }
    for (const { run, why } of keep) write(`kept  ${run}: ${why}`);
    const removed = args.yes ? remove : [];
    if (args.json) return writeJson(context, { remove, keep, removed });
    const more = args.yes || remove.length === 0 ? '' : '; to remove them, add --yes';
    context.log.info(`prune: ${verb} ${toCounted(remove.length, 'runs')}${more}`);
  });
}

async function readPrunable(context: Context): Promise<PrunableRun[]> {
  const { dataDir } = context.settings;
  const loaded = await readLoaded(context);
  if (loaded === null) {
    throw new DatabaseFailed(`there is no database in ${dataDir}, so nothing is loaded`, {
      next: 'Only runs that are loaded can be pruned: run load first, or set DATABASE_URL.',
    });
  }
  const { runs } = await readArchiveState(dataDir);
  return Promise.all(
    runs.map(async (raw) => ({
      run: raw.run,
      mode: runMode(raw.run),
      api: toPlan(raw).api,
      complete: raw.state === 'complete',
      loaded: await isLoaded(dataDir, raw.run, loaded),
    })),
  );
}

function toRange({ keepRuns, before }: PruneArguments): PruneRange {
  if (keepRuns !== undefined && before !== undefined) {
    throw new SettingsError('prune takes --keep-runs or --before, not both');
  }
  if (before === undefined) {
    if (keepRuns === undefined) return { keepRuns: 0 };
    if (Number.isInteger(keepRuns) && keepRuns >= 1) return { keepRuns };
    throw new SettingsError('--keep-runs must be a whole number from 1 on');
  }
  if (/^\d{4}\/\d{2}\/\d{2}$/.test(before)) return { before };
  throw new SettingsError(`--before must be a day such as 2026/11/24; it is ${before}`);
}
