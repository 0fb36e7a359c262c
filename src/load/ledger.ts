import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';

/** A row of `load_runs`: one merged run. Counts are rows; `duration_ms` is the merge's. */
export interface LedgerEntry {
  run: RunId;
  /** 0 when the run held no engagement to tell the portal by. */
  portal_id: number;
  mode: string;
  api: string;
  started_at: string;
  loaded_at: string;
  ndjson_sha256: string;
  records: number;
  inserted: number;
  updated: number;
  unchanged: number;
  older: number;
  duplicates: number;
  /** Redacted e-mails that did not replace contents. */
  withheld: number;
  deleted: number;
  rejected: number;
  duration_ms: number;
}

/** What deciding about a run takes of its ledger row. */
export type MergedRun = Pick<LedgerEntry, 'run' | 'ndjson_sha256'> & {
  portal_id: string;
  withheld: string;
};

/** The runs that are merged already, oldest first. A run whose portal came to be known later follows its own 0 row. */
export async function readLedger(client: Client, schema: string): Promise<MergedRun[]> {
  const result = await client.query<MergedRun>(
    `select run, portal_id, ndjson_sha256, withheld from ${client.escapeIdentifier(schema)}.load_runs
     order by run collate "C", portal_id`,
  );
  return result.rows;
}

/** Notes a merged run, within the transaction that merged it; a run merged again replaces its row. */
export async function writeLedger(client: Client, entry: LedgerEntry): Promise<void> {
  const columns = Object.keys(entry);
  await client.query(
    `insert into load_runs (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
     on conflict (portal_id, run) do update set
     ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    Object.values(entry),
  );
}

/** Gives runs that were merged when nothing told their portal to the portal that a later run told of. */
export async function adoptRuns(client: Client, portalId: number, runs: RunId[]): Promise<void> {
  await client.query(
    `update load_runs as l set portal_id = $1
     where portal_id = 0 and $1 <> 0 and run = any ($2::text[])
       and not exists (select from load_runs as o where o.portal_id = $1 and o.run = l.run)`,
    [portalId, runs],
  );
}
