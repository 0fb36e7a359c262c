import type { Clock } from '../../src/clock.ts';

/** A clock that stands still but for `tickMs` at every look at it, and for what is slept, which takes no time. */
export interface TestClock extends Clock {
  /** What was slept so far, in ms. */
  slept: number[];
}

export function createTestClock(start: string, tickMs = 0): TestClock {
  let ms = Date.parse(start);
  const slept: number[] = [];
  return {
    slept,
    now() {
      const now = new Date(ms);
      ms += tickMs;
      return now;
    },
    async sleep(duration, signal) {
      signal?.throwIfAborted();
      slept.push(duration);
      ms += duration;
    },
  };
}
