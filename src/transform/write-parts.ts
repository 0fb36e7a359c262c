import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { NdjsonPart } from '../archive/manifest.ts';
import { cannotWrite } from '../files.ts';
import type { Batch } from './normalize/records.ts';

/** The parts of a task that are being written. All functions throw ArchiveError. */
export interface PartsWriter {
  /** Appends a batch's rows and rejects. */
  write(batch: Batch): Promise<void>;
  /** Returns the parts, which are not durable yet, and the name of the file with the rejects, null for none. */
  finish(): Promise<{ parts: NdjsonPart[]; rejects: string | null }>;
  /** Closes what is open; harmless after `finish`. */
  abandon(): Promise<void>;
}

/**
 * Begins to write the parts of the task `number` into `folder`, under names of its own; a part takes no further line that would make
 * it larger than `partBytes`.
 */
export function openParts(folder: string, number: number, partBytes: number): PartsWriter {
  const parts: NdjsonPart[] = [];
  let part: Part | null = null;
  let rejects: Part | null = null;

  const endPart = async (): Promise<void> => {
    if (part !== null) parts.push(await part.close());
    part = null;
  };

  const write = async ({ lines, lineEnds, rejectLines }: Batch): Promise<void> => {
    if (rejectLines.length > 0) {
      rejects ??= await openPart(folder, `_task-${number}-rejects.ndjson`);
      await rejects.write(rejectLines, 0);
    }
    let first = 0;
    let start = 0;
    while (first < lineEnds.length) {
      const size: number = part?.size() ?? 0;
      const count = countFitting(lineEnds, first, start, partBytes - size);
      if (count === 0 && size > 0) {
        await endPart();
        continue;
      }
      part ??= await openPart(folder, `_task-${number}-${parts.length + 1}.ndjson`);
      // A line larger than a part has one of its own.
      const next = first + Math.max(count, 1);
      const end = lineEnds[next - 1] as number;
      await part.write(lines.subarray(start, end), next - first);
      first = next;
      start = end;
    }
  };

  return {
    write,
    async finish() {
      await endPart();
      const file = rejects === null ? null : (await rejects.close()).file;
      rejects = null;
      return { parts, rejects: file };
    },
    async abandon() {
      await Promise.allSettled([part?.abandon(), rejects?.abandon()]);
    },
  };
}

/** How many lines from the `first` on fit into `room` bytes; `start` is where that line starts. */
function countFitting(lineEnds: number[], first: number, start: number, room: number): number {
  if ((lineEnds.at(-1) as number) - start <= room) return lineEnds.length - first;
  let count = 0;
  while ((lineEnds[first + count] as number) - start <= room) count += 1;
  return count;
}

/** A file that lines are appended to. All functions throw ArchiveError. */
export interface Part {
  /** Resolves when the bytes are written. */
  write(bytes: Uint8Array, rows: number): Promise<void>;
  size(): number;
  close(): Promise<NdjsonPart>;
  abandon(): Promise<void>;
}

/** A new file in `folder`. */
export async function openPart(folder: string, name: string): Promise<Part> {
  const file = path.join(folder, name);
  const handle = await writing(file, () => open(file, 'wx', 0o600));
  const digest = createHash('sha256');
  let size = 0;
  let rowCount = 0;
  return {
    async write(bytes, rows) {
      digest.update(bytes);
      // Without the way to another thread and back: the system only copies the bytes.
      await writing(file, async () => writeAll(handle.fd, bytes));
      size += bytes.length;
      rowCount += rows;
    },
    size: () => size,
    async close() {
      await writing(file, () => handle.close());
      return { file: name, rows: rowCount, bytes: size, sha256: digest.digest('hex') };
    },
    abandon: () => handle.close(),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from);
}

/** Does it; what the disk refuses is told as ArchiveError naming `file`. */
export async function writing<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw cannotWrite(file, error);
  }
}
