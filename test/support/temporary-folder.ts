import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ENOUGH_BYTES = 2 * 2 ** 30;

/**
 * A new empty folder of 0700, in memory where there is room for it: a database is a thousand small files, and some
 * disks take a millisecond for each. TMPDIR overrides. The caller removes it.
 */
export async function makeTemporaryFolder(): Promise<string> {
  const memory = process.env['TMPDIR'] === undefined && (await hasRoom('/dev/shm'));
  return mkdtemp(path.join(memory ? '/dev/shm' : tmpdir(), 'hubspot-engagements-'));
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize > ENOUGH_BYTES;
  } catch {
    return false;
  }
}
