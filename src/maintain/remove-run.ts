import { rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { listDays, ndjsonRoot, type RunId, rawRoot } from '../archive/runs.ts';
import { isSystemError } from '../errors.ts';
import { cannotWrite, exists, makeDurable, readFolder } from '../files.ts';

/**
 * Removes a run, normalized and raw. Killed at any instant, it leaves a run that is whole, or none (and a folder
 * `_….pruned`, see {@link endRemovals}). The caller holds both of the archive's locks. Throws ArchiveError.
 */
export async function removeRun(dataDir: string, run: RunId): Promise<void> {
  // The normalized run first: it can be made again, while nothing should be left that was made from nothing.
  for (const root of [ndjsonRoot(dataDir), rawRoot(dataDir)]) {
    const folder = path.join(root, run);
    if (!(await exists(folder))) continue;
    const day = path.dirname(folder);
    const gone = path.join(day, `_${path.basename(run)}.pruned`);
    try {
      await rename(folder, gone);
      // Before its files go: after a power cut there must not be a run with half of them.
      await makeDurable(day);
    } catch (error) {
      throw cannotWrite(folder, error);
    }
    await removeFolder(gone, root);
  }
}

/** Removes what killed removals have left of any run. The caller holds both of the archive's locks. Throws ArchiveError. */
export async function endRemovals(dataDir: string): Promise<void> {
  for (const root of [ndjsonRoot(dataDir), rawRoot(dataDir)]) {
    for (const day of await listDays(root)) {
      for (const name of await readFolder(path.join(root, day))) {
        if (/^_.*\.pruned$/.test(name)) await removeFolder(path.join(root, day, name), root);
      }
    }
  }
}

/** With the folders above it, up to `root`, that are empty then. */
async function removeFolder(folder: string, root: string): Promise<void> {
  try {
    await rm(folder, { recursive: true });
    for (let own = path.dirname(folder); own !== root; own = path.dirname(own)) await rmdir(own);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw cannotWrite(folder, error);
  }
}
