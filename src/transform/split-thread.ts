import type { MessagePort } from 'node:worker_threads';
import { ArchiveError } from '../errors.ts';
import { createBuffers } from './buffers.ts';
import { type Split, type SplitOutcome, transformSplit } from './transform-split.ts';

/** What a thread is given: a split, and whom to tell of its progress, in records; a message back is to stop. */
export interface ThreadTask {
  split: Split;
  port: MessagePort;
}

/** What a thread answers. Errors lose their class on the way. Null: it was stopped. */
export type ThreadAnswer =
  | { outcome: SplitOutcome }
  | { damage: ArchiveErrorParts }
  | { failure: ArchiveErrorParts }
  | null;

interface ArchiveErrorParts {
  message: string;
  next: string | undefined;
}

const buffers = createBuffers();

/** {@link transformSplit}, as a worker thread's task. */
export default async function answerSplit({ split, port }: ThreadTask): Promise<ThreadAnswer> {
  const controller = new AbortController();
  const { signal } = controller;
  port.on('message', () => controller.abort());
  const advance = (records: number): void => port.postMessage(records);
  try {
    const outcome = await transformSplit(split, { advance, signal }, buffers);
    return outcome instanceof ArchiveError ? { damage: toParts(outcome) } : { outcome };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof ArchiveError) return { failure: toParts(error) };
    throw error;
  } finally {
    port.close();
  }
}

function toParts({ message, next }: ArchiveError): ArchiveErrorParts {
  return { message, next };
}

/** The error that was taken apart. */
export function toArchiveError({ message, next }: ArchiveErrorParts): ArchiveError {
  return new ArchiveError(message, next === undefined ? {} : { next });
}
