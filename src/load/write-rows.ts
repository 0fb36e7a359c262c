import type { Client } from 'pg';
import type { NdjsonPart } from '../archive/manifest.ts';
import { DatabaseFailed } from '../errors.ts';
import { COPY_ROWS, toRowFields } from './copy-lines.ts';
import { copyParts } from './copy-parts.ts';
import type { FoldDeps } from './fold-runs.ts';
import type { NdjsonRun } from './read-runs.ts';
import { runSql } from './run-sql.ts';

/** How many lines to write are asked for at once. */
const FETCHED = 10_000;

/** What is written from where. */
export interface WriteInput {
  /** The runs of the fold: their numbers are those in `load_state`. */
  suffix: readonly NdjsonRun[];
  /** When they started. */
  starts: string[];
  /** About how many bytes of rows are staged at once. */
  chunkBytes: number;
  /** Whether rows that the table has already, as they are, may be among those to write. */
  compares: boolean;
}

/**
 * Fetches the rows that `load_state` wants from the files and writes those that the table does not have as they are;
 * returns how many those were. Throws ArchiveError, DatabaseFailed when rows get lost on the way into the table, the
 * signal's reason, or Postgres's error.
 */
export async function writeRows(
  client: Client,
  { suffix, starts, chunkBytes, compares }: WriteInput,
  { progress, signal, onStep }: FoldDeps,
): Promise<number> {
  const wanted = await openWanted(client);
  let staged = { rows: 0, bytes: 0 };
  let written = 0;
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    if (staged.rows === 0) return;
    await client.query('analyze load_rows (portal_id, id, run_no, line)');
    const { rowCount } = await runSql(client, 'merge-rows', [starts]);
    if (rowCount !== staged.rows && !compares) {
      throw new DatabaseFailed(
        `${staged.rows} rows were to be written but ${rowCount} were; nothing was changed`,
        { next: 'Look for triggers, rules and row policies on the table engagements.' },
      );
    }
    await client.query('truncate load_rows');
    written += rowCount;
    staged = { rows: 0, bytes: 0 };
    progress.update({ done: written, unit: 'rows', detail: 'written' });
  };
  for (const [index, { run, folder, manifest }] of suffix.entries()) {
    let firstLine = 1;
    for (const part of manifest.parts) {
      const lines = await wanted.take(index + 1, firstLine + part.rows - 1);
      if (lines.length > 0) {
        onStep(`loading run ${run}`, run);
        staged.rows += await copyParts(client, {
          ...{ folder, parts: [part], firstLine, copy: COPY_ROWS, signal },
          toFields: toRowFields(index + 1),
          isWanted: toIsWanted(lines),
          onRows() {},
        });
        staged.bytes += toBytes(part, lines.length);
        if (staged.bytes >= chunkBytes) await flush();
      }
      firstLine += part.rows;
    }
  }
  await flush();
  await client.query('close wanted');
  return written;
}

/** The lines to write, in the order of the files. */
async function openWanted(client: Client) {
  await client.query(
    `declare wanted no scroll cursor for
     select run_no, line from load_state where run_no is not null order by run_no, line`,
  );
  let fetched: { run_no: number; line: string }[] = [];
  let at = 0;
  return {
    /** Those of a run up to a line that were not taken before. */
    async take(runNo: number, lastLine: number): Promise<number[]> {
      const lines: number[] = [];
      for (;;) {
        if (at === fetched.length) {
          fetched = (await client.query(`fetch ${FETCHED} from wanted`)).rows;
          at = 0;
          if (fetched.length === 0) return lines;
        }
        const next = fetched[at];
        if (next === undefined || next.run_no !== runNo || Number(next.line) > lastLine) {
          return lines;
        }
        lines.push(Number(next.line));
        at += 1;
      }
    },
  };
}

/** Whether a line is among ascending `lines`; for lines asked about in order. */
function toIsWanted(lines: number[]): (line: number) => boolean {
  let at = 0;
  return (line) => {
    if (lines[at] !== line) return false;
    at += 1;
    return true;
  };
}

const toBytes = (part: NdjsonPart, lines: number): number => (part.bytes / part.rows) * lines;
