import type { Client } from 'pg';
import type { NdjsonPart } from '../archive/manifest.ts';
import { DatabaseFailed } from '../errors.ts';
import { distributeStaging } from '../postgres/distribute.ts';
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
  /** Redacted e-mails that did not replace contents: unchanged, or updated where the row was gone and is back. */
  withheld: number;
}

/**
 * Merges the rows of a run into the tables, through staging tables that it makes and leaves for `drop-staging`. All of
 * the run is judged at once; rows beyond `chunkBytes` are written in chunks of whole parts. Returns the counts, how many
 * live rows the run's deletion notices marked, and how many rows live because of it. Throws ArchiveError for damaged
 * files, DatabaseFailed when the counts do not add up, the signal's reason, or Postgres's error.
 */
export async function mergeRows(
  client: Client,
  ndjson: NdjsonRun,
  { form, acceptRedacted, chunkBytes }: RowOptions,
  things: { onRows(rows: number): void; signal: AbortSignal },
): Promise<{ counts: RowCounts; noticed: number; appeared: number }> {
  const { folder, manifest } = ndjson;
  const { run, startedAt, parts } = manifest;
  const kinds = manifest.associationKinds === 'all' ? null : manifest.associationKinds;
  const step = (name: string, values?: unknown[]) => {
    things.signal.throwIfAborted();
    return runSql<{ count: string }>(client, name, values);
  };
  const replaceSets = async (verdicts: string[]): Promise<void> => {
    await step('remove-associations', [verdicts, kinds]);
    await step('add-associations', [verdicts]);
    await step('remove-attachments', [verdicts]);
    await step('add-attachments', [verdicts]);
  };
  await runSql(client, 'create-staging');
  await distributeStaging(client);
  const chunks = toChunks(parts, chunkBytes);
  const first = chunks.length > 1 ? 'keys' : form;
  const arrived = await copyRun(client, { folder, parts, firstLine: 1, form: first, ...things });
  await client.query(ANALYZE_STAGING);
  await step('judge', [startedAt, acceptRedacted, REDACTED, run, `${run}0`]);
  await client.query('analyze load_verdicts');
  // Postgres takes each of id and line for a key of its own, expects a row at most, and would make every list anew
  // for every row.
  const findStrays = async (verdict: string): Promise<number> => {
    await client.query('set local enable_nestloop to off');
    const { rowCount: associations } = await step('find-stray-associations', [kinds, verdict]);
    const { rowCount: attachments } = await step('find-stray-attachments', [verdict]);
    await client.query('set local enable_nestloop to default');
    return associations + attachments;
  };
  let survey = await surveyVerdicts(client, arrived);
  if (survey.reworded > 0 && (await findStrays('reworded')) > 0) {
    survey = await surveyVerdicts(client, arrived);
  }
  const { written, back, gone, appeared, counts } = survey;
  reconcile(ndjson, counts, arrived);
  let noticed = 0;
  if (gone + back > 0) await step('note-returns', [run]);
  if (gone > 0) {
    noticed = Number((await step('count-noticed')).rows[0]?.count);
    await step('delete-noticed');
  }
  if (back > 0) await step('revive');
  if (form === 'keys' && (await findStrays('unchanged')) > 0) await replaceSets(['astray']);
  if (written === 0) return { counts, noticed, appeared };
  let merged = 0;
  const wanted = written > FEW ? undefined : await listWritten(client);
  let firstLine = 1;
  for (const chunk of wanted === undefined ? chunks : [parts]) {
    if (first === 'keys') {
      // The whole rows in the place of the columns that decided about them.
      await client.query('truncate load_staging');
      const input = { folder, parts: chunk, firstLine, form: 'rows' as const, ...things };
      await copyRun(client, { ...input, ...(wanted === undefined ? {} : { wanted }) });
      await client.query(ANALYZE_STAGING);
    }
    merged += (await step('merge-engagements')).rowCount;
    if (survey.relinked > 0) merged += (await step('relink')).rowCount;
    await replaceSets(WRITTEN);
    firstLine += countRows(chunk);
  }
  if (merged !== written) {
    throw new DatabaseFailed(
      `${written} rows of run ${run} were to be written but ${merged} were; nothing was changed`,
      { next: 'Look for triggers, rules and row policies on the table engagements.' },
    );
  }
  return { counts, noticed, appeared };
}

