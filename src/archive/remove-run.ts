import { rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { isSystemError } from '../errors.ts';
import { cannotWrite, exists, ndjsonRoot, type RunId, rawRoot } from './runs.ts';

/**
 * Removes a run, normalized and raw. Killed at any instant, it leaves a run that is whole, or none (and a folder
 * `_….pruned`, which the next removal in that day's folder ends). The caller holds both of the archive's locks. Throws
 * ArchiveError.
 */
export async function removeRun(dataDir: string, run: RunId): Promise<void> {
  // The normalized run first: it can be made again, while nothing should be left that was made from nothing.
  for (const root of [ndjsonRoot(dataDir), rawRoot(dataDir)]) {
    const folder = path.join(root, run);
    const day = path.dirname(folder);
    const gone = path.join(day, `_${path.basename(run)}.pruned`);
    try {
      await rm(gone, { recursive: true, force: true });
      if (!(await exists(folder))) continue;
      await rename(folder, gone);
      await rm(gone, { recursive: true });
      await removeEmpty(day, root);
    } catch (error) {
      throw cannotWrite(folder, error);
    }
  }
}

async function removeEmpty(folder: string, root: string): Promise<void> {
  for (let own = folder; own !== root; own = path.dirname(own)) {
    try {
      await rmdir(own);
    } catch (error) {
      if (isSystemError(error, 'ENOTEMPTY', 'EEXIST')) return;
      throw error;
    }
  }
}
