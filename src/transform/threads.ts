import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { ArchiveError } from '../errors.ts';
import { createBuffers } from './buffers.ts';
import { runTask, type Task, type TaskOutcome, type TaskWatch } from './task.ts';

/** Whoever runs tasks: this thread, or several others. */
export interface Threads {
  /** See {@link runTask}. */
  run(task: Task, watch: TaskWatch): Promise<TaskOutcome | ArchiveError>;
  /** How many tasks to have under way, so that nobody waits for one. */
  tasksUnderWay: number;
  close(): Promise<void>;
}

/** With fewer bytes for each, threads take longer to start than to work. */
const BYTES_PER_THREAD = 32 * 2 ** 20;

/** How many threads to start for so many bytes of pages, of `workers` at most; none for a few. Pure. */
export function planThreads(workers: number, byteCount: number): number {
  return Math.min(workers, Math.floor(byteCount / BYTES_PER_THREAD));
}

/**
 * Starts as many threads; with none, this one does the work. Each has a heap of its own, kept small, since all that it
 * makes is garbage with the next page.
 */
export function startThreads(count: number): Threads {
  const buffers = createBuffers();
  if (count === 0) {
    return {
      run: (task, watch) => runTask(task, watch, buffers),
      tasksUnderWay: 1,
      close: async () => {},
    };
  }
  const pool = new Tinypool({
    filename: import.meta.url,
    minThreads: count,
    maxThreads: count,
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 24 },
  });
  return {
    run: (task, watch) => runInThread(pool, task, watch),
    // The first one's outcome is awaited first, and may be the last to come.
    tasksUnderWay: 2 * count,
    close: () => pool.destroy(),
  };
}

/** What a thread is given: a task, and whom to tell of its progress, in records; a message back is to stop. */
interface ThreadInput {
  task: Task;
  port: MessagePort;
}

/** What a thread answers. Errors lose their class on the way. Null: it was stopped. */
type ThreadAnswer =
  | { outcome: TaskOutcome }
  | { damage: ErrorParts }
  | { failure: ErrorParts }
  | null;

type ErrorParts = Pick<ArchiveError, 'message' | 'next'>;

async function runInThread(
  pool: Tinypool,
  task: Task,
  { advance, signal }: TaskWatch,
): Promise<TaskOutcome | ArchiveError> {
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
    const input: ThreadInput = { task, port: port2 };
    const answer: ThreadAnswer = await pool.run(input, { transferList: [port2] });
    signal?.throwIfAborted();
    if (answer === null) throw new Error('a thread stopped unasked');
    if ('damage' in answer) return toArchiveError(answer.damage);
    if ('failure' in answer) throw toArchiveError(answer.failure);
    // Its last messages may still be on their way.
    advance(answer.outcome.sum.counts.records - told);
    return answer.outcome;
  } finally {
    signal?.removeEventListener('abort', stop);
    port.close();
  }
}

const threadBuffers = createBuffers();

/** {@link runTask} in a thread of the pool, which calls it. */
export default async function answerTask({ task, port }: ThreadInput): Promise<ThreadAnswer> {
  const controller = new AbortController();
  const { signal } = controller;
  port.on('message', () => controller.abort());
  const advance = (records: number): void => port.postMessage(records);
  try {
    const outcome = await runTask(task, { advance, signal }, threadBuffers);
    return outcome instanceof ArchiveError ? { damage: toParts(outcome) } : { outcome };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof ArchiveError) return { failure: toParts(error) };
    throw error;
  } finally {
    port.close();
  }
}

function toParts({ message, next }: ArchiveError): ErrorParts {
  return { message, next };
}

function toArchiveError({ message, next }: ErrorParts): ArchiveError {
  return new ArchiveError(message, next === undefined ? {} : { next });
}