const ANALYZE_STAGING = 'analyze load_staging (portal_id, id, line)';

/** The verdicts of rows that are written. */
const WRITTEN = ['inserted', 'updated', 'relinked'];

/** What the verdicts say of the rows that arrived, and of how many there is something to do about. */
interface Survey {
  counts: RowCounts;
  written: number;
  relinked: number;
  reworded: number;
  back: number;
  gone: number;
  /** New and not gone, or back. */
  appeared: number;
}

async function surveyVerdicts(client: Client, arrived: number): Promise<Survey> {
  const { rows } = await client.query<{ verdict: string; liveness: string; count: string }>(
    'select verdict, liveness, count(*) from load_verdicts group by verdict, liveness',
  );
  const sum = (choose: (verdict: string, liveness: string | null) => boolean): number =>
    rows
      .filter(({ verdict, liveness }) => choose(verdict, liveness))
      .reduce((total, { count }) => total + Number(count), 0);
  const isWritten = (verdict: string): boolean => WRITTEN.includes(verdict);
  // A row that is back is an update, whatever its copy.
  const isBack = (verdict: string, liveness: string | null): boolean =>
    liveness === 'back' && !isWritten(verdict);
  const left = (...verdicts: string[]): number =>
    sum((verdict, liveness) => verdicts.includes(verdict) && !isBack(verdict, liveness));
  const counts = {
    inserted: left('inserted'),
    updated: left('updated', 'relinked') + sum(isBack),
    unchanged: left('unchanged', 'reworded', 'kept', 'withheld'),
    older: left('older'),
    duplicates: arrived - sum(() => true),
    withheld: sum((verdict) => verdict === 'withheld'),
  };
  return {
    written: sum(isWritten),
    relinked: sum((verdict) => verdict === 'relinked'),
    reworded: sum((verdict) => verdict === 'reworded'),
    back: sum((_verdict, liveness) => liveness === 'back'),
    gone: sum((_verdict, liveness) => liveness === 'gone'),
    appeared: sum(
      (verdict, liveness) => liveness === 'back' || (verdict === 'inserted' && liveness !== 'gone'),
    ),
    counts,
  };
}

/**
 * The records that HubSpot returned, the rows that transform made of them, those that arrived in staging, and what
 * became of each of them are the same number. Throws DatabaseFailed.
 */
function reconcile({ run, manifest }: NdjsonRun, counts: RowCounts, arrived: number): void {
  const { records, rows, rejects } = manifest;
  const { inserted, updated, unchanged, older, duplicates } = counts;
  const found = inserted + updated + unchanged + older + duplicates;
  if (records === rows + rejects && arrived === rows && found === rows && duplicates >= 0) return;
  throw new DatabaseFailed(
    `run ${run} does not add up: ${records} records, ${rows} rows + ${rejects} rejects, ${arrived} rows staged, ` +
      `${inserted} inserted + ${updated} updated + ${unchanged} unchanged + ${older} older + ${duplicates} duplicates; nothing was changed`,
    { next: 'Run transform --force, then load again.' },
  );
}

/** The lines of the rows that will be written. */
async function listWritten(client: Client): Promise<Set<number>> {
  const { rows } = await client.query<{ line: string }>(
    'select line from load_verdicts where verdict = any ($1)',
    [WRITTEN],
  );
  return new Set(rows.map(({ line }) => Number(line)));
}

const countRows = (parts: readonly NdjsonPart[]): number =>
  parts.reduce((sum, { rows }) => sum + rows, 0);

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
