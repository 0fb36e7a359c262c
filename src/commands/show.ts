import { assertArchive } from '../archive/runs.ts';
import { SettingsError } from '../errors.ts';
import { compareVersions } from '../maintain/compare-versions.ts';
import { findVersions, type Version } from '../maintain/find-versions.ts';
import { toCounted } from '../terminal/text.ts';
import { cutText, toVisible } from '../terminal/visible-text.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, writeJson } from './context.ts';

const OPTIONS = {
  id: { type: 'string', demandOption: true, describe: "The engagement's id in HubSpot" },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `show`: every archived version of one engagement, oldest first, and what changed from one to the next. */
export const showCommand: Command<typeof OPTIONS> = {
  name: 'show <id>',
  describe: 'Print every archived version of an engagement',
  options: OPTIONS,
  examples: [['show 72343223', 'How that engagement came to be as it is']],
  run: runShow,
};

async function runShow(context: Context, { id, json }: Arguments<typeof OPTIONS>): Promise<void> {
  const { settings, output, log, signal } = context;
  if (!/^[1-9]\d{0,18}$/.test(id)) {
    throw new SettingsError(`an engagement's id is a number; this is ${toVisible(id)}`);
  }
  await assertArchive(settings.dataDir);
  const { versions, pagesRead, pages } = await findVersions(settings.dataDir, id, signal);
  if (versions.length === 0) {
    throw new SettingsError(`the archive in ${settings.dataDir} has no engagement ${id}`);
  }
  const changes = versions.map(({ row }, n) => {
    const before = versions.slice(0, n).findLast((earlier) => earlier.row !== null)?.row;
    return before && row ? compareVersions(before, row) : null;
  });
  if (json) {
    return writeJson(
      context,
      versions.map((version, n) => ({ ...version, changes: changes[n] })),
    );
  }
  const columns = output.columns ?? 120;
  const show = (text: string): void => output.write(`${cutText(toVisible(text), columns)}\n`);
  for (const [n, version] of versions.entries()) {
    if (n > 0) output.write('\n');
    show(toHead(version));
    const { row, reject } = version;
    const changed = changes[n];
    if (row === null) show(`  rejected: ${reject}`);
    else if (changed === null || changed === undefined) {
      for (const [key, value] of Object.entries(row)) show(`  ${key}: ${toText(value)}`);
    } else {
      if (changed.length === 0) show('  the same content');
      for (const { field, before, after } of changed) {
        show(`  ${field}: ${toText(before, 60)} → ${toText(after, 60)}`);
      }
    }
  }
  log.info(
    `show: ${toCounted(versions.length, 'versions')} of ${id}; ${pagesRead} of ${toCounted(pages, 'pages')} read`,
  );
}

function toHead({ extractedAt, rawPage, state }: Version): string {
  return `${extractedAt}  ${rawPage}${state === 'complete' ? '' : `  (${state} run)`}`;
}

function toText(value: unknown, columns = 1000): string {
  if (value === undefined) return '(none)';
  return cutText(toVisible(typeof value === 'string' ? value : JSON.stringify(value)), columns);
}
