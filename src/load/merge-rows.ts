import type { Client } from 'pg';
import type { NdjsonPart } from '../archive/manifest.ts';
import { distributeStaging } from '../database/distribute.ts';
import { DatabaseFailed } from '../errors.ts';
import type { Form } from './copy-lines.ts';
import { copyRun } from './copy-run.ts';
import type { NdjsonRun } from './read-runs.ts';
import { REDACTED } from './redacted.ts';
import { runSql } from './run-sql.ts';

/** Beyond this many lines to write, all lines are copied instead of those alone. */
const FEW = 10_000;

/** How rows are merged. */
export interface RowOptions {
  /** `keys` when next to all rows are expected to be right already: only those that are not are copied whole. */
  form: Form;
  /** Whether redacted e-mails may replace contents. */
  acceptRedacted: boolean;
  /** About how many bytes of rows are in staging at once. */
  chunkBytes: number;
}

/** What a merge did with the rows of a run: rows = inserted + updated + unchanged + older + duplicates. */
export interface RowCounts {
  inserted: number;
  /** The copy is newer, or the row was gone and is back. */
  updated: number;
  /** The table held the same content already, or the other API's words for it, or the contents of a redacted e-mail. */
  unchanged: number;
  /** The table held a newer copy. */
  older: number;
  /** The run itself held a newer copy. */
  duplicates: number;
  /** Of those unchanged: redacted e-mails that did not replace contents. */
  withheld: number;
}

/**
 * Merges the rows of a run into the tables, through staging tables that it makes and leaves for `drop-staging`, in
 * chunks of whole parts. Returns the counts, and how many live rows the run's deletion notices marked. Throws
 * ArchiveError for damaged files, DatabaseFailed when rows got lost, the signal's reason, or Postgres's error.
 */
export async function mergeRows(
  client: Client,
  ndjson: NdjsonRun,
  options: RowOptions,
  things: { onRows(rows: number): void; signal: AbortSignal },
): Promise<{ counts: RowCounts; noticed: number }> {
  const { manifest } = ndjson;
  await runSql(client, 'create-staging').catch(sayHint);
  await distributeStaging(client);
  let arrived = 0;
  let noticed = 0;
  let firstLine = 1;
  for (const parts of toChunks(manifest.parts, options.chunkBytes)) {
    const chunk = { folder: ndjson.folder, parts, firstLine, ...things };
    if (firstLine > 1) await client.query('truncate load_staging, load_verdicts');
    arrived += await copyRun(client, { ...chunk, form: options.form });
    noticed += await mergeChunk(client, ndjson, options, chunk);
    await runSql(client, 'note-seen');
    firstLine += parts.reduce((sum, { rows }) => sum + rows, 0);
  }
  const counts = await countOutcomes(client, arrived);
  if (arrived !== manifest.rows || counts.duplicates < 0) {
    throw new DatabaseFailed(
      `${manifest.rows} rows of run ${manifest.run} were sent but ${arrived} arrived; nothing was changed`,
    );
  }
  return { counts, noticed };
}
