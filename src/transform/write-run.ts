import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type NdjsonManifest, type NdjsonPart, writeNdjsonManifest } from '../archive/manifest.ts';
import {
  cannotWrite,
  exists,
  makeFolder,
  ndjsonRoot,
  REJECTS,
  type RunId,
} from '../archive/runs.ts';
import { syncFolder } from '../archive/write-file.ts';
import { releaseBytes } from '../release-bytes.ts';
import type { Batch } from './normalize-records.ts';

/** An NDJSON run that is being written; nobody sees it before `publish`. All functions throw ArchiveError. */
export interface RunWriter {
  /**
   * Appends a batch's rows and rejects. At most one batch is still on its way to the disk when it resolves; its lines
   * are gone once they are there.
   */
  write(batch: Batch): Promise<void>;
  /** Makes what was written durable; returns what the manifest says of it. Nothing can be written after it. */
  finish(): Promise<Pick<NdjsonManifest, 'parts' | 'rejectsSha256'>>;
  /** Puts the finished run in its place, instead of an older one. */
  publish(manifest: NdjsonManifest): Promise<void>;
  /** Removes the run but for its rejects, and returns the file where those lie now. */
  refuse(): Promise<string>;
  /** Removes all that was written; harmless after `publish` and `refuse`. */
  discard(): Promise<void>;
}

/** The folders and files that belong to one NDJSON run. */
function placesOf(dataDir: string, run: RunId) {
  const target = path.join(ndjsonRoot(dataDir), run);
  const day = path.dirname(target);
  const name = path.basename(target);
  return {
    day,
    target,
    building: path.join(day, `_${name}.building`),
    replaced: path.join(day, `_${name}.replaced`),
    refused: path.join(day, `_${name}.rejects.ndjson`),
  };
}

/**
 * Mends what a killed transform left of `run`: removes what was half built, and brings back an older version that had
 * been moved aside when its successor was not yet in place.
 */
export async function clearLeftovers(dataDir: string, run: RunId): Promise<void> {
  const { target, building, replaced } = placesOf(dataDir, run);
  await writing(building, async () => {
    await rm(building, { recursive: true, force: true });
    if (!(await exists(replaced))) return;
    if (await exists(target)) await rm(replaced, { recursive: true });
    else await rename(replaced, target);
  });
}

/** Begins to write `run`; a part takes no further line that would make it larger than `partBytes`. */
export async function openRun(dataDir: string, run: RunId, partBytes: number): Promise<RunWriter> {
  const { day, target, building, replaced, refused } = placesOf(dataDir, run);
  await makeFolder(building);
  const rejects = await openPart(building, REJECTS);
  const parts: NdjsonPart[] = [];
  let part: Part | null = null;

  const endPart = async (): Promise<void> => {
    if (part !== null) parts.push(await part.close());
    part = null;
  };

  const append = async ({ lines, lineEnds, rejectLines }: Batch): Promise<void> => {
    if (rejectLines.length > 0) await rejects.write(rejectLines, 0);
    let first = 0;
    let start = 0;
    while (first < lineEnds.length) {
      const size: number = part?.size() ?? 0;
      const count = countFitting(lineEnds, first, start, partBytes - size);
      if (count === 0 && size > 0) {
        await endPart();
        continue;
      }
      part ??= await openPart(building, toPartName(parts.length + 1));
      // A line larger than a part has one of its own.
      const next = first + Math.max(count, 1);
      const end = lineEnds[next - 1] as number;
      await part.write(lines.subarray(start, end), next - first);
      first = next;
      start = end;
    }
    releaseBytes(new Uint8Array(lines.buffer));
  };
  let pending: Promise<void> = Promise.resolve();

  return {
    async write(batch) {
      await pending;
      pending = append(batch);
      // Its failure is told to whoever writes or finishes next.
      pending.catch(() => {});
    },
    async finish() {
      await pending;
      await endPart();
      const { sha256 } = await rejects.close();
      return { parts, rejectsSha256: sha256 };
    },
    async publish(manifest) {
      await writeNdjsonManifest(building, manifest);
      await writing(target, async () => {
        if (await exists(target)) await rename(target, replaced);
        await rename(building, target);
        await syncFolder(day);
        await rm(replaced, { recursive: true, force: true });
        await rm(refused, { force: true });
      });
    },
    async refuse() {
      await writing(refused, async () => {
        await rename(path.join(building, REJECTS), refused);
        await rm(building, { recursive: true, force: true });
      });
      return refused;
    },
    async discard() {
      await pending.catch(() => {});
      await Promise.allSettled([part?.abandon(), rejects.abandon()]);
      await writing(building, () => rm(building, { recursive: true, force: true }));
    },
  };
}

function toPartName(number: number): string {
  return `engagements-${String(number).padStart(4, '0')}.ndjson`;
}

/** How many lines from the `first` on fit into `room` bytes; `start` is where that line starts. */
function countFitting(lineEnds: number[], first: number, start: number, room: number): number {
  if ((lineEnds.at(-1) as number) - start <= room) return lineEnds.length - first;
  let count = 0;
  while ((lineEnds[first + count] as number) - start <= room) count += 1;
  return count;
}

/** A file that lines are appended to. */
interface Part {
  /** Resolves when the bytes are written. */
  write(bytes: Uint8Array, rows: number): Promise<void>;
  size(): number;
  close(): Promise<NdjsonPart>;
  abandon(): Promise<void>;
}

async function openPart(folder: string, name: string): Promise<Part> {
  const file = path.join(folder, name);
  const handle: FileHandle = await writing(file, () => open(file, 'wx', 0o600));
  const digest: Hash = createHash('sha256');
  let size = 0;
  let rowCount = 0;
  return {
    async write(bytes, rows) {
      const written = writing(file, () => handle.writeFile(bytes));
      // Meanwhile.
      digest.update(bytes);
      await written;
      size += bytes.length;
      rowCount += rows;
    },
    size: () => size,
    async close() {
      await writing(file, async () => {
        await handle.sync();
        await handle.close();
      });
      return { file: name, rows: rowCount, bytes: size, sha256: digest.digest('hex') };
    },
    abandon: () => handle.close(),
  };
}

async function writing<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw cannotWrite(file, error);
  }
}
