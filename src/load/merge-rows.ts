import type { Client } from 'pg';
import type { NdjsonPart } from '../archive/manifest.ts';
import { distributeStaging } from '../database/distribute.ts';
import { DatabaseFailed } from '../errors.ts';
import type { Form } from './copy-lines.ts';
import { type CopyInput, copyRun } from './copy-run.ts';
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
  await runSql(client, 'create-staging');
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

/** Judges what is in staging, and makes the tables so; returns how many live rows deletion notices marked. */
async function mergeChunk(
  client: Client,
  { run, manifest }: NdjsonRun,
  { form, acceptRedacted }: RowOptions,
  chunk: Omit<CopyInput, 'form'>,
): Promise<number> {
  const { startedAt } = manifest;
  const kinds = manifest.associationKinds === 'all' ? null : manifest.associationKinds;
  const step = (name: string, values?: unknown[]) => {
    chunk.signal.throwIfAborted();
    return runSql<{ count: string }>(client, name, values);
  };
  const replaceSets = async (verdicts: string[]): Promise<void> => {
    await step('remove-associations', [verdicts, kinds]);
    await step('add-associations', [verdicts]);
    await step('remove-attachments', [verdicts]);
    await step('add-attachments', [verdicts]);
  };
  await client.query('analyze load_staging (portal_id, id, line)');
  await step('judge', [startedAt, acceptRedacted, REDACTED]);
  await client.query('analyze load_verdicts');
  const { written, back, gone } = await surveyVerdicts(client);
  let noticed = 0;
  if (gone > 0) noticed = Number((await step('delete-noticed', [run, `${run}0`])).rows[0]?.count);
  if (back > 0) {
    await step('note-returns', [run]);
    await step('revive', [startedAt]);
  }
  if (form === 'keys') {
    // Postgres takes each of id and line for a key of its own, expects a row at most, and would make every list anew
    // for every row.
    await client.query('set local enable_nestloop to off');
    const { rowCount: associations } = await step('find-stray-associations', [kinds]);
    const { rowCount: attachments } = await step('find-stray-attachments');
    await client.query('set local enable_nestloop to default');
    if (associations + attachments > 0) await replaceSets(['astray']);
    if (written > 0) await copyWritten(client, written, chunk);
  }
  if (written > 0) {
    await step('merge-engagements', [startedAt]);
    await replaceSets(['inserted', 'updated']);
  }
  return noticed;
}

/** Puts the whole rows that will be written in the place of their deciding columns. */
async function copyWritten(
  client: Client,
  written: number,
  chunk: Omit<CopyInput, 'form'>,
): Promise<void> {
  await client.query('truncate load_staging');
  const input = { ...chunk, form: 'rows' as const };
  if (written > FEW) {
    await copyRun(client, input);
  } else {
    const { rows } = await client.query<{ line: string }>(
      `select line from load_verdicts where verdict in ('inserted', 'updated')`,
    );
    await copyRun(client, { ...input, wanted: new Set(rows.map(({ line }) => Number(line))) });
  }
  await client.query('analyze load_staging (portal_id, id, line)');
}

async function surveyVerdicts(
  client: Client,
): Promise<{ written: number; back: number; gone: number }> {
  const { rows } = await client.query<Record<'written' | 'back' | 'gone', string>>(
    `select count(*) filter (where verdict in ('inserted', 'updated')) as written,
       count(*) filter (where liveness = 'back') as back,
       count(*) filter (where liveness = 'gone') as gone
     from load_verdicts`,
  );
  const { written = 0, back = 0, gone = 0 } = rows[0] ?? {};
  return { written: Number(written), back: Number(back), gone: Number(gone) };
}

async function countOutcomes(client: Client, arrived: number): Promise<RowCounts> {
  const { rows } = await runSql<{ outcome: string; count: string }>(client, 'count-outcomes');
  const found = new Map(rows.map(({ outcome, count }) => [outcome, Number(count)]));
  const [inserted = 0, updated = 0, withheld = 0, same = 0, older = 0] = [
    'inserted',
    'updated',
    'withheld',
    'unchanged',
    'older',
  ].map((outcome) => found.get(outcome));
  const unchanged = same + withheld;
  const duplicates = arrived - inserted - updated - unchanged - older;
  return { inserted, updated, unchanged, older, duplicates, withheld };
}

/** The parts in groups of about as many bytes, each part whole. */
function toChunks(parts: readonly NdjsonPart[], chunkBytes: number): NdjsonPart[][] {
  const chunks: NdjsonPart[][] = [];
  let room = 0;
  for (const part of parts) {
    if (room <= 0) {
      chunks.push([]);
      room = chunkBytes;
    }
    chunks.at(-1)?.push(part);
    room -= part.bytes;
  }
  return chunks;
}
