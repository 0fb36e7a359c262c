import type { Client } from 'pg';
import { ndjsonRoot, type RunId } from '../archive/runs.ts';
import type { Clock } from '../clock.ts';
import { ArchiveError, GuardRefused } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import { stopOnAbort } from '../postgres/stop-on-abort.ts';
import { toDatabaseFailed } from '../postgres/to-database-failed.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Progress } from '../progress.ts';
import { assertWelcome } from './assert-welcome.ts';
import { MassDeletion } from './check-deletions.ts';
import { type LedgerEntry, type MergedRun, readLedger } from './ledger.ts';
import { lockLoads } from './lock-loads.ts';
import { type MergeDeps, mergeRuns, type Written } from './merge-runs.ts';
import { type LoadPlan, planLoad } from './plan-load.ts';
import { type NdjsonRun, readRuns } from './read-runs.ts';

/** What to load. */
export interface LoadOptions {
  dataDir: string;
  /** Merge the runs from this run or day (`YYYY/MM/DD`) on again. */
  from?: string;
  /** Merge all runs again, compare every row, and remove what the archive does not hold. */
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

const DEFAULTS = { workMem: '64MB', chunkBytes: 1 << 30 };

/** Dependencies of the stage. */
export interface LoadDeps {
  database: Database;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
}

/** What became of it. */
export interface LoadResult {
  /** The runs that the ledger lacked, or had with other content, oldest first. */
  merged: LedgerEntry[];
  /** Other runs that were merged again. */
  replayed: number;
  /** Complete runs that were left as they are. */
  alreadyMerged: number;
  /** What was changed in the tables. */
  written: Written;
  durationMs: number;
}

/** From so many changed rows on the tables are vacuumed, for the report and the next load. */
const MANY = 10_000;

/**
 * Merges the normalized runs that the ledger lacks, or has with other content, and all that follow them, in one
 * transaction: readers see all of it or nothing. Throws GuardRefused for demo rows, another portal's, a rebuild without all
 * runs, or (after merging the runs before) suspiciously many deletions; ArchiveError (after merging the others) when runs
 * are damaged; DatabaseFailed; or the signal's reason.
 */
export async function load(options: LoadOptions, deps: LoadDeps): Promise<LoadResult> {
  const { database, clock, progress, signal } = deps;
  signal.throwIfAborted();
  const began = clock.now();
  const archive = await readRuns(ndjsonRoot(options.dataDir));
  const { damage } = archive;
  let { runs } = archive;
  if (options.rebuild && damage.length > 0) throw toOneError(damage);
  const client = await database.connect('load');
  let doing = 'reading the ledger';
  let reading: RunId | undefined;
  const onStep: MergeDeps['onStep'] = (what, run) => {
    doing = what;
    reading = run;
  };
  let refused: MassDeletion | undefined;
  const attempt = async (): Promise<Loaded | undefined> => {
    try {
      return await loadRuns(client, runs, options, deps, onStep);
    } catch (error) {
      signal.throwIfAborted();
      // Once more, without what cannot be merged.
      if (error instanceof ArchiveError && !options.rebuild && isAmong(runs, reading)) {
        damage.push(error);
        runs = runs.filter(({ run }) => run !== reading);
      } else if (error instanceof MassDeletion && !options.rebuild && refused === undefined) {
        refused = error;
        runs = runs.filter(({ run }) => run < error.run);
      } else throw error;
      return undefined;
    }
  };
  try {
    let loaded: Loaded | undefined;
    while (loaded === undefined) loaded = await attempt();
    const changed = Object.values(loaded.written).reduce((sum, count) => sum + count);
    if (changed >= MANY) await vacuum(client, database.schema, deps);
    if (loaded.merged.length > 0 && damage.length > 0) {
      progress.note(`merged all the same: ${loaded.merged.map(({ run }) => run).join(', ')}`);
    }
    if (refused !== undefined) throw refused;
    if (damage.length > 0) throw toOneError(damage);
    return { ...loaded, durationMs: clock.now().getTime() - began.getTime() };
  } catch (error) {
    // After an abort, errors of the queries that it interrupted are expected.
    signal.throwIfAborted();
    throw toDatabaseFailed(error, doing);
  } finally {
    await client.end().catch(() => {});
  }
}

const isAmong = (runs: NdjsonRun[], run: RunId | undefined): boolean =>
  runs.some((one) => one.run === run);

type Loaded = Omit<LoadResult, 'durationMs'>;

async function loadRuns(
  client: Client,
  runs: NdjsonRun[],
  options: LoadOptions,
  { database, clock, progress, signal }: LoadDeps,
  onStep: MergeDeps['onStep'],
): Promise<Loaded> {
  const { schema } = database;
  const portalId = portalOf(runs);
  const plan = (ledger: MergedRun[]): LoadPlan => {
    const own = ofArchive(ledger, runs, portalId);
    const planned = planLoad(runs, own, options);
    if (options.rebuild && !options.forgetMissing) assertComplete(planned, options.dataDir);
    return planned;
  };
  const nothing: Loaded = {
    merged: [],
    replayed: 0,
    alreadyMerged: runs.length,
    written: { rows: 0, deletions: 0, links: 0, removed: 0 },
  };
  const ledger = await readLedger(client, schema);
  assertWelcome(runs, ledger, database, options);
  if (plan(ledger).suffix.length === 0) return nothing;
  return inTransaction(client, schema, async () => {
    // Whatever the server's default: after waiting for another load, its work must be seen.
    await client.query('set transaction isolation level read committed');
    return stopOnAbort(client, database, signal, async () => {
      await lockLoads(client, schema, progress);
      // Another load may have been at work.
      const ledger = ofArchive(await readLedger(client, schema), runs, portalId);
      const { suffix, due, continues } = plan(ledger);
      if (suffix.length === 0) return nothing;
      if (!continues && !options.rebuild) {
        progress.note(
          `All runs are merged again: ${due.size} of them ${due.size === 1 ? 'is new or was' : 'are new or were'} made anew, and others that followed are merged already. Rows that none of them holds go with load --rebuild.`,
        );
      }
      const merge = { ...DEFAULTS, ...options, portalId, runs, ledger, suffix, due, continues };
      const result = await mergeRuns(client, merge, { clock, progress, signal, onStep });
      return {
        ...result,
        replayed: suffix.length - result.merged.length,
        alreadyMerged: runs.length - suffix.length,
      };
    });
  });
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

function assertComplete({ missing }: LoadPlan, dataDir: string): void {
  if (missing.length === 0) return;
  const names = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
  throw new GuardRefused(
    `the archive in ${dataDir} lacks ${missing.length} of the runs that the tables were made of: ${names}`,
    {
      next: 'Bring them back (run transform if their raw pages are there); or go on without what only they tell, deletions above all: load --rebuild --forget-missing.',
    },
  );
}

/**
 * Does at once what autovacuum would do later, and the embedded server, which does not live long enough, never. Not ours
 * to do for a user who does not own the tables: Postgres skips them.
 */
async function vacuum(
  client: Client,
  schema: string,
  { progress, signal }: Pick<LoadDeps, 'progress' | 'signal'>,
): Promise<void> {
  const names = ['engagements', 'engagement_associations', 'engagement_attachments'].map(
    (table) => `${client.escapeIdentifier(schema)}.${table}`,
  );
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  try {
    await Promise.race([client.query(`vacuum (analyze) ${names.join(', ')}`), aborted]);
  } catch (error) {
    progress.note(
      `the tables were loaded, but could not be vacuumed: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function toOneError(damage: ArchiveError[]): ArchiveError {
  const [first, ...others] = damage;
  if (first !== undefined && others.length === 0) return first;
  const message = damage.map((error) => error.message).join('\n');
  const next = damage.find((error) => error.next !== undefined)?.next;
  return new ArchiveError(message, next === undefined ? {} : { next });
}
