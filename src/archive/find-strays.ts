import { readdir } from 'node:fs/promises';
import { cannotRead } from '../files.ts';

/**
 * The names in a run's folder that are not `known` (its own files and those that its journal or manifest vouches for),
 * ascending. Throws ArchiveError when the folder cannot be read.
 */
export async function findStrays(folder: string, known: Iterable<string>): Promise<string[]> {
  const vouched = new Set(known);
  try {
    const names = await readdir(folder);
    return names.filter((name) => !vouched.has(name)).sort();
  } catch (error) {
    throw cannotRead(folder, error);
  }
}
