import { Tinypool } from 'tinypool';
import { ArchiveError } from '../errors.ts';
import { normalizeGroup, type PageGroup } from './normalize-group.ts';
import type { Batch } from './normalize-records.ts';

/** What a thread answers: errors lose their class on the way between threads. */
export type ThreadAnswer = { batch: Batch | null } | { damage: string; next: string | undefined };

/** {@link normalizeGroup}, as a worker thread's task. The lines' bytes are handed over, not copied. */
export default async function answerGroup(group: PageGroup): Promise<unknown> {
  let answer: ThreadAnswer;
  try {
    answer = { batch: await normalizeGroup(group) };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    answer = { damage: error.message, next: error.next };
  }
  const lines = 'batch' in answer ? answer.batch?.lines.buffer : undefined;
  return Tinypool.move({
    [Tinypool.transferableSymbol]: lines === undefined ? [] : [lines],
    [Tinypool.valueSymbol]: answer,
  } as never);
}
