import { Tinypool } from 'tinypool';
import { ArchiveError } from '../errors.ts';
import { normalizeGroup, type PageGroup } from './normalize-group.ts';
import type { Batch } from './normalize-records.ts';
import type { ThreadAnswer } from './normalize-thread.ts';

/** Whoever normalizes pages: this thread, or several others. */
export interface Normalizers {
  /** See {@link normalizeGroup}. */
  normalize(group: PageGroup): Promise<Batch | null>;
  /** About how many bytes of pages should be under way at a time. */
  bytesUnderWay: number;
  close(): Promise<void>;
}

/** Below so many bytes for each, threads take longer to start than to work. */
const BYTES_PER_THREAD = 16 * 2 ** 20;

/** How many threads to start for so many bytes of pages, of `workers` at most; fewer than two are none. Pure. */
export function planThreads(workers: number, byteCount: number): number {
  return Math.min(workers, Math.floor(byteCount / BYTES_PER_THREAD));
}

/**
 * Normalizers for as many threads; with fewer than two, this one does the work. Each has a heap of its own, kept small,
 * since much of what it makes is garbage with the next page.
 */
export function startNormalizers(threads: number): Normalizers {
  if (threads < 1) {
    return { normalize: normalizeGroup, bytesUnderWay: 2 ** 20, close: async () => {} };
  }
  const pool = new Tinypool({
    filename: new URL('./normalize-thread.ts', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: {
      maxOldGenerationSizeMb: Number(process.env.OLD ?? 192),
      maxYoungGenerationSizeMb: Number(process.env.YOUNG ?? 16),
    },
  });
  return {
    async normalize(group) {
      const answer: ThreadAnswer = await pool.run(group);
      if (!('damage' in answer)) return answer.batch;
      const { damage, next } = answer;
      throw new ArchiveError(damage, next === undefined ? {} : { next });
    },
    // Enough to keep all of them busy with pages of the usual size, and few enough of the largest.
    bytesUnderWay: Number(process.env.UW ?? 16) * 2 ** 20,
    close: () => pool.destroy(),
  };
}
