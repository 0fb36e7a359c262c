import path from 'node:path';
import { readJournal } from '../archive/journal.ts';
import { findWriters } from '../archive/lock.ts';
import { readNdjsonManifest } from '../archive/manifest.ts';
import { assertArchive, isComplete, JOURNAL, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { type RawRun, readArchiveState, toPlan } from '../archive/state.ts';
import { systemClock } from '../clock.ts';
import { DatabaseFailed, GuardRefused, SettingsError } from '../errors.ts';
import { coveredUntil, type Decision, decide, toReach } from '../extract/decide.ts';
import { describeV1End } from '../extract/v1-end.ts';
import { exists } from '../files.ts';
import { shortenPath, toCount, toCounted, toDuration, toSize, wrapText } from '../terminal/text.ts';
import { isTransformed } from '../transform/transform-run.ts';
import {
  type Arguments,
  type Command,
  FULL_EVERY_OPTION,
  JSON_OPTION,
  type OptionTable,
} from './command.ts';
import { type Context, writeJson } from './context.ts';
import { isLoaded, type Loaded, readLoaded } from './read-loaded.ts';

/** Where a run stands. */
export interface RunStatus {
  run: RunId;
  api: string;
  /** `running`: an extract is at it now. */
  state: RawRun['state'] | 'running';
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

/** What `status --json` prints. */
interface Status {
  dataDir: string;
  portalId: number | null;
  demo: boolean | null;
  /** Of all complete runs: what they hold, each engagement as often as it was fetched. */
  totals: { runs: number; records: number; bytes: number; rejects: number };
  /** Up to when (ISO) every change is in the database; where none can be asked, in the archive. Null: nothing is. */
  dataUntil: string | null;
  /** Who changes the archive now, such as `extract, process 123 on host, since …`. */
  writers: string[];
  runs: RunStatus[];
  next: Decision;
}

const OPTIONS = {
  last: { type: 'number', describe: 'List so many of the newest runs [20; with --json, all]' },
  'max-age': {
    type: 'string',
    describe: 'Exit with 6 when the data is older, such as 2h; units s, m, h, d',
  },
  'full-every': FULL_EVERY_OPTION,
  json: JSON_OPTION,
} as const satisfies OptionTable;

/** `status`: the runs, where each stands, how old the data is, and what the next `extract` would do. */
export const statusCommand: Command<typeof OPTIONS> = {
  name: 'status',
  describe: 'List the runs, and what is due',
  options: OPTIONS,
  examples: [
    ['status --last 5', 'Look at the newest runs'],
    ['status --max-age 2h || mail -s "old data" me', 'Watch an hourly job'],
  ],
  run: runStatus,
};

/** Throws GuardRefused when the data is older than `--max-age`, after printing all. */
async function runStatus(context: Context, args: Arguments<typeof OPTIONS>): Promise<void> {
  const { last = args.json ? Number.POSITIVE_INFINITY : 20 } = args;
  if (!(last >= 1)) throw new SettingsError('--last must be a number of runs from 1 on');
  const maxAgeMs = args.maxAge === undefined ? null : toMs(args.maxAge);
  const { settings, output, log } = context;
  const { dataDir, api, types, fullEveryDays } = settings;
  await assertArchive(dataDir);
  const state = await readArchiveState(dataDir);
  const writers = await findWriters(dataDir);
  const loaded = await readLoaded(context).catch((error: unknown) => {
    if (maxAgeMs !== null || !(error instanceof DatabaseFailed)) throw error;
    log.info(`status: the database cannot be asked what is loaded: ${error.message}`);
    return null;
  });
  const all: RunStatus[] = [];
  for (const run of state.runs) all.push(await readStatus(dataDir, run, loaded));
  const going = writers.some((writer) => writer.startsWith('extract,'));
  const current = going ? all.findLast(({ state }) => state === 'interrupted') : undefined;
  if (current !== undefined) current.state = 'running';
  const complete = all.filter(({ state }) => state === 'complete');
  const sum = (key: 'records' | 'bytes' | 'rejects'): number =>
    complete.reduce((total, run) => total + (run[key] ?? 0), 0);
  const now = systemClock.now();
  const wishes = { full: false, since: null, api: null, defaultApi: api, types, fullEveryDays };
  const manifests = state.runs.flatMap((run, n) =>
    run.state === 'complete' && all[n]?.loaded !== false ? [run.manifest] : [],
  );
  const until = coveredUntil(manifests, toReach(api, types));
  const status: Status = {
    dataDir,
    portalId: state.portalId,
    demo: state.demo,
    totals: {
      runs: complete.length,
      records: sum('records'),
      bytes: sum('bytes'),
      rejects: sum('rejects'),
    },
    dataUntil: until === null ? null : new Date(until).toISOString(),
    writers,
    runs: all.slice(-Math.min(last, all.length || 1)),
    next: decide(state.runs, wishes, now),
  };
  if (args.json) writeJson(context, status);
  else output.write(formatStatus(status, all.length, { isAsked: loaded !== null, now }));
  if (maxAgeMs !== null) assertYoung(until, maxAgeMs, now);
}

function assertYoung(until: number | null, maxAgeMs: number, now: Date): void {
  const ageMs = until === null ? Number.POSITIVE_INFINITY : now.getTime() - until;
  if (ageMs <= maxAgeMs) return;
  throw new GuardRefused(
    until === null
      ? 'nothing that was fetched is loaded yet, or nothing was fetched'
      : `the data is ${toDuration(ageMs)} old, more than ${toDuration(maxAgeMs)}`,
    { next: 'Look at the log of the last extract and load, and run them.' },
  );
}

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function toMs(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  if (!Number.isNaN(ms)) return ms;
  throw new SettingsError(`--max-age must be a time such as 90m, 2h or 1d; it is ${text}`);
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
  { dataDir, portalId, demo, totals, dataUntil, writers, runs, next }: Status,
  runCount: number,
  { isAsked, now }: { isAsked: boolean; now: Date },
): string {
  const known = portalId === null ? '' : `portal ${portalId}, `;
  const rejects = totals.rejects === 0 ? '' : `, ${toCounted(totals.rejects, 'records')} rejected`;
  const age = dataUntil === null ? 0 : now.getTime() - Date.parse(dataUntil);
  const head = ['run', 'api', 'records', 'size', 'rejects', 'state'];
  const rows = runs.map((run) => [
    run.run,
    run.api,
    toCount(run.records),
    toSize(run.bytes),
    run.rejects === null ? '' : toCount(run.rejects),
    describeState(run),
  ]);
  const lines = [
    `archive:      ${shortenPath(dataDir)}`,
    `holds:        ${demo ? 'made-up data of the demo portal, ' : known}${toCounted(totals.runs, 'complete runs')}`,
    `              ${toCounted(totals.records, 'records')}, ${toSize(totals.bytes)}${rejects}`,
    dataUntil === null
      ? `data:         ${isAsked ? 'none is loaded yet' : 'none yet'}`
      : `data:         ${isAsked ? 'loaded' : 'fetched'} up to ${toMinute(dataUntil)}, ${toDuration(age)} ago`,
    ...writers.map((writer) => `running:      ${writer}`),
    `next extract: ${describeNext(next)}`,
    ...(toNextApi(runs, next) === 'v1' ? wrapText(describeV1End(now), 80) : []),
    ...(runs.length === 0 ? [] : ['', ...alignColumns([head, ...rows], new Set([2, 3, 4]))]),
    ...(runs.length < runCount
      ? [`and ${toCounted(runCount - runs.length, 'older runs')}: see --last ${runCount}`]
      : []),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** How far the run has come, in a word. */
function describeState({ state, ndjson, loaded }: RunStatus): string {
  if (state !== 'complete') return state;
  if (loaded) return 'loaded';
  return { none: 'fetched', current: 'normalized', outdated: 'outdated' }[ndjson];
}

function toNextApi(runs: RunStatus[], next: Decision): string | undefined {
  return next.kind === 'start' ? next.api : runs.find(({ run }) => run === next.run)?.api;
}

function describeNext(next: Decision): string {
  if (next.kind === 'resume') return `goes on with ${next.run}`;
  return next.window === null
    ? `everything, by ${next.api}: ${next.why}`
    : `what changed since ${toMinute(next.window.from)}, by ${next.api}`;
}

/** `2026-11-24 01:50 UTC`. */
function toMinute(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
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
