import { readdir } from 'node:fs/promises';
import { cannotRead } from '../files.ts';

/**
 * The names in a run's folder other than `known`, the files that belong to it, ascending. Throws ArchiveError when the
 * folder cannot be read.
 */
export async function findStrays(folder: string, known: Iterable<string>): Promise<string[]> {
  const belonging = new Set(known);
  try {
    const names = await readdir(folder);
    return names.filter((name) => !belonging.has(name)).sort();
  } catch (error) {
    throw cannotRead(folder, error);
  }
}
