import { rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { listDays, ndjsonRoot, type RunId, rawRoot } from '../archive/runs.ts';
import { isSystemError } from '../errors.ts';
import { cannotWrite, exists, makeDurable, readFolder } from '../files.ts';

/**
 * Removes a run, NDJSON and raw. If killed, it leaves the run whole or gone, and maybe a folder `_….pruned`, which
 * {@link endRemovals} removes. The caller holds both of the archive's locks. Throws ArchiveError.
 */
export async function removeRun(dataDir: string, run: RunId): Promise<void> {
  // The NDJSON run first: it can be made again from the raw run, not the other way round.
  for (const root of [ndjsonRoot(dataDir), rawRoot(dataDir)]) {
    const folder = path.join(root, run);
    if (!(await exists(folder))) continue;
    const day = path.dirname(folder);
    const gone = path.join(day, `_${path.basename(run)}.pruned`);
    try {
      await rename(folder, gone);
      // Before the files are removed: after a power cut there must be no run with half of its files.
      await makeDurable(day);
    } catch (error) {
      throw cannotWrite(folder, error);
    }
    await removeFolder(gone, root);
  }
}

/** Removes what killed calls of {@link removeRun} left. The caller holds both of the archive's locks. Throws ArchiveError. */
export async function endRemovals(dataDir: string): Promise<void> {
  for (const root of [ndjsonRoot(dataDir), rawRoot(dataDir)]) {
    for (const day of await listDays(root)) {
      for (const name of await readFolder(path.join(root, day))) {
        if (/^_.*\.pruned$/.test(name)) await removeFolder(path.join(root, day, name), root);
      }
    }
  }
}

/** Removes a folder, and the folders between it and `root` that are empty then. */
async function removeFolder(folder: string, root: string): Promise<void> {
  try {
    await rm(folder, { recursive: true });
    for (let own = path.dirname(folder); own !== root; own = path.dirname(own)) await rmdir(own);
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw cannotWrite(folder, error);
  }
}
