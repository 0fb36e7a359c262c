import { withArchiveLock } from '../archive/lock.ts';
import { assertArchive, ndjsonRoot } from '../archive/runs.ts';
import { SettingsError } from '../errors.ts';
import type { Conclusion } from '../terminal/conclusion.ts';
import { shortenPath, toCount, toCounted, toSize } from '../terminal/text.ts';
import { type TransformResult, transform } from '../transform/transform.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, watched, writeJson } from './context.ts';

const OPTIONS = {
  force: { type: 'boolean', default: false, describe: 'Also the runs that are done already' },
  'max-rejects': {
    type: 'string',
    describe: 'Fail beyond this count or percentage (default: 1%, at least 100)',
  },
  workers: {
    type: 'number',
    describe: 'Threads at most (default: one for each core); the files are the same',
  },
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `transform`: normalizes the raw runs that are not normalized yet. */
export const transformCommand: Command<typeof OPTIONS> = {
  name: 'transform',
  describe: 'Normalize raw files into NDJSON',
  options: OPTIONS,
  examples: [['transform --max-rejects 0', 'Fail when any record is unusable']],
  run: runTransform,
};

/** Normalizes what is due. */
export async function runTransform(
  context: Context,
  args: Arguments<typeof OPTIONS>,
): Promise<void> {
  const { settings, log, signal } = context;
  const { dataDir } = settings;
  const { force, workers } = args;
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1)) {
    throw new SettingsError('--workers must be a whole number from 1 on');
  }
  const maxRejects = args.maxRejects === undefined ? undefined : parseMaxRejects(args.maxRejects);
  await assertArchive(dataDir);
  const result = await withArchiveLock(dataDir, 'transform', () =>
    watched(context, 'transform', (progress) =>
      transform({ dataDir, force, maxRejects, workers }, { progress, signal }),
    ),
  );
  context.conclude(concludeTransform(result, ndjsonRoot(dataDir)));
  const drift = summarizeDrift(result);
  // In JSON, it is a field of the result already.
  if (drift !== null && !log.isJson) log.info(drift);
  if (args.json) writeJson(context, result);
}

/** What was normalized, into `folder`. Pure. */
export function concludeTransform(result: TransformResult, folder: string): Conclusion {
  const { runs, skipped, durationMs } = result;
  const stage = 'transform';
  if (runs.length === 0 && skipped === 0) {
    return { stage, done: 'nothing to do, as no run is complete yet', next: 'extract', result };
  }
  if (runs.length === 0) {
    const done = `nothing to do, ${toCounted(skipped, 'runs')} normalized already`;
    return { stage, done, next: 'load', result };
  }
  const sum = (
    key: Exclude<keyof TransformResult['runs'][number], 'run' | 'drift' | 'unknownStreams'>,
  ): number => runs.reduce((total, run) => total + run[key], 0);
  const rejected = sum('rejects') === 0 ? '' : `, ${toCount(sum('rejects'))} rejected`;
  const replaced = sum('replacedCharacters');
  const redacted = sum('redacted');
  const invalid = sum('invalidUtf8');
  return {
    stage,
    done: `${toCounted(sum('rows'), 'rows')} of ${toCounted(runs.length, 'runs')}${rejected}`,
    durationMs,
    ...(runs.length === 1 && runs[0] !== undefined ? { run: runs[0].run } : {}),
    details: [
      toSize(sum('bytes')) +
        (replaced === 0
          ? ''
          : `, ${toCounted(replaced, 'characters')} that Postgres refuses replaced`),
      `in ${shortenPath(folder)}`,
    ],
    warnings: [
      ...(redacted === 0
        ? []
        : [
            `${toCounted(redacted, 'e-mails')} came without contents; give the app the scope sales-email-read, then extract --full`,
          ]),
      ...(invalid === 0
        ? []
        : [
            `${toCounted(invalid, 'characters')} came in bytes that are not UTF-8 and became U+FFFD; the raw pages keep the bytes`,
          ]),
    ],
    next: 'load',
    result,
  };
}

/** How many new types, fields and kinds are shown of a run. */
const SHOWN = 20;

/** What HubSpot sends now that it did not send before, run by run; null when there is nothing new. */
export function summarizeDrift({ runs }: Pick<TransformResult, 'runs'>): string | null {
  const lines = runs.flatMap(({ run, drift }) => {
    if (drift.length === 0) return [];
    const shown = drift.slice(0, SHOWN).map(({ what, type, field, kind, rows, example }) => {
      const name = what === 'type' ? `type ${type}` : `${type} ${field}`;
      const how = { type: '', field: ` (${kind})`, kind: ` is ${kind} now` }[what];
      return `    ${name}${how}: ${toCounted(rows, 'rows')}, as in ${example}`;
    });
    const more = drift.length > SHOWN ? [`    and ${drift.length - SHOWN} more: see --json`] : [];
    return [`transform: new in ${run}, and kept:`, ...shown, ...more];
  });
  return lines.length === 0 ? null : lines.join('\n');
}

/** `100` → a count, `2.5%` → a percentage. Throws SettingsError. */
export function parseMaxRejects(text: string): { count: number } | { percent: number } {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
  const value = Number(number);
  if (percent === '%' && value <= 100) return { percent: value };
  if (percent === '' && Number.isSafeInteger(value)) return { count: value };
  throw new SettingsError(
    `--max-rejects must be a count such as 50 or a percentage such as 2%; it is ${text}`,
  );
}
