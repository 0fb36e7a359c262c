import type { NdjsonPart } from '../archive/manifest.ts';
import { ArchiveError } from '../errors.ts';
import type { Buffers } from './buffers.ts';
import { MAX_FIELDS } from './field-census.ts';
import { countBytes, type PageGroup } from './group-pages.ts';
import { type Batch, normalizeRecords } from './normalize/records.ts';
import { type GroupBytes, readGroup, readRecords } from './read-records.ts';
import { createTotals, type TotalsSum } from './totals.ts';
import { openParts } from './write-parts.ts';

/**
 * Consecutive pages of a run, which one thread makes into parts of their own, and where to write those: plain data, for any
 * thread.
 */
export interface Task {
  groups: PageGroup[];
  /** The folder in which the run is being built. */
  folder: string;
  /** Its place in the run, from 1 on. */
  number: number;
  /** Size in bytes that a part does not grow beyond. */
  partBytes: number;
  /** Pages above this size in bytes are streamed. */
  streamAboveBytes: number;
}

/** What became of a task. */
export interface TaskOutcome {
  /** Under names that are the task's own. */
  parts: NdjsonPart[];
  /** The name of the file with its rejects; null for none. */
  rejects: string | null;
  sum: TotalsSum;
}

/** What hears of a task's records, and stops it between two batches. */
export interface TaskWatch {
  advance(records: number): void;
  signal: AbortSignal | undefined;
}

/** A run becomes so many tasks at least, as long as none gets too small to be worth it. */
const TASKS = 64;

/**
 * The tasks of a run, in the journal's order. None is larger than a size from an eighth of `partBytes` up to `partBytes`
 * (more for a large run), but by its only page. They follow from the journal alone, so that the parts are the same whoever
 * makes them, and however many. Pure.
 */
export function planTasks(
  groups: readonly PageGroup[],
  common: Omit<Task, 'groups' | 'number'>,
): Task[] {
  const { partBytes } = common;
  const total = groups.reduce((sum, group) => sum + countBytes(group), 0);
  const taskBytes = Math.min(Math.max(total / TASKS, partBytes / 8), partBytes);
  const tasks: Task[] = [];
  let room = -1;
  for (const group of groups) {
    room -= countBytes(group);
    if (room >= 0) tasks.at(-1)?.groups.push(group);
    else {
      tasks.push({ ...common, groups: [group], number: tasks.length + 1 });
      room = taskBytes - countBytes(group);
    }
  }
  return tasks;
}

/** More than a run's census has: a task must not leave out what the run counts. */
const MANY_FIELDS = 10 * MAX_FIELDS;

/**
 * Normalizes the pages of a task, in their order, into parts. Returns ArchiveError for a page that is missing or damaged;
 * throws it when it cannot write, and the signal's reason. What it wrote is left to whoever owns the folder. The buffers
 * can serve one task after the other.
 */
export async function runTask(
  task: Task,
  { advance, signal }: TaskWatch,
  buffers: Buffers,
): Promise<TaskOutcome | ArchiveError> {
  const writer = openParts(task.folder, task.number, task.partBytes);
  const totals = createTotals(MANY_FIELDS);
  try {
    for await (const batch of readUntilDamage(task, buffers)) {
      signal?.throwIfAborted();
      if (batch instanceof ArchiveError) return batch;
      await writer.write(batch);
      totals.add(batch);
      advance(batch.lineEnds.length + batch.rejects.length);
    }
    return { ...(await writer.finish()), sum: totals.sum() };
  } finally {
    await writer.abandon();
  }
}

// Damage comes as the last item: an error thrown while writing must not be taken for one of reading.
async function* readUntilDamage(
  task: Task,
  buffers: Buffers,
): AsyncGenerator<Batch | ArchiveError, void, undefined> {
  try {
    yield* readBatches(task, buffers);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    yield error;
  }
}

/** Larger pages are not read before their turn: two of them, for each thread, are too much. */
const AHEAD_BYTES = 2 * 2 ** 20;

/** While a page is normalized, the next one is read. */
async function* readBatches(
  { groups, streamAboveBytes }: Task,
  { toRoom, lines }: Buffers,
): AsyncGenerator<Batch, void, undefined> {
  let turn = 0;
  const read = (group: PageGroup): Promise<GroupBytes> => {
    turn = isLarge(group) ? 0 : 1 - turn;
    const own = turn;
    const reading = readGroup(group, streamAboveBytes, (byteCount) => toRoom(byteCount, own));
    // It is awaited in its turn, and by then may have failed.
    reading.catch(() => {});
    return reading;
  };
  let ahead: Promise<GroupBytes> | undefined;
  try {
    for (const [n, group] of groups.entries()) {
      const pages = await (ahead ?? read(group));
      const next = groups[n + 1];
      ahead = next === undefined || isLarge(next) ? undefined : read(next);
      let index = 0;
      for await (const records of readRecords(group, pages)) {
        yield normalizeRecords(records, index, group.origin, lines);
        index += records.values.length;
      }
    }
  } finally {
    // Or it would be read into a buffer that serves another task by then.
    await Promise.allSettled([ahead]);
  }
}

function isLarge({ page }: PageGroup): boolean {
  return page.bytes > AHEAD_BYTES;
}
