import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { ArchiveError } from '../errors.ts';
import { normalizeGroup, type PageGroup, streamGroup } from './normalize-group.ts';
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
  const answer = await normalizeGroup(group).then(toAnswer, toDamage);
  return Tinypool.move({
    [Tinypool.transferableSymbol]: toHandOver(answer),
    [Tinypool.valueSymbol]: answer,
  } as never);
}

/** How many batches may be on their way to whoever asked. */
const BATCHES_AHEAD = 8;

/**
 * {@link streamGroup}, as a worker thread's task: answers through `port`, null at the end. Goes on as each batch is
 * answered by any message, and stops when the port is closed.
 */
export async function answerPieces({
  group,
  port,
}: {
  group: PageGroup;
  port: MessagePort;
}): Promise<void> {
  const taken = on(port, 'message', { close: ['close'] });
  const send = (answer: ThreadAnswer): void => port.postMessage(answer, toHandOver(answer));
  try {
    let ahead = 0;
    for await (const batch of streamGroup(group)) {
      send(toAnswer(batch));
      ahead += 1;
      if (ahead < BATCHES_AHEAD) continue;
      if ((await taken.next()).done) return;
      ahead -= 1;
    }
    send(null);
  } catch (error) {
    send(toDamage(error));
  }
}

function toHandOver(answer: ThreadAnswer): ArrayBuffer[] {
  return answer !== null && 'lines' in answer ? [answer.lines.buffer] : [];
}

function toDamage(error: unknown): ThreadAnswer {
  if (!(error instanceof ArchiveError)) throw error;
  return { damage: error.message, next: error.next };
}

function toAnswer(batch: Batch | null): ThreadAnswer {
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
