import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isRunId, listRuns, ndjsonRoot, rawRoot } from '../archive/runs.ts';
import { isSystemError } from '../errors.ts';
import { cannotRead } from '../files.ts';
import type { Progress } from '../progress.ts';
import type { Problem, Verified } from './problems.ts';
import { verifyNdjsonRun } from './verify-ndjson-run.ts';
import { verifyRawRun } from './verify-raw-run.ts';

/** What `verify` found. */
export interface VerifyResult extends Verified {
  rawRuns: number;
  ndjsonRuns: number;
}

/** What watches the work, and stops it. */
export interface VerifyThings {
  progress: Progress;
  signal: AbortSignal;
}

/**
 * Reads every file of the archive and compares it with what journals and manifests say of it. Changes nothing, and
 * holds no more than a piece of a file. Throws the signal's reason; whatever is wrong with the archive is a result.
 */
export async function verify(dataDir: string, things: VerifyThings): Promise<VerifyResult> {
  const raw = rawRoot(dataDir);
  const ndjson = ndjsonRoot(dataDir);
  const result: VerifyResult = { rawRuns: 0, ndjsonRuns: 0, problems: [], files: 0, bytes: 0 };
  const add = ({ problems, files, bytes }: Verified): void => {
    result.problems.push(...problems);
    result.files += files;
    result.bytes += bytes;
  };
  const watch = {
    onBytes(bytes: number) {
      things.signal.throwIfAborted();
      things.progress.update({ done: result.bytes + bytes, unit: 'bytes' });
    },
  };
  add(await findForeign(raw));
  for (const run of await listRuns(raw)) {
    add(await verifyRawRun(path.join(raw, run), watch));
    result.rawRuns += 1;
  }
  add(await findForeign(ndjson));
  for (const run of await listRuns(ndjson)) {
    add(await verifyNdjsonRun(path.join(ndjson, run), path.join(raw, run), watch));
    result.ndjsonRuns += 1;
  }
  return result;
}

/** What lies among the folders of the days and is no run, nor the rejects of a run that had too many. */
async function findForeign(root: string): Promise<Verified> {
  const problems: Problem[] = [];
  const look = async (folder: string, depth: number): Promise<void> => {
    for (const name of await readNames(folder)) {
      const own = path.join(folder, name);
      const isRun = depth === 3 && isRunId(path.relative(root, own));
      const isDay = depth < 3 && /^\d+$/.test(name);
      if ((isRun || isDay) && (await isFolder(own))) {
        if (isDay) await look(own, depth + 1);
      } else if (/^_.*\.(?:building|replaced|pruned)$/.test(name)) {
        const problem = `${own} was left by a program that was killed`;
        problems.push({ kind: 'half-written', path: own, problem });
      } else if (!(depth === 0 ? LOCK : REFUSED).test(name)) {
        problems.push({ kind: 'foreign', path: own, problem: `${own} is no part of the archive` });
      }
    }
  };
  await look(root, 0);
  return { problems, files: 0, bytes: 0 };
}

/** The archive's lock, and what SQLite puts beside it for a moment. */
const LOCK = /^_lock(?:-journal)?$/;
const REFUSED = /^_\d{6}Z-(?:full|changes)\.rejects\.ndjson$/;

// A day or a run may be a link to another disk.
async function isFolder(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isDirectory() ?? false;
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw cannotRead(folder, error);
  }
}
