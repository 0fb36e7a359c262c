import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { ArchiveError, isSystemError } from '../errors.ts';
import { createBuffers } from './buffers.ts';
import { type ThreadAnswer, toArchiveError } from './split-thread.ts';
import {
  type Split,
  type SplitOutcome,
  type SplitWatch,
  transformSplit,
} from './transform-split.ts';

/** Whoever transforms splits: this thread, or several others. */
export interface SplitRunners {
  /** See {@link transformSplit}. */
  run(split: Split, watch: SplitWatch): Promise<SplitOutcome | ArchiveError>;
  /** How many splits to have under way, so that nobody waits for one. */
  splitsUnderWay: number;
  close(): Promise<void>;
}

/** With fewer bytes for each, threads take longer to start than to work. */
const BYTES_PER_THREAD = 32 * 2 ** 20;

/** How many threads to start for so many bytes of pages, of `workers` at most; none for a few. Pure. */
export function planThreads(workers: number, byteCount: number): number {
  return Math.min(workers, Math.floor(byteCount / BYTES_PER_THREAD));
}

/**
 * Runners for as many threads; with none, this one does the work. Each has a heap of its own, kept small, since all that
 * it makes is garbage with the next record.
 */
export function startSplitRunners(threads: number): SplitRunners {
  if (threads === 0) {
    const buffers = createBuffers();
    return {
      run: (split, watch) => transformSplit(split, watch, buffers),
      splitsUnderWay: 1,
      close: async () => {},
    };
  }
  const pool = new Tinypool({
    filename: new URL('./split-thread.ts', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 24 },
  });
  return {
    run: (split, watch) => runInThread(pool, split, watch),
    // The first one's outcome is awaited first, and may be the last to come.
    splitsUnderWay: 2 * threads,
    close: () => pool.destroy(),
  };
}

async function runInThread(
  pool: Tinypool,
  split: Split,
  { advance, signal }: SplitWatch,
): Promise<SplitOutcome | ArchiveError> {
  const { port1: port, port2 } = new MessageChannel();
  let told = 0;
  port.on('message', (records: number) => {
    told += records;
    advance(records);
  });
  const stop = (): void => port.postMessage(null);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const task = { split, port: port2 };
    const answer: ThreadAnswer = await pool.run(task, { transferList: [port2] });
    signal?.throwIfAborted();
    if (answer === null) throw new Error('a thread stopped unasked');
    if ('damage' in answer) return toArchiveError(answer.damage);
    if ('failure' in answer) throw toArchiveError(answer.failure);
    // Its last messages may still be on their way.
    advance(answer.outcome.sum.counts.records - told);
    return answer.outcome;
  } catch (error) {
    if (!isSystemError(error, 'ERR_WORKER_OUT_OF_MEMORY')) throw error;
    return tooMany(split, error);
  } finally {
    signal?.removeEventListener('abort', stop);
    port.close();
  }
}

function tooMany({ groups }: Split, cause: unknown): ArchiveError {
  const [first, last] = [groups.at(0), groups.at(-1)].map((group) => group?.page.file);
  return new ArchiveError(
    `a page from ${first} to ${last} in ${groups[0]?.folder} has more records than a thread has memory for`,
    { next: 'HubSpot sends 250 at most: look at what else answered, or wrote the page.', cause },
  );
}
