import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isRunId, listRuns, ndjsonRoot, rawRoot } from '../archive/runs.ts';
import { readFolder } from '../files.ts';
import type { Progress } from '../progress.ts';
import { type Inspection, type Problem, startInspection } from './inspection.ts';
import { verifyNdjsonRun } from './verify-ndjson-run.ts';
import { verifyRawRun } from './verify-raw-run.ts';

/** What `verify` found. */
export interface VerifyResult {
  rawRuns: number;
  ndjsonRuns: number;
  problems: Problem[];
  /** Files whose content was hashed, and their bytes. */
  files: number;
  bytes: number;
}

/**
 * Reads every file of the archive and compares it with what journals and manifests say of it. Changes nothing, and
 * holds no more than a piece of a file. Whatever is wrong with the archive is a result. Throws the signal's reason, and
 * ArchiveError for a folder that cannot be read.
 */
export async function verify(
  dataDir: string,
  deps: { progress: Progress; signal: AbortSignal },
): Promise<VerifyResult> {
  const [raw, ndjson] = [rawRoot(dataDir), ndjsonRoot(dataDir)];
  const inspection = startInspection(deps);
  await findForeign(raw, inspection);
  const rawRuns = await listRuns(raw);
  for (const run of rawRuns) await verifyRawRun(path.join(raw, run), inspection);
  await findForeign(ndjson, inspection);
  const ndjsonRuns = await listRuns(ndjson);
  for (const run of ndjsonRuns) {
    await verifyNdjsonRun(path.join(ndjson, run), path.join(raw, run), inspection);
  }
  const { problems, files, bytes } = inspection;
  return { rawRuns: rawRuns.length, ndjsonRuns: ndjsonRuns.length, problems, files, bytes };
}

/** The archive's lock, and the file that SQLite keeps beside it for a moment. */
const LOCK = /^_lock(?:-journal)?$/;
/** The rejects of a run that had too many of them to be published. */
const REFUSED = /^_\d{6}Z-(?:full|changes)\.rejects\.ndjson$/;
const HALF_WRITTEN = /^_.*\.(?:building|replaced|pruned)$/;

/** Notes everything among the folders of years, months and days that is no run. */
async function findForeign(root: string, inspection: Inspection): Promise<void> {
  const look = async (folder: string, depth: number): Promise<void> => {
    for (const name of await readFolder(folder)) {
      const file = path.join(folder, name);
      const isRun = depth === 3 && isRunId(path.relative(root, file));
      const isDay = depth < 3 && /^\d+$/.test(name);
      if ((isRun || isDay) && (await isFolder(file))) {
        if (isDay) await look(file, depth + 1);
      } else if (HALF_WRITTEN.test(name)) {
        inspection.note('half-written', file, `${file} was left by a killed program`);
      } else if (!(depth === 0 ? LOCK : REFUSED).test(name)) {
        inspection.note('foreign', file, `${file} is no part of the archive`);
      }
    }
  };
  await look(root, 0);
}

// A day or a run may be a link to another disk.
async function isFolder(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isDirectory() ?? false;
}
