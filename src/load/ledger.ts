import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';

/** What a run did to the rows, in the order of the runs: records = the first five + rejected. */
export interface RunCounts {
  /** Copies of engagements that no earlier run had. */
  inserted: number;
  /** Copies that changed their row or what it is linked to, or brought it back. */
  updated: number;
  /** Copies with the content that the row had, or the other API's words for it; and redacted e-mails, withheld. */
  unchanged: number;
  /** Copies older than the row. */
  older: number;
  /** Copies of which the run itself held a newer one. */
  duplicates: number;
  /** Redacted e-mails that did not replace contents: counted as unchanged, or as updated when their row came back. */
  withheld: number;
  /** Rows that it told to be gone, or did not see though it covers them. */
  deleted: number;
}

/** A row of `load_runs`: one merged run. Counts are rows; `duration_ms` is that of the load which merged it. */
export interface LedgerEntry extends RunCounts {
  run: RunId;
  /** 0 when the run held no engagement to tell the portal by. */
  portal_id: number;
  mode: string;
  api: string;
  started_at: string;
  loaded_at: string;
  ndjson_sha256: string;
  records: number;
  rejected: number;
  /** E-mails that came redacted. */
  redacted: number;
  /** Whether these were to replace contents. */
  accepts_redacted: boolean;
  duration_ms: number;
}

/** What planning a load takes of the ledger. */
export type MergedRun = Pick<LedgerEntry, 'run' | 'ndjson_sha256' | 'accepts_redacted'> & {
  portal_id: string;
  redacted: string;
};

/** The runs that are merged already, oldest first. A run whose portal came to be known later follows its own 0 row. */
export async function readLedger(client: Client, schema: string): Promise<MergedRun[]> {
  const result = await client.query<MergedRun>(
    `select run, portal_id, ndjson_sha256, redacted, accepts_redacted
     from ${client.escapeIdentifier(schema)}.load_runs order by run collate "C", portal_id`,
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

/** Notes of merged runs that their redacted e-mails were accepted now. */
export async function acceptRedacted(
  client: Client,
  portalId: number,
  runs: RunId[],
): Promise<void> {
  await client.query(
    `update load_runs set accepts_redacted = true
     where portal_id = $1 and run = any ($2::text[]) and not accepts_redacted`,
    [portalId, runs],
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

/** Strikes this portal's runs out that the archive no longer has. */
export async function forgetRuns(client: Client, portalId: number, kept: RunId[]): Promise<void> {
  await client.query('delete from load_runs where portal_id = $1 and run <> all ($2::text[])', [
    portalId,
    kept,
  ]);
}
