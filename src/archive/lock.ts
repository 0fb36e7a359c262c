import { hostname } from 'node:os';
import path from 'node:path';
import { GuardRefused } from '../errors.ts';
import { cannotWrite, exists, makeFolder } from '../files.ts';
import { findHolder, type Lock, tryLock } from '../lock.ts';
import { ndjsonRoot, rawRoot } from './runs.ts';

/** The archive's two parts, each with a lock of its own: the file `_lock` in its folder. */
const PARTS = { raw: rawRoot, ndjson: ndjsonRoot };

const LOCK = '_lock';

/**
 * The parts of the archive that each command changes; and `load`, which reads the same files twice, so that nobody may
 * change them meanwhile. All other commands only read complete runs and need no lock here. In the database `load` takes a
 * lock of its own.
 */
export const ARCHIVE_LOCKS = {
  extract: ['raw'],
  transform: ['ndjson'],
  load: ['ndjson'],
  prune: ['raw', 'ndjson'],
} as const satisfies Record<string, readonly (keyof typeof PARTS)[]>;

export type LockingCommand = keyof typeof ARCHIVE_LOCKS;

/**
 * Runs `work` while no other program of this machine works on the parts of the archive that `command` works on.
 * Throws GuardRefused at once, saying who has the lock, when another program is at it; ArchiveError when a lock's file
 * cannot be made.
 */
export async function withArchiveLock<T>(
  dataDir: string,
  command: LockingCommand,
  work: () => Promise<T>,
): Promise<T> {
  const locks: Lock[] = [];
  try {
    for (const part of ARCHIVE_LOCKS[command]) {
      locks.push(await takeLock(PARTS[part](dataDir), command));
    }
    return await work();
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** Who changes the archive now, such as `extract, process 123 on host, since …`; nobody: an empty list. */
export async function findWriters(dataDir: string): Promise<string[]> {
  const writers = new Set<string>();
  for (const toRoot of Object.values(PARTS)) {
    const file = path.join(toRoot(dataDir), LOCK);
    if (!(await exists(file))) continue;
    const writer = findHolder(file);
    if (writer !== undefined) writers.add(writer);
  }
  return [...writers];
}

async function takeLock(root: string, command: string): Promise<Lock> {
  await makeFolder(root);
  const file = path.join(root, LOCK);
  const since = new Date().toISOString();
  const holder = `${command}, process ${process.pid} on ${hostname()}, since ${since}`;
  let lock: ReturnType<typeof tryLock>;
  try {
    lock = tryLock(file, holder);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  if (!('heldBy' in lock)) return lock;
  throw new GuardRefused(`another program is at work on ${root}: ${lock.heldBy}`, {
    next: 'Wait until it has ended, then run this again.',
  });
}
