import { access, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError, isSystemError } from './errors.ts';

/**
 * Writes a file so that after a crash at any instant the whole file is there, or none: it is written under a temporary
 * name, fsynced and renamed, and the folder is fsynced. Private to its user. Throws ArchiveError and leaves nothing
 * behind then.
 */
export async function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
): Promise<void> {
  const temporary = `${file}.tmp`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cannotWrite(file, error);
  }
  await makeDurable(path.dirname(file));
}

/** Makes the content of a file, or the names in a folder, survive a power cut. Throws ArchiveError. */
export async function makeDurable(place: string): Promise<void> {
  try {
    const handle = await open(place, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw cannotWrite(place, error);
  }
}

/** Whether there is a file of that name. Throws ArchiveError when its folder cannot be searched. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw cannotRead(file, error);
  }
}

/** Makes a folder and those above it, private to its user (the archive holds personal data). */
export async function makeFolder(folder: string): Promise<void> {
  // With `recursive`, mkdir says ENOENT when the file system is read-only.
  const parent = path.dirname(folder);
  if (parent !== folder && !(await exists(parent))) await makeFolder(parent);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const isThere = isSystemError(error, 'EEXIST') && (await exists(`${folder}/.`));
    if (!isThere) throw cannotWrite(folder, error);
  }
}

/** The names in a folder, ascending; none where there is no folder. */
export async function readFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw cannotRead(folder, error);
  }
}

/** The error for a file or folder that cannot be written: the system's reason, and what to do. */
export function cannotWrite(file: string, error: unknown): ArchiveError {
  const full = isSystemError(error, 'ENOSPC', 'EDQUOT');
  return new ArchiveError(`cannot write ${file}: ${systemReason(error)}`, {
    next: full
      ? 'Free some space and run the same command again; what is complete is kept.'
      : 'Make it writable, or set DATA_DIR to a folder that is.',
    cause: error,
  });
}

/** The error for a file or folder of the archive that cannot be read. */
export function cannotRead(file: string, error: unknown): ArchiveError {
  return new ArchiveError(`cannot read ${file}: ${systemReason(error)}`, { cause: error });
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is not a folder',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder',
  EEXIST: 'a file of that name is there already',
};

/** What the system says went wrong, in words. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && REASONS[code]) || error.message;
}

/** Bytes to leave free for what is being written at the same time, and for other programs on the same disk. */
export const SPARE_BYTES = 64 * 2 ** 20;

/**
 * Throws ArchiveError when the disk of `folder` (which need not exist) has no room for `byteCount` and the spare bytes.
 * `wholeBytes` is what the whole run still needs, for the message.
 */
export async function assertRoom(
  folder: string,
  byteCount: number,
  spareBytes = SPARE_BYTES,
  wholeBytes = byteCount,
): Promise<void> {
  const free = await readFreeBytes(folder);
  const needed = byteCount + spareBytes;
  if (free >= needed) return;
  const whole =
    wholeBytes > byteCount
      ? ` now, and about ${toMegabytes(wholeBytes + spareBytes)} for the rest of the run`
      : '';
  throw new ArchiveError(
    `the disk of ${folder} has ${toMegabytes(free)} free, and ${toMegabytes(needed)} are needed${whole}`,
    { next: 'Free some space and run the same command again; what is complete is kept.' },
  );
}

/** The bytes that this user may still write there; infinite when the system does not say. */
async function readFreeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = path.dirname(folder);
    const isToBeMade = isSystemError(error, 'ENOENT') && parent !== folder;
    // Any other fault of the folder is reported when it is written to.
    return isToBeMade ? readFreeBytes(parent) : Number.POSITIVE_INFINITY;
  }
}

function toMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
