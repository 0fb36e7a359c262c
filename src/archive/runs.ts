import { access, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { ArchiveError, isSystemError } from '../errors.ts';

/** A full run asks for every engagement; a changes run for those modified within a window. */
export type Mode = 'full' | 'changes';

/** `YYYY/MM/DD/HHMMSSZ-<mode>`: the UTC second the run started, and its folder under each stage's root. */
export type RunId = string;

/** The files of a run that are not data; the leading `_` hides them from Spark, Athena, Trino and Hive. */
export const JOURNAL = '_pages.ndjson';
export const MANIFEST = '_manifest.json';
export const PLAN = '_plan.json';
/** Its presence ends an interrupted run for good: another was started instead. */
export const ABANDONED = '_abandoned.json';
export const REJECTS = '_rejects.ndjson';

const RUN_ID = /^\d{4}\/\d{2}\/\d{2}\/\d{6}Z-(?:full|changes)$/;

export function isRunId(text: string): text is RunId {
  return RUN_ID.test(text);
}

export function runMode(run: RunId): Mode {
  return run.endsWith('-full') ? 'full' : 'changes';
}

/** The id of a run that starts at `instant`. */
export function toRunId(instant: Date, mode: Mode): RunId {
  const [day = '', time = ''] = instant.toISOString().split('T');
  return `${day.replaceAll('-', '/')}/${time.slice(0, 8).replaceAll(':', '')}Z-${mode}`;
}

/** Where the raw runs lie. */
export function rawRoot(dataDir: string): string {
  return path.join(dataDir, 'raw', 'engagements');
}

/** Where the normalized runs lie. */
export function ndjsonRoot(dataDir: string): string {
  return path.join(dataDir, 'ndjson', 'engagements');
}

/**
 * Makes the folder of a new raw run that started at `startedAt`, private to its user, and returns its id.
 * A name that is taken (two runs in one second) is waited out.
 */
export async function createRun(
  root: string,
  mode: Mode,
  startedAt: Date,
  clock: Clock,
): Promise<RunId> {
  for (let instant = startedAt; ; instant = clock.now()) {
    const run = toRunId(instant, mode);
    const folder = path.join(root, run);
    await makeFolder(path.dirname(folder));
    try {
      await mkdir(folder, { mode: 0o700 });
      return run;
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw cannotWrite(folder, error);
    }
    await clock.sleep(1000);
  }
}

/** The runs that have a folder under `root`, oldest first, whatever their state. Empty when `root` does not exist. */
export async function listRuns(root: string): Promise<RunId[]> {
  const runs: RunId[] = [];
  for (const day of await listDays(root)) {
    for (const name of await readFolder(path.join(root, day))) {
      if (isRunId(`${day}/${name}`)) runs.push(`${day}/${name}`);
    }
  }
  return runs.sort();
}

/** The folders of days (`YYYY/MM/DD`) under `root`. */
export async function listDays(root: string): Promise<string[]> {
  const days: string[] = [];
  for (const year of await readFolder(root)) {
    if (!/^\d{4}$/.test(year)) continue;
    for (const month of await readFolder(path.join(root, year))) {
      for (const day of await readFolder(path.join(root, year, month))) {
        days.push(`${year}/${month}/${day}`);
      }
    }
  }
  return days;
}

/** Whether the run's folder holds a manifest, which is what makes it complete. */
export function isComplete(folder: string): Promise<boolean> {
  return exists(path.join(folder, MANIFEST));
}

/** Whether there is a file of that name. Throws ArchiveError when its folder cannot be searched. */
export async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw cannotRead(file, error);
  }
}

/** Makes a folder and those above it, private to its user (the archive holds personal data). */
export async function makeFolder(folder: string): Promise<void> {
  // mkdir's own `recursive` says ENOENT where the file system is read-only.
  const parent = path.dirname(folder);
  if (parent !== folder && !(await exists(parent))) await makeFolder(parent);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const isThere = isSystemError(error, 'EEXIST') && (await exists(`${folder}/.`));
    if (!isThere) throw cannotWrite(folder, error);
  }
}

/** The names in a folder, ascending; none where there is no folder. */
export async function readFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw cannotRead(folder, error);
  }
}

/** The error for a file or folder that cannot be written: what the system said and what mends it. */
export function cannotWrite(file: string, error: unknown): ArchiveError {
  const full = isSystemError(error, 'ENOSPC', 'EDQUOT');
  return new ArchiveError(`cannot write ${file}: ${systemReason(error)}`, {
    next: full
      ? 'Free some space and run the same command again; what is complete is kept.'
      : 'Make it writable, or set DATA_DIR to a folder that is.',
    cause: error,
  });
}

/** The error for a file or folder of the archive that cannot be read. */
export function cannotRead(file: string, error: unknown): ArchiveError {
  return new ArchiveError(`cannot read ${file}: ${systemReason(error)}`, { cause: error });
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of its path is not a folder',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder',
  EEXIST: 'a file of that name is there already',
};

function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && REASONS[code]) || error.message;
}
