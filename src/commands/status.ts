import path from 'node:path';
import { readJournal } from '../archive/journal.ts';
import { readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, JOURNAL, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { type RawRun, readArchiveState, toPlan } from '../archive/state.ts';
import { systemClock } from '../clock.ts';
import { DatabaseFailed } from '../errors.ts';
import { type Decision, decide } from '../extract/decide.ts';
import { describeV1End } from '../extract/v1-end.ts';
import { exists } from '../files.ts';
import { toCount, toCounted, toSize } from '../terminal/text.ts';
import { isTransformed } from '../transform/transform-run.ts';
import { type Arguments, type Command, JSON_OPTION, type OptionTable } from './command.ts';
import { type Context, writeJson } from './context.ts';
import { isLoaded, type Loaded, readLoaded } from './read-loaded.ts';

/** Where a run stands. */
export interface RunStatus {
  run: RunId;
  api: string;
  state: RawRun['state'];
  pages: number;
  records: number;
  /** Of the raw pages, not compressed. */
  bytes: number;
  /** `outdated`: other raw pages or an older normalizer made it; the next transform makes it anew. */
  ndjson: 'none' | 'current' | 'outdated';
  /** Of the NDJSON run; null when there is none. */
  rows: number | null;
  rejects: number | null;
  /** Whether the database has it as it is now; null when no database could be asked. */
  loaded: boolean | null;
}

/** Full runs are due as often as `extract` makes them without options. */
const FULL_EVERY_DAYS = 30;

const OPTIONS = { json: JSON_OPTION } as const satisfies OptionTable;

/** `status`: the runs, where each stands, and what the next `extract` would do. */
export const statusCommand: Command<typeof OPTIONS> = {
  name: 'status',
  describe: 'List the runs, where each stands, and what the next extract would do',
  options: OPTIONS,
  examples: [['status', 'Look at the archive']],
  run: runStatus,
};

async function runStatus(context: Context, args: Arguments<typeof OPTIONS>): Promise<void> {
  const { settings, output } = context;
  const { dataDir } = settings;
  const state = await readArchiveState(dataDir);
  const loaded = await readLoaded(context).catch((error: unknown) => {
    if (!(error instanceof DatabaseFailed)) throw error;
    context.log.info(`status: the database cannot be asked what is loaded: ${error.message}`);
    return null;
  });
  const runs: RunStatus[] = [];
  for (const run of state.runs) runs.push(await readStatus(dataDir, run, loaded));
  const wishes = { full: false, since: null, api: null, fullEveryDays: FULL_EVERY_DAYS };
  const next = decide(state.runs, { ...wishes, defaultApi: settings.api }, systemClock.now());
  const { portalId, demo } = state;
  if (args.json) return writeJson(context, { dataDir, portalId, demo, runs, next });
  output.write(formatStatus(runs, next, { dataDir, portalId, demo }));
}

async function readStatus(dataDir: string, raw: RawRun, loaded: Loaded | null): Promise<RunStatus> {
  const { run, state } = raw;
  const folder = path.join(ndjsonRoot(dataDir), run);
  // One that cannot be read is made anew as well.
  const ndjson = (await isComplete(folder))
    ? await readNdjsonManifest(folder).catch(() => null)
    : undefined;
  const current = state === 'complete' && (await isTransformed(dataDir, run));
  return {
    run,
    api: toPlan(raw).api,
    state,
    ...(raw.state === 'complete' ? raw.manifest : await countPages(raw.folder)),
    ndjson: ndjson === undefined ? 'none' : current ? 'current' : 'outdated',
    rows: ndjson?.rows ?? null,
    rejects: ndjson?.rejects ?? null,
    loaded: loaded && (await isLoaded(dataDir, run, loaded)),
  } satisfies RunStatus;
}

async function countPages(folder: string) {
  const sum = { pages: 0, records: 0, bytes: 0 };
  if (!(await exists(path.join(folder, JOURNAL)))) return sum;
  for (const page of (await readJournal(folder, { torn: 'accept' })).pages) {
    sum.pages += 1;
    sum.records += page.completes === null ? page.records : 0;
    sum.bytes += page.bytes;
  }
  return sum;
}

function formatStatus(
  runs: RunStatus[],
  next: Decision,
  { dataDir, portalId, demo }: { dataDir: string; portalId: number | null; demo: boolean | null },
): string {
  const whose = demo
    ? 'the demo portal'
    : portalId === null
      ? 'no portal yet'
      : `portal ${portalId}`;
  const head = [
    'run',
    'api',
    'state',
    'pages',
    'records',
    'size',
    'normalized',
    'rejects',
    'loaded',
  ];
  const rows = runs.map((one) => [
    one.run,
    one.api,
    one.state,
    toCount(one.pages),
    toCount(one.records),
    toSize(one.bytes),
    { none: 'no', current: 'yes', outdated: 'outdated' }[one.ndjson],
    one.rejects === null ? '' : toCount(one.rejects),
    one.loaded === null ? '?' : one.loaded ? 'yes' : 'no',
  ]);
  const lines = [
    `${dataDir}: ${toCounted(runs.length, 'runs')} of ${whose}`,
    ...(runs.length === 0 ? [] : alignColumns([head, ...rows], new Set([3, 4, 5, 7]))),
    `next extract: ${describeNext(next)}`,
    ...(toNextApi(runs, next) === 'v1' ? [describeV1End(systemClock.now())] : []),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function toNextApi(runs: RunStatus[], next: Decision): string | undefined {
  return next.kind === 'start' ? next.api : runs.find(({ run }) => run === next.run)?.api;
}

function describeNext(next: Decision): string {
  if (next.kind === 'resume') return `goes on with ${next.run}: ${next.why}`;
  const what =
    next.window === null ? `a ${next.mode} run` : `the changes since ${next.window.from}`;
  return `${what} by ${next.api}: ${next.why}`;
}

function alignColumns(rows: string[][], right: Set<number>): string[] {
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, n) =>
        right.has(n) ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0),
      )
      .join('  '),
  );
}
