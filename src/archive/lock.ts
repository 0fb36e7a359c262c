import { hostname } from 'node:os';
import path from 'node:path';
import { GuardRefused } from '../errors.ts';
import { cannotWrite, makeFolder } from '../files.ts';
import { tryLock } from '../lock.ts';

/**
 * Runs `work` while no other program of this machine writes below `root` (one of the archive's two roots).
 * Throws GuardRefused, saying who does, when one is at it already.
 */
export async function withArchiveLock<T>(
  root: string,
  command: string,
  work: () => Promise<T>,
): Promise<T> {
  await makeFolder(root);
  const file = path.join(root, '_lock');
  const since = new Date().toISOString();
  const lock = takeLock(
    file,
    `${command}, process ${process.pid} on ${hostname()}, since ${since}`,
  );
  if ('heldBy' in lock) {
    throw new GuardRefused(`another program is writing to ${root}: ${lock.heldBy}`, {
      next: 'Wait until it has ended, then run this again.',
    });
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

function takeLock(file: string, holder: string): ReturnType<typeof tryLock> {
  try {
    return tryLock(file, holder);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}
