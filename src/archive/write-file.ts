import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cannotWrite } from './runs.ts';

/**
 * Writes a file so that, after a crash at any instant, it is there whole or not at all: under a temporary name,
 * fsynced, renamed, and the folder fsynced. Private to its user. Throws ArchiveError, leaving nothing behind.
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

/** Makes what a file holds, or a rename or a new name in a folder, survive a power cut. Throws ArchiveError. */
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
