import { readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import type { NdjsonManifest } from '../archive/manifest.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/open-database.ts';
import { inTransaction } from '../database/transaction.ts';
import { DatabaseFailed } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { copyRun } from './copy-run.ts';
import { type LedgerEntry, type MergedRun, readLedger, writeLedger } from './ledger.ts';
import { lockLoads } from './lock-loads.ts';
import type { NdjsonRun } from './read-runs.ts';
import { stopOnAbort } from './stop-on-abort.ts';

/** How a run is merged. */
export interface MergeOptions {
  portalId: number;
  /** Restore associations and attachments that somebody removed, too: those of rows that are right already. */
  restore: boolean;
  /** Whether to merge the run, given the ledger as it is when nobody else loads. */
  isDue(ledger: MergedRun[]): boolean;
}

/** What acts for a merge. */
export interface MergeThings {
  database: Pick<Database, 'connect' | 'schema'>;
  clock: Clock;
  progress: Pick<Progress, 'note'>;
  /** Hears how many of the run's rows have gone to staging. */
  onRows(rows: number): void;
  signal: AbortSignal;
}

/** What a merge did with the rows of a run: rows = inserted + updated + unchanged + older + duplicates. */
export interface MergeCounts {
  inserted: number;
  updated: number;
  /** The table held the same content already, or the other API's words for it. */
  unchanged: number;
  /** The table held a newer copy. */
  older: number;
  /** The run itself held a newer copy. */
  duplicates: number;
}

/**
 * Loads a run into staging and merges it into the tables, in one transaction: readers see all of it or nothing.
 * Returns undefined when it turned out not to be due. Throws ArchiveError for damaged files, DatabaseFailed when the
 * counts do not add up, the signal's reason, or Postgres's error.
 */
export async function mergeRun(
  client: Client,
  ndjson: NdjsonRun,
  options: MergeOptions,
  things: MergeThings,
): Promise<LedgerEntry | undefined> {
  const { database, clock, progress, signal } = things;
  return inTransaction(client, database.schema, async () => {
    // Whatever the server's default: after waiting for another load, its work must be seen.
    await client.query('set transaction isolation level read committed');
    return stopOnAbort(client, database, signal, async () => {
      await lockLoads(client, database.schema, progress);
      if (!options.isDue(await readLedger(client, database.schema))) return undefined;
      const began = clock.now();
      const counts = await mergeRows(client, ndjson, options, things);
      const loadedAt = clock.now();
      const { run, manifest, sha256 } = ndjson;
      const entry: LedgerEntry = {
        run,
        portal_id: options.portalId,
        mode: manifest.mode,
        api: manifest.api,
        started_at: manifest.startedAt,
        loaded_at: loadedAt.toISOString(),
        ndjson_sha256: sha256,
        records: manifest.records,
        ...counts,
        deleted: 0,
        rejected: manifest.rejects,
        duration_ms: loadedAt.getTime() - began.getTime(),
      };
      await writeLedger(client, entry);
      return entry;
    });
  });
}

async function mergeRows(
  client: Client,
  { folder, manifest }: NdjsonRun,
  { restore }: MergeOptions,
  { onRows, signal }: MergeThings,
): Promise<MergeCounts> {
  const run = async (name: string, values?: unknown[]): Promise<void> => {
    signal.throwIfAborted();
    const t0 = performance.now();
    await client.query(await readFile(new URL(`./${name}.sql`, import.meta.url), 'utf8'), values);
    if (process.env['DBG']) console.error(name, Math.round(performance.now() - t0));
  };
  // Otherwise a hash of more than 100,000 verdicts makes the join write the documents to temporary files, and compiling
  // statements that run once takes longer than it saves.
  await client.query("set local work_mem to '64MB'; set local jit to off");
  await run('create-staging');
  const t0 = performance.now();
  const arrived = await copyRun(client, { folder, manifest, onRows, signal });
  if (process.env['DBG']) console.error('copy', Math.round(performance.now() - t0));
  await client.query('analyze load_staging (portal_id, id, line)');
  if (process.env['DBG']) console.error('copy+ana', Math.round(performance.now() - t0));
  await run('judge', [manifest.startedAt]);
  await client.query('analyze load_verdicts');
  const counts = await countVerdicts(client, manifest, arrived);
  const kinds = manifest.associationKinds === 'all' ? null : manifest.associationKinds;
  const verdicts = ['inserted', 'updated', ...(restore ? ['unchanged'] : [])];
  await run('merge-engagements', [manifest.startedAt]);
  await run('remove-associations', [verdicts, kinds]);
  await run('add-associations', [verdicts]);
  await run('remove-attachments', [verdicts]);
  await run('add-attachments', [verdicts]);
  await run('drop-staging');
  return counts;
}

async function countVerdicts(
  client: Client,
  manifest: NdjsonManifest,
  arrived: number,
): Promise<MergeCounts> {
  const { rows } = await client.query<{ verdict: string; count: string }>(
    'select verdict, count(*) from load_verdicts group by verdict',
  );
  const found = new Map(rows.map(({ verdict, count }) => [verdict, Number(count)]));
  const count = (verdict: string): number => found.get(verdict) ?? 0;
  const judged = {
    inserted: count('inserted'),
    updated: count('updated'),
    unchanged: count('unchanged') + count('kept'),
    older: count('older'),
  };
  const duplicates = arrived - judged.inserted - judged.updated - judged.unchanged - judged.older;
  if (arrived !== manifest.rows || duplicates < 0) {
    throw new DatabaseFailed(
      `${manifest.rows} rows of run ${manifest.run} were sent but ${arrived} arrived; nothing was changed`,
    );
  }
  return { ...judged, duplicates };
}
