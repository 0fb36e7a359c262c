import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { GuardRefused } from '../errors.ts';
import { assertSwappable } from '../postgres/assert-swappable.ts';
import type { Database } from '../postgres/database.ts';
import { distributeTables } from '../postgres/distribute.ts';
import { migrate } from '../postgres/migrate.ts';
import { stopOnAbort } from '../postgres/stop-on-abort.ts';
import {
  createIndexes,
  dropIndexes,
  listSecondaryIndexes,
  swapTables,
} from '../postgres/swap-tables.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { Progress } from '../progress.ts';
import { type MergedRun, readLedger } from './ledger.ts';
import { lockLoads } from './lock-loads.ts';
import type { NdjsonRun } from './read-runs.ts';

const TABLES = [
  'engagements',
  'engagement_associations',
  'engagement_attachments',
  'engagement_returns',
  'load_runs',
] as const;

/** Whose rows are made anew. */
export interface RebuildOptions {
  /** The archive's runs, oldest first. */
  runs: NdjsonRun[];
  portalId: number;
  dataDir: string;
  /** Go on without the runs that the ledger names and the archive no longer has. */
  forgetMissing: boolean;
  /** The ledger's rows about this archive. */
  ofArchive(ledger: MergedRun[]): MergedRun[];
}

/** What acts for a rebuild. */
export interface RebuildThings {
  database: Database;
  progress: Pick<Progress, 'note'>;
  signal: AbortSignal;
}

/**
 * Makes the tables anew in a schema of their own, where `fill` merges the runs, and swaps them in one transaction.
 * Readers see the old tables until then; other loads wait. Other portals' rows are taken over. Throws GuardRefused when
 * the archive lacks runs, and what `fill` throws; nothing is changed then.
 */
export async function rebuild<T>(
  { runs, portalId, dataDir, forgetMissing, ofArchive }: RebuildOptions,
  { database, progress, signal }: RebuildThings,
  fill: (beside: Database, ledger: MergedRun[]) => Promise<T>,
): Promise<T> {
  const { schema } = database;
  const beside = toRebuildSchema(schema);
  const holder = await database.connect('load --rebuild');
  // One more for a while: with a third idle during the merges, a server that ends idle sessions would end the rebuild.
  const withClient = async <R>(work: (client: Client) => Promise<R>): Promise<R> => {
    const client = await database.connect('load --rebuild');
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  };
  try {
    return await inTransaction(holder, schema, async () => {
      // The lock is this transaction's, which is idle while the runs are merged.
      await holder.query(`set transaction isolation level read committed;
        set local idle_in_transaction_session_timeout to 0`);
      return stopOnAbort(holder, database, signal, async () => {
        await lockLoads(holder, schema, progress);
        const ledger = ofArchive(await readLedger(holder, schema));
        if (!forgetMissing) assertComplete(ledger, runs, dataDir);
        await withClient(async (client) => {
          await client.query(dropSchema(client, beside));
          await migrate(client, beside);
          await distributeTables(client, beside);
        });
        // Before hours of work as well as after them.
        await holder.query('set local search_path to pg_catalog');
        await assertSwappable(holder, schema, beside, TABLES);
        const indexes = await listSecondaryIndexes(holder, schema, TABLES);
        await withClient((client) => dropIndexes(client, beside, indexes));
        const result = await fill({ ...database, schema: beside }, ledger);
        await withClient((client) => createIndexes(client, beside, indexes));
        await takeOverOthers(holder, schema, beside, portalId, ledger);
        signal.throwIfAborted();
        await swapTables(holder, schema, beside, TABLES, { progress, signal });
        return result;
      });
    });
  } finally {
    await holder.end().catch(() => {});
    // After a swap it is gone already.
    await withClient((client) => client.query(dropSchema(client, beside))).catch(() => {});
  }
}

/** Drops what a killed rebuild of `schema` left behind; waits for one that is alive. */
export async function sweepRebuild(
  client: Client,
  schema: string,
  progress: Pick<Progress, 'note'>,
): Promise<void> {
  const beside = toRebuildSchema(schema);
  const find = 'select from pg_namespace where nspname = $1';
  if ((await client.query(find, [beside])).rowCount === 0) return;
  await inTransaction(client, schema, async () => {
    await lockLoads(client, schema, progress);
    await client.query(dropSchema(client, beside));
  });
}

/** Of a fixed length, since a schema's own name may be as long as a name can be. */
function toRebuildSchema(schema: string): string {
  return `hubspot_rebuild_${createHash('sha256').update(schema).digest('hex').slice(0, 12)}`;
}

function dropSchema(client: Client, schema: string): string {
  return `drop schema if exists ${client.escapeIdentifier(schema)} cascade`;
}

function assertComplete(ledger: MergedRun[], runs: NdjsonRun[], dataDir: string): void {
  const there = new Set(runs.map(({ run }) => run));
  const missing = ledger.map(({ run }) => run).filter((run) => !there.has(run));
  if (missing.length === 0) return;
  const names = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
  throw new GuardRefused(
    `the archive in ${dataDir} lacks ${missing.length} of the runs that the tables were made of: ${names}`,
    {
      next: 'Bring them back (run transform if their raw pages are there); or go on without what only they tell, deletions above all: load --rebuild --forget-missing.',
    },
  );
}

/** The rows of other archives' portals, as they are. */
async function takeOverOthers(
  client: Client,
  schema: string,
  beside: string,
  portalId: number,
  ledger: MergedRun[],
): Promise<void> {
  const own = ledger.filter(({ portal_id }) => portal_id === '0').map(({ run }) => run);
  for (const table of TABLES) {
    const from = `${client.escapeIdentifier(schema)}.${table}`;
    const to = `${client.escapeIdentifier(beside)}.${table}`;
    const isOther =
      table === 'load_runs'
        ? 'portal_id <> $1 and not (portal_id = 0 and run = any ($2::text[]))'
        : 'portal_id <> $1 and $2::text[] is not null';
    const { rows } = await client.query<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [to],
    );
    const columns = rows[0]?.columns;
    await client.query(
      `insert into ${to} (${columns}) select ${columns} from ${from} where ${isOther}`,
      [portalId, own],
    );
  }
}
