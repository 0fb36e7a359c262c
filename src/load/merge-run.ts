import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../postgres/database.ts';
import { stopOnAbort } from '../postgres/stop-on-abort.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Progress } from '../progress.ts';
import { adoptRuns, type LedgerEntry, type MergedRun, readLedger, writeLedger } from './ledger.ts';
import { lockLoads } from './lock-loads.ts';
import { markDeleted } from './mark-deleted.ts';
import { mergeRows, type RowOptions } from './merge-rows.ts';
import type { Due } from './plan-load.ts';
import type { NdjsonRun } from './read-runs.ts';
import { runSql } from './run-sql.ts';

/** How a run is merged. */
export interface MergeOptions extends Omit<RowOptions, 'form'> {
  portalId: number;
  /** The runs of the archive. */
  archived: RunId[];
  /** The types of which a full run would have seen every engagement. */
  coveredTypes: string[];
  /** Whether any number of deletions is believed. */
  allowMassDelete: boolean;
  /** Postgres's work_mem during the merge, such as `64MB`. */
  workMem: string;
  /** What to do about the run, given the ledger as it is when nobody else loads. */
  judgeDue(ledger: MergedRun[]): Due;
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

/**
 * Loads a run into staging and merges it into the tables, in one transaction: readers see all of it or nothing.
 * Returns undefined when it turned out not to be due. A replayed run keeps the ledger's row of its first merge.
 * Throws ArchiveError for damaged files, GuardRefused for suspiciously many deletions, DatabaseFailed when the counts do
 * not add up, the signal's reason, or Postgres's error.
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
      const due = options.judgeDue(await readLedger(client, database.schema));
      if (due === 'no') return undefined;
      const began = clock.now();
      const { workMem, acceptRedacted, chunkBytes, portalId, coveredTypes } = options;
      // More than the default, or hashes of some 100,000 keys write whole rows to temporary files; and compiling
      // statements that run once takes longer than it saves.
      await client.query(
        `select set_config('work_mem', $1, true), set_config('jit', 'off', true)`,
        [workMem],
      );
      const form = due === 'again' ? 'keys' : 'rows';
      const { counts, noticed, appeared } = await mergeRows(
        client,
        ndjson,
        { form, acceptRedacted, chunkBytes },
        things,
      );
      const unseen = await markDeleted(
        client,
        ndjson,
        {
          portalId,
          coveredTypes,
          noticed,
          appeared,
          // What was believed once is believed when it is replayed.
          allowMassDelete: options.allowMassDelete || due === 'again',
        },
        progress,
      );
      await runSql(client, 'drop-staging');
      const loadedAt = clock.now();
      const { run, manifest, sha256 } = ndjson;
      const entry: LedgerEntry = {
        run,
        portal_id: portalId,
        mode: manifest.mode,
        api: manifest.api,
        started_at: manifest.startedAt,
        loaded_at: loadedAt.toISOString(),
        ndjson_sha256: sha256,
        records: manifest.records,
        ...counts,
        deleted: noticed + unseen,
        rejected: manifest.rejects,
        duration_ms: loadedAt.getTime() - began.getTime(),
      };
      await adoptRuns(client, portalId, options.archived);
      if (due === 'first') await writeLedger(client, entry);
      return entry;
    });
  });
}
