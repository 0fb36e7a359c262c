import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError, isSystemError } from '../errors.ts';

/** Left free, in bytes, for what is being written at the same time, and for others on the same disk. */
export const SPARE_BYTES = 64 * 2 ** 20;

/** Throws ArchiveError when the disk that `folder` lies on, or will, has no room for so many bytes besides the spare ones. */
export async function assertRoom(
  folder: string,
  byteCount: number,
  spareBytes = SPARE_BYTES,
): Promise<void> {
  const free = await readFreeBytes(folder);
  const needed = byteCount + spareBytes;
  if (free >= needed) return;
  throw new ArchiveError(
    `the disk of ${folder} has ${toMegabytes(free)} free, and ${toMegabytes(needed)} are needed`,
    { next: 'Free some space and run the same command again; what is complete is kept.' },
  );
}

/** What this user may still write there; infinite where the system does not tell. */
async function readFreeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = path.dirname(folder);
    const isToBeMade = isSystemError(error, 'ENOENT') && parent !== folder;
    // Whatever is wrong with the folder is told when it is written to.
    return isToBeMade ? readFreeBytes(parent) : Number.POSITIVE_INFINITY;
  }
}

function toMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
