import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { NdjsonPart } from '../archive/manifest.ts';
import { ArchiveError } from '../errors.ts';
import { cannotRead } from '../files.ts';
import { type CopyLines, type ToFields, toCopyLines } from './copy-lines.ts';

// Larger ones are no faster, and take more memory.
const CHUNK_BYTES = 1 << 16;

/** Some parts of a run, what of them is to be copied, and what hears and stops their reading. */
export interface CopyInput {
  folder: string;
  parts: readonly NdjsonPart[];
  /** The number of their first line in the run; the run's is 1. */
  firstLine: number;
  /** The COPY statement, and what makes its lines. */
  copy: string;
  toFields: ToFields;
  /** Hears the number of each line once and in order; all are copied without it. */
  isWanted?: (line: number) => boolean;
  /** Hears how many of the run's lines have been read so far. */
  onRows(rows: number): void;
  signal: AbortSignal;
}

/**
 * Copies parts of a run into a staging table, proving on the way that they are those of the manifest; returns how many
 * rows Postgres says it took. Throws ArchiveError for a damaged file, the signal's reason, or Postgres's error.
 */
export async function copyParts(client: Client, input: CopyInput): Promise<number> {
  const stream = client.query(copyFrom(input.copy));
  try {
    await pipeline(readParts(input), stream);
  } catch (error) {
    // Postgres may refuse a damaged line before we have read its file to the end, where the damage shows.
    if (isDataException(error)) {
      for await (const _ of readParts({ ...input, isWanted: () => false }));
    }
    throw error;
  }
  return stream.rowCount;
}

/** COPY lines of the parts, one after the other. */
async function* readParts(input: CopyInput): AsyncGenerator<Buffer, void, undefined> {
  const { folder, parts, firstLine, onRows, signal } = input;
  let line = firstLine;
  for (const part of parts) {
    for await (const { copy, lines } of readPart(path.join(folder, part.file), part, line, input)) {
      signal.throwIfAborted();
      line += lines;
      if (copy.length > 0) yield copy;
      onRows(line - 1);
    }
  }
}

async function* readPart(
  file: string,
  part: NdjsonPart,
  firstLine: number,
  { toFields, isWanted = () => true }: CopyInput,
): AsyncGenerator<CopyLines, void, undefined> {
  const hash = createHash('sha256');
  let line = firstLine;
  let rest = 0;
  // One buffer for all of the file: what Postgres is slow to take would pile up as garbage otherwise.
  let buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const handle = await reading(file, () => open(file));
  try {
    for (;;) {
      const { bytesRead } = await reading(file, () => handle.read(buffer, rest));
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(rest, rest + bytesRead));
      const read = toCopyLines(buffer.subarray(0, rest + bytesRead), line, toFields, isWanted);
      line += read.lines;
      if (read.stray) throw damaged(file, `line ${line - firstLine + 1} is not a row`);
      if (read.lines > 0) yield read;
      buffer.copyWithin(0, rest + bytesRead - read.rest.length, rest + bytesRead);
      rest = read.rest.length;
      if (rest === buffer.length) buffer = Buffer.concat([buffer], 2 * rest);
    }
  } finally {
    await handle.close();
  }
  if (rest > 0 || line - firstLine !== part.rows || hash.digest('hex') !== part.sha256) {
    throw damaged(file, 'its content is not what the manifest says');
  }
}

async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/** The error for a file of a normalized run that is not what its manifest says. */
export function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what}`, {
    next: 'Make the run anew from its raw pages: run transform --force, then load.',
  });
}

/** SQLSTATE class 22: a value that does not fit its column, or a line that does not fit its table. */
function isDataException(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^22/.test(String(error.code));
}
