import { Tinypool } from 'tinypool';
import { ArchiveError } from '../errors.ts';
import { normalizeGroup, type PageGroup } from './normalize-group.ts';
import type { Batch } from './normalize-records.ts';

/**
 * What a thread answers. A batch's counts go as JSON, which is cheaper than what threads do with many small objects.
 * Errors lose their class on the way.
 */
export type ThreadAnswer =
  | { counts: string; lines: Batch['lines']; rejectLines: Batch['rejectLines'] }
  | { damage: string; next: string | undefined }
  | null;

/** {@link normalizeGroup}, as a worker thread's task. The lines' bytes are handed over, not copied. */
export default async function answerGroup(group: PageGroup): Promise<unknown> {
  let answer: ThreadAnswer;
  const handedOver: ArrayBuffer[] = [];
  try {
    answer = toAnswer(await normalizeGroup(group));
    if (answer !== null) handedOver.push(answer.lines.buffer);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    answer = { damage: error.message, next: error.next };
  }
  return Tinypool.move({
    [Tinypool.transferableSymbol]: handedOver,
    [Tinypool.valueSymbol]: answer,
  } as never);
}

function toAnswer(batch: Batch | null) {
  if (batch === null) return null;
  const { lines, rejectLines, ...counts } = batch;
  return { counts: JSON.stringify(counts), lines, rejectLines };
}

/** The batch of an answer. Throws ArchiveError for damage. */
export function toBatch(answer: ThreadAnswer): Batch | null {
  if (answer === null) return null;
  if ('counts' in answer) {
    const { counts, lines, rejectLines } = answer;
    return { ...JSON.parse(counts), lines, rejectLines };
  }
  const { damage, next } = answer;
  throw new ArchiveError(damage, next === undefined ? {} : { next });
}
