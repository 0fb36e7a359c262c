import path from 'node:path';
import { hashManifest, type NdjsonManifest, readNdjsonManifest } from '../archive/manifest.ts';
import { isComplete, listRuns, type RunId } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';

/** A normalized run on disk. */
export interface NdjsonRun {
  run: RunId;
  folder: string;
  manifest: NdjsonManifest;
  /** Of its manifest file, which holds the digests of its parts. */
  sha256: string;
}

/** The complete runs under `root`, oldest first, and what is wrong with those whose manifest cannot be used. */
export async function readRuns(
  root: string,
): Promise<{ runs: NdjsonRun[]; damage: ArchiveError[] }> {
  const runs: NdjsonRun[] = [];
  const damage: ArchiveError[] = [];
  for (const run of await listRuns(root)) {
    const folder = path.join(root, run);
    if (!(await isComplete(folder))) continue;
    try {
      runs.push({
        run,
        folder,
        manifest: await readNdjsonManifest(folder),
        sha256: await hashManifest(folder),
      });
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      damage.push(error);
    }
  }
  return { runs, damage };
}
