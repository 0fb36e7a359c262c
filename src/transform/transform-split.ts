import type { NdjsonPart } from '../archive/manifest.ts';
import { ArchiveError } from '../errors.ts';
import type { Buffers } from './buffers.ts';
import { MAX_FIELDS } from './field-census.ts';
import {
  type GroupBytes,
  normalizeGroup,
  type PageGroup,
  readGroup,
  streamGroup,
} from './normalize-group.ts';
import type { Batch } from './normalize-records.ts';
import { createTally, type TallySum } from './tally.ts';
import { openSplit } from './write-split.ts';

/** Consecutive pages of a run and where to write what becomes of them: plain data, for any thread. */
export interface Split {
  groups: PageGroup[];
  /** The folder in which the run is being built. */
  folder: string;
  /** Its place in the run, from 1 on. */
  number: number;
  /** Size in bytes that a part does not grow beyond. */
  partBytes: number;
}

/** What became of a split. */
export interface SplitOutcome {
  /** Under names that are the split's own. */
  parts: NdjsonPart[];
  /** The name of the file with its rejects; null for none. */
  rejects: string | null;
  sum: TallySum;
}

/** What hears of a split's records, and stops it between two batches. */
export interface SplitWatch {
  advance(records: number): void;
  signal: AbortSignal | undefined;
}

/** More than a run's census has: a split must not leave out what the run counts. */
const MANY_FIELDS = 10 * MAX_FIELDS;

/**
 * Normalizes the pages of a split, in their order, into parts. Returns ArchiveError for a page that is missing or damaged;
 * throws it when it cannot write, and the signal's reason. What it wrote is left to whoever owns the folder. The buffers
 * can serve one split after the other.
 */
export async function transformSplit(
  { groups, folder, number, partBytes }: Split,
  { advance, signal }: SplitWatch,
  buffers: Buffers,
): Promise<SplitOutcome | ArchiveError> {
  const writer = openSplit(folder, number, partBytes);
  const tally = createTally(MANY_FIELDS);
  try {
    for await (const batch of readUntilDamage(groups, buffers)) {
      signal?.throwIfAborted();
      if (batch instanceof ArchiveError) return batch;
      await writer.write(batch);
      tally.add(batch);
      advance(batch.lineEnds.length + batch.rejects.length);
    }
    return { ...(await writer.finish()), sum: tally.sum() };
  } finally {
    await writer.abandon();
  }
}

// Damage comes as the last item: an error thrown while writing must not be taken for one of reading.
async function* readUntilDamage(
  groups: PageGroup[],
  buffers: Buffers,
): AsyncGenerator<Batch | ArchiveError, void, undefined> {
  try {
    yield* readBatches(groups, buffers);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    yield error;
  }
}

/** Larger pages are not read before their turn: two of them, for each thread, are too much. */
const AHEAD_BYTES = 2 * 2 ** 20;

/** While a page is normalized, the next one is read. */
async function* readBatches(
  groups: PageGroup[],
  { toRoom, lines }: Buffers,
): AsyncGenerator<Batch, void, undefined> {
  let turn = 0;
  const read = (group: PageGroup): Promise<GroupBytes> => {
    turn = isLarge(group) ? 0 : 1 - turn;
    const own = turn;
    const reading = readGroup(group, (byteCount) => toRoom(byteCount, own));
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
      const batch = normalizeGroup(group, pages, lines);
      if (batch !== null) yield batch;
      else yield* streamGroup(group, lines);
    }
  } finally {
    // Or it would be read into a buffer that serves another split by then.
    await Promise.allSettled([ahead]);
  }
}

function isLarge({ page }: PageGroup): boolean {
  return page.bytes > AHEAD_BYTES;
}
