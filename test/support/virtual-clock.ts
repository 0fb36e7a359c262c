import { setImmediate as settle } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** A clock on which sleeping takes no time at all, though many sleep at once and wake in their order. */
export interface VirtualClock extends Clock {
  /** Ms since the clock was made. */
  readonly elapsedMs: number;
  /** Lets time pass until `work` has ended. Throws Error when it waits for something that no time brings. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  at: number;
  wake: () => void;
}

export function createVirtualClock(start = '2026-11-24T01:50:00.000Z'): VirtualClock {
  const startMs = Date.parse(start);
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();

  /** Wakes whoever sleeps shortest; the first come when several do. */
  function wakeNext(): void {
    let next: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (next === undefined || sleeper.at < next.at) next = sleeper;
    }
    if (next === undefined) throw new Error('nobody sleeps, and yet the work has not ended');
    sleepers.delete(next);
    nowMs = Math.max(nowMs, next.at);
    next.wake();
  }

  return {
    get elapsedMs() {
      return nowMs - startMs;
    },
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { at: nowMs + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      }),
    async run(work) {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      work.then(end, end);
      for (;;) {
        // Everything that promises alone bring about happens before the next timer.
        await settle();
        if (ended) return work;
        wakeNext();
      }
    },
  };
}
