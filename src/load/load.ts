import type { Client } from 'pg';
import { ndjsonRoot, type RunId } from '../archive/runs.ts';
import type { Clock } from '../clock.ts';
import { ArchiveError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { toDatabaseFailed } from '../postgres/to-database-failed.ts';
import type { Progress } from '../progress.ts';
import { assertWelcome } from './assert-welcome.ts';
import { coveredTypes } from './covered-types.ts';
import { type LedgerEntry, type MergedRun, readLedger } from './ledger.ts';
import { mergeRun } from './merge-run.ts';
import { type Due, type LoadPlan, planLoad, type RunRange, toDue } from './plan-load.ts';
import { type NdjsonRun, readRuns } from './read-runs.ts';
import { rebuild, sweepRebuild } from './rebuild.ts';

/** What to load. */
export interface LoadOptions {
  dataDir: string;
  /** Replay these runs, merged or not; `undefined`: those the ledger does not have. */
  replay?: RunRange;
  /** Make the tables anew from all runs, beside the old ones, and swap them; not together with `replay`. */
  rebuild?: boolean;
  /** Rebuild though the archive no longer has every run that the ledger names. */
  forgetMissing?: boolean;
  /** Let the demo portal's rows into a database that is not the embedded one. */
  allowDemo: boolean;
  /** Believe a full run that does not see a great part of the live rows. */
  allowMassDelete?: boolean;
  /** Let e-mails that came redacted, for want of a scope, replace the contents there are. */
  acceptRedacted?: boolean;
  /** Postgres's work_mem during a merge, such as `64MB`, the default; several times as much may be used. */
  workMem?: string;
  /** About how many bytes of rows are staged at once; 1 GiB by default. */
  chunkBytes?: number;
}

const DEFAULTS = {
  forgetMissing: false,
  allowMassDelete: false,
  acceptRedacted: false,
  workMem: '64MB',
  chunkBytes: 1 << 30,
};

/** What acts for the stage. */
export interface LoadThings {
  database: Database;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
}

/** What became of it. */
export interface LoadResult {
  /** The runs merged now, oldest first. */
  merged: LedgerEntry[];
  /** Complete runs that the ledger has already. */
  alreadyMerged: number;
  /** Unmerged runs that are older than a merged one: merging them now would turn time back. */
  leftOut: RunId[];
  durationMs: number;
}

/**
 * Merges the normalized runs that the ledger does not have, oldest first, each in a transaction of its own.
 * Throws GuardRefused for demo rows or another portal's, ArchiveError (after loading the others) when a run is damaged,
 * DatabaseFailed, or the signal's reason; a run is merged whole or not at all.
 */
export async function load(options: LoadOptions, things: LoadThings): Promise<LoadResult> {
  const { clock, signal } = things;
  signal.throwIfAborted();
  const began = clock.now();
  const { runs, damage } = await readRuns(ndjsonRoot(options.dataDir));
  let doing = 'reading the ledger';
  try {
    const result = await (options.rebuild ? rebuildAll : loadDue)(
      runs,
      damage,
      options,
      things,
      (run) => {
        doing = `loading run ${run}`;
      },
    );
    if (damage.length > 0) throw toOneError(damage);
    return { ...result, durationMs: clock.now().getTime() - began.getTime() };
  } catch (error) {
    // What a stopped load stumbles over is no news.
    signal.throwIfAborted();
    throw toDatabaseFailed(error, doing);
  }
}

type Loaded = Omit<LoadResult, 'durationMs'>;

/** Merges into the tables as they are; adds to `damage` what it finds damaged. */
async function loadDue(
  runs: NdjsonRun[],
  damage: ArchiveError[],
  options: LoadOptions,
  things: LoadThings,
  onRun: (run: RunId) => void,
): Promise<Loaded> {
  const { database, progress } = things;
  const client = await database.connect('load');
  try {
    const ledger = await readLedger(client, database.schema);
    assertWelcome(runs, ledger, database, options);
    await sweepRebuild(client, database.schema, progress);
    const result = await mergeRuns(client, runs, ledger, options, things, {
      onRun,
      onDamage: (error) => damage.push(error),
      isBelieved: () => options.allowMassDelete ?? false,
      mayRedact: () => options.acceptRedacted ?? false,
    });
    if (damage.length > 0 && result.merged.length > 0) {
      progress.note(`merged all the same: ${result.merged.map(({ run }) => run).join(', ')}`);
    }
    return result;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Makes the tables anew; any damage leaves the old ones in place. */
async function rebuildAll(
  runs: NdjsonRun[],
  damage: ArchiveError[],
  options: LoadOptions,
  things: LoadThings,
  onRun: (run: RunId) => void,
): Promise<Loaded> {
  if (damage.length > 0) throw toOneError(damage);
  const portalId = portalOf(runs);
  const { forgetMissing, dataDir } = { ...DEFAULTS, ...options };
  const ofOurs = (ledger: MergedRun[]): MergedRun[] => ofArchive(ledger, runs, portalId);
  return rebuild(
    { runs, portalId, dataDir, forgetMissing, ofArchive: ofOurs },
    things,
    async (beside, ledger) => {
      assertWelcome(runs, ledger, beside, options);
      const client = await beside.connect('load');
      try {
        const itsThings = { ...things, database: beside };
        return await mergeRuns(client, runs, [], options, itsThings, {
          onRun,
          onDamage: (error) => {
            throw error;
          },
          // What was believed when it was loaded is believed now.
          isBelieved: (run) =>
            options.allowMassDelete === true || ledger.some((entry) => entry.run === run),
          mayRedact: (run) => options.acceptRedacted === true || withheldNothing(run, runs, ledger),
        });
      } finally {
        await client.end().catch(() => {});
      }
    },
  );
}

/** What hears and decides for {@link mergeRuns}. */
interface MergeHooks {
  onRun(run: RunId): void;
  onDamage(error: ArchiveError): void;
  /** Whether any number of deletions that the run tells of is believed. */
  isBelieved(run: RunId): boolean;
  /** Whether its redacted e-mails may replace contents. */
  mayRedact(run: RunId): boolean;
}

/**
 * Whether the run held nothing back when it was merged upon the same runs: nothing was to be held back then, or it had
 * been accepted. Pure.
 */
function withheldNothing(run: RunId, runs: NdjsonRun[], ledger: MergedRun[]): boolean {
  const merged = new Map(ledger.map((entry) => [entry.run, entry]));
  const isAsThen = runs.every((one) => one.run > run || merged.has(one.run));
  return isAsThen && merged.get(run)?.withheld === '0';
}

async function mergeRuns(
  client: Client,
  runs: NdjsonRun[],
  ledger: MergedRun[],
  options: LoadOptions,
  { database, clock, progress, signal }: LoadThings,
  { onRun, onDamage, isBelieved, mayRedact }: MergeHooks,
): Promise<Loaded> {
  const portalId = portalOf(runs);
  const planNow = (some: NdjsonRun[], now: MergedRun[]): LoadPlan =>
    planLoad(some, ofArchive(now, runs, portalId), options.replay);
  const plan = planNow(runs, ledger);
  let { alreadyMerged } = plan;
  const leftOut: RunId[] = [];
  const leaveOut = (run: RunId): void => {
    progress.note(`left out: run ${run} is older than a run that is merged already`);
    leftOut.push(run);
  };
  plan.leftOut.forEach(leaveOut);
  if (plan.remade > 0) {
    progress.note(
      `runs merged again, since transform made them anew: ${plan.remade}; load --rebuild gives the very tables of a first load`,
    );
  }
  const merged: LedgerEntry[] = [];
  const total = plan.merge.reduce((sum, { manifest }) => sum + manifest.rows, 0);
  let before = 0;
  for (const ndjson of plan.merge) {
    signal.throwIfAborted();
    const { run, manifest } = ndjson;
    onRun(run);
    const onRows = (rows: number): void =>
      progress.update({ done: before + rows, total, unit: 'rows', detail: run });
    // Another load may have been at work since the plan was made.
    let own = plan;
    const judgeDue = (now: MergedRun[]): Due => {
      own = planNow([ndjson], now);
      return toDue(own, ofArchive(now, runs, portalId));
    };
    const mergeOptions = {
      ...DEFAULTS,
      ...options,
      portalId,
      archived: runs.map((one) => one.run),
      allowMassDelete: isBelieved(run),
      acceptRedacted: mayRedact(run),
      coveredTypes: coveredTypes(ndjson, runs),
      judgeDue,
    };
    try {
      const things = { database, clock, progress, onRows, signal };
      const entry = await mergeRun(client, ndjson, mergeOptions, things);
      if (entry !== undefined) {
        merged.push(entry);
        if (entry.withheld > 0) {
          progress.note(
            `run ${run}: ${entry.withheld} e-mails came redacted and did not replace the contents there are; the token lacks sales-email-read`,
          );
        }
      } else {
        own.leftOut.forEach(leaveOut);
        alreadyMerged += own.alreadyMerged;
      }
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      onDamage(error);
    }
    before += manifest.rows;
  }
  return { merged, alreadyMerged, leftOut };
}

function portalOf(runs: NdjsonRun[]): number {
  return runs.find(({ manifest }) => manifest.portalId !== null)?.manifest.portalId ?? 0;
}

/** The ledger's rows about this archive: others may load into the same database, each for a portal of its own. */
function ofArchive(ledger: MergedRun[], runs: NdjsonRun[], portalId: number): MergedRun[] {
  return ledger.filter(
    ({ portal_id, run }) =>
      portal_id === String(portalId) || (portal_id === '0' && runs.some((own) => own.run === run)),
  );
}

function toOneError(damage: ArchiveError[]): ArchiveError {
  const [first, ...others] = damage;
  if (first !== undefined && others.length === 0) return first;
  const message = damage.map((error) => error.message).join('\n');
  const next = damage.find((error) => error.next !== undefined)?.next;
  return new ArchiveError(message, next === undefined ? {} : { next });
}
