import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { NdjsonManifest, NdjsonPart } from '../archive/manifest.ts';
import { cannotRead } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { COPY_STAGING, type CopyLines, toCopyLines } from './copy-lines.ts';

const CHUNK_BYTES = 1 << 18;

/** A run's manifest, the folder it lies in, and what hears and stops its reading. */
export interface CopyInput {
  folder: string;
  manifest: NdjsonManifest;
  /** Hears how many rows have gone so far. */
  onRows(rows: number): void;
  signal: AbortSignal;
}

/**
 * Copies all rows of a run into staging, proving on the way that its files are those of the manifest; returns how many
 * rows Postgres says it took. Throws ArchiveError for a damaged file, the signal's reason, or Postgres's error.
 */
export async function copyRun(client: Client, input: CopyInput): Promise<number> {
  const stream = client.query(copyFrom(COPY_STAGING));
  try {
    await pipeline(readParts(input), stream);
  } catch (error) {
    // Postgres may stumble over a damaged line before we have read its file to the end, where the damage shows.
    if (isDataException(error)) for await (const _ of readParts(input));
    throw error;
  }
  return stream.rowCount;
}

/** COPY lines of the parts, one after the other. */
async function* readParts({
  folder,
  manifest,
  onRows,
  signal,
}: CopyInput): AsyncGenerator<Buffer, void, undefined> {
  let line = 1;
  for (const part of manifest.parts) {
    for await (const { copy, lines } of readPart(path.join(folder, part.file), part, line)) {
      signal.throwIfAborted();
      line += lines;
      yield copy;
      onRows(line - 1);
    }
  }
}

async function* readPart(
  file: string,
  part: NdjsonPart,
  firstLine: number,
): AsyncGenerator<CopyLines, void, undefined> {
  const hash = createHash('sha256');
  let rest: Buffer = Buffer.alloc(0);
  let line = firstLine;
  for await (const chunk of readFileChunks(file)) {
    hash.update(chunk);
    const read = toCopyLines(Buffer.concat([rest, chunk]), line);
    rest = read.rest;
    line += read.lines;
    if (read.stray) throw damaged(file, `line ${line - firstLine + 1} is not a row`);
    if (read.lines > 0) yield read;
  }
  if (rest.length > 0 || line - firstLine !== part.rows || hash.digest('hex') !== part.sha256) {
    throw damaged(file, 'its content is not what the manifest says');
  }
}

async function* readFileChunks(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* createReadStream(file, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what}`, {
    next: 'Make the run anew from its raw pages: run transform --force, then load.',
  });
}

/** SQLSTATE class 22: a value that does not fit its column, or a line that does not fit its table. */
function isDataException(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22/.test(String(error.code));
}
