import { assertArchive } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { verify } from '../maintain/verify.ts';
import { toCounted, toSize } from '../terminal/text.ts';
import { toVisible } from '../terminal/visible-text.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, watched, writeJson } from './context.ts';

const OPTIONS = { json: JSON_OPTION } as const satisfies OptionTable;

/** `verify`: re-hashes the archive. */
export const verifyCommand: Command<typeof OPTIONS> = {
  name: 'verify',
  describe: 'Check every file of the archive',
  options: OPTIONS,
  examples: [['verify || mail -s archive me', 'Exit code 4 when anything is wrong']],
  run: runVerify,
};

/** Throws ArchiveError when anything is wrong, after listing it on stdout. */
async function runVerify(context: Context, args: Arguments<typeof OPTIONS>): Promise<void> {
  const { settings, output, signal } = context;
  await assertArchive(settings.dataDir);
  const result = await watched(context, 'verify', (progress) =>
    verify(settings.dataDir, { progress, signal }),
  );
  const { rawRuns, ndjsonRuns, files, bytes, problems } = result;
  if (args.json) writeJson(context, result);
  else {
    for (const { kind, problem } of problems) {
      output.write(`${kind.padEnd(12)}  ${toVisible(problem)}\n`);
    }
    const found =
      problems.length === 0 ? 'all as it should be' : toCounted(problems.length, 'problems');
    output.write(
      `${toCounted(rawRuns, 'raw runs')}, ${toCounted(ndjsonRuns, 'normalized runs')}, ${toCounted(files, 'files')}, ${toSize(bytes)}: ${found}\n`,
    );
  }
  if (problems.length === 0) return;
  throw new ArchiveError(
    `the archive in ${settings.dataDir} has ${toCounted(problems.length, 'problems')}`,
    {
      next: problems.every(({ kind }) => kind === 'half-written')
        ? 'Nothing is lost: the next extract and transform clear what was left half-written.'
        : 'Restore what is damaged or missing from a backup, or extract anew with --full.',
    },
  );
}
