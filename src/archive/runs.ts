import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../clock.ts';
import { isSystemError, SettingsError } from '../errors.ts';
import { cannotWrite, exists, makeFolder, readFolder } from '../files.ts';

/** A full run asks for every engagement; a changes run for those modified within a window. */
export type Mode = 'full' | 'changes';

/** `YYYY/MM/DD/HHMMSSZ-<mode>`: the UTC second the run started, and its folder under each stage's root. */
export type RunId = string;

/** The files of a run that are not data. Spark, Athena, Trino and Hive skip names that begin with `_`. */
export const JOURNAL = '_pages.ndjson';
export const MANIFEST = '_manifest.json';
export const PLAN = '_plan.json';
/** Marks an interrupted run that will not be resumed: another run was started in its stead. */
export const ABANDONED = '_abandoned.json';
export const REJECTS = '_rejects.ndjson';

const RUN_ID = /^\d{4}\/\d{2}\/\d{2}\/\d{6}Z-(?:full|changes)$/;

export function isRunId(value: unknown): value is RunId {
  return typeof value === 'string' && RUN_ID.test(value);
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

/** Throws SettingsError for a folder that holds no archive, such as a misspelt one. */
export async function assertArchive(dataDir: string): Promise<void> {
  if ((await exists(rawRoot(dataDir))) || (await exists(ndjsonRoot(dataDir)))) return;
  throw new SettingsError(`there is no archive in ${dataDir}`, {
    next: 'Run extract to begin one there; or name the folder of yours by DATA_DIR or --data-dir.',
  });
}

/**
 * Makes the folder of a new raw run that started at `startedAt`, private to its user, and returns its id. Waits for the
 * next second when the name is taken. Throws ArchiveError.
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

/** The runs that have a folder under `root`, oldest first, complete or not. Empty when `root` does not exist. */
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

/** Whether the run in `folder` is complete: whether it has a manifest. */
export function isComplete(folder: string): Promise<boolean> {
  return exists(path.join(folder, MANIFEST));
}
