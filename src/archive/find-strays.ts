import { readdir } from 'node:fs/promises';
import { cannotRead } from './runs.ts';

/**
 * The names in a run's folder that no one vouches for, ascending: all but `known` (the pages of the journal, the parts
 * of the manifest) and those that begin with `_`. Throws ArchiveError when the folder cannot be read.
 */
export async function findStrays(folder: string, known: Iterable<string>): Promise<string[]> {
  const vouched = new Set(known);
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith('_') && !vouched.has(name)).sort();
  } catch (error) {
    throw cannotRead(folder, error);
  }
}
