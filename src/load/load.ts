import { ndjsonRoot, type RunId } from '../archive/runs.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/open-database.ts';
import { toDatabaseFailed } from '../database/to-database-failed.ts';
import { ArchiveError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { assertWelcome } from './assert-welcome.ts';
import { type LedgerEntry, type MergedRun, readLedger } from './ledger.ts';
import { mergeRun } from './merge-run.ts';
import { type LoadPlan, planLoad, type RunRange } from './plan-load.ts';
import { type NdjsonRun, readRuns } from './read-runs.ts';

/** What to load. */
export interface LoadOptions {
  dataDir: string;
  /** Replay these runs, merged or not; `undefined`: those the ledger does not have. */
  replay?: RunRange;
  /** Let the demo portal's rows into a database that is not the embedded one. */
  allowDemo: boolean;
}

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
    const result = await mergeRuns(runs, options, things, {
      onRun: (run) => (doing = `loading run ${run}`),
      onDamage: (error) => damage.push(error),
    });
    if (damage.length > 0) throw toOneError(damage);
    return { ...result, durationMs: clock.now().getTime() - began.getTime() };
  } catch (error) {
    // What a stopped load stumbles over is no news.
    signal.throwIfAborted();
    throw toDatabaseFailed(error, doing);
  }
}

async function mergeRuns(
  runs: NdjsonRun[],
  options: LoadOptions,
  { database, clock, progress, signal }: LoadThings,
  { onRun, onDamage }: { onRun(run: RunId): void; onDamage(error: ArchiveError): void },
): Promise<Omit<LoadResult, 'durationMs'>> {
  const client = await database.connect('load');
  try {
    const ledger = await readLedger(client, database.schema);
    assertWelcome(runs, ledger, database, options);
    const portalId =
      runs.find(({ manifest }) => manifest.portalId !== null)?.manifest.portalId ?? 0;
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
      const isDue = (now: MergedRun[]): boolean => {
        own = planNow([ndjson], now);
        return own.merge.length === 1;
      };
      const mergeOptions = { portalId, restore: options.replay !== undefined, isDue };
      try {
        const things = { database, clock, progress, onRows, signal };
        const entry = await mergeRun(client, ndjson, mergeOptions, things);
        if (entry !== undefined) merged.push(entry);
        else {
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
  } finally {
    await client.end().catch(() => {});
  }
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
