import { on } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { normalizeGroup, type PageGroup, streamGroup } from './normalize-group.ts';
import type { Batch } from './normalize-records.ts';
import { toBatch } from './normalize-thread.ts';

/** Whoever normalizes pages: this thread, or several others. */
export interface Normalizers {
  /** See {@link normalizeGroup}. */
  normalize(group: PageGroup): Promise<Batch | null>;
  /** See {@link streamGroup}. */
  stream(group: PageGroup): AsyncGenerator<Batch, void, undefined>;
  /** How many pages to have under way at least, and as many more as have so many bytes together. */
  pagesUnderWay: number;
  bytesUnderWay: number;
  close(): Promise<void>;
}

/** With fewer bytes for each, threads take longer to start than to work. */
const BYTES_PER_THREAD = 32 * 2 ** 20;

/** How many threads to start for so many bytes of pages, of `workers` at most; none for a few. Pure. */
export function planThreads(workers: number, byteCount: number): number {
  return Math.min(workers, Math.floor(byteCount / BYTES_PER_THREAD));
}

/**
 * Normalizers for as many threads; with none, this one does the work. Each has a heap of its own, kept small, since all
 * that it makes is garbage with the next page.
 */
export function startNormalizers(threads: number): Normalizers {
  if (threads === 0) {
    return {
      normalize: normalizeGroup,
      stream: streamGroup,
      pagesUnderWay: 1,
      bytesUnderWay: 2 ** 20,
      close: async () => {},
    };
  }
  const pool = new Tinypool({
    filename: new URL('./normalize-thread.ts', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // While one page is handed over, the next is there already.
    concurrentTasksPerWorker: 2,
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 },
  });
  return {
    normalize: async (group) => toBatch(await pool.run(group)),
    stream: (group) => streamFrom(pool, group),
    // No thread should wait for its next page.
    pagesUnderWay: threads,
    bytesUnderWay: 3 * threads * 2 ** 20,
    close: () => pool.destroy(),
  };
}

/** {@link streamGroup} in a thread, whose heap is smaller than ours could be kept. */
async function* streamFrom(
  pool: Tinypool,
  group: PageGroup,
): AsyncGenerator<Batch, void, undefined> {
  const { port1: port, port2 } = new MessageChannel();
  const failed = new AbortController();
  const answers = on(port, 'message', { signal: failed.signal });
  const task = { group, port: port2 };
  const ended = pool
    .run(task, { name: 'answerPieces', transferList: [port2] })
    .catch((error: unknown) => failed.abort(error));
  try {
    for await (const [answer] of answers) {
      const batch = toBatch(answer);
      if (batch === null) return;
      yield batch;
      port.postMessage(null);
    }
  } catch (error) {
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    port.close();
    await ended;
  }
}
