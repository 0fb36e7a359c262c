import type { Retry } from './failures.ts';

/** What decides about the next attempt. */
export interface RetryInput {
  /** How many attempts at this page have failed so far, from 1. */
  attempt: number;
  failure: Retry;
  /** Whether the server has answered anything in this run: one that never did is probably the wrong one. */
  everAnswered: boolean;
  /** In [0, 1). */
  random: number;
}

// The window frees itself bit by bit, and the client slows down by itself.
const WINDOW_MS = 2_000;
const LONGEST_WINDOW_MS = 10_000;
const LOCKED_MS = 2_000;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
// Beyond this the program had better end and be run again. (Timers, too, end at 2^31 ms.)
const PATIENCE_MS = 15 * 60_000;
const ATTEMPTS = 10;
const ATTEMPTS_UNANSWERED = 4;

/** Delay before the next attempt at a page, in ms; `undefined` means give up. Pure: the caller sleeps. */
export function retryDelay({
  attempt,
  failure,
  everAnswered,
  random,
}: RetryInput): number | undefined {
  if (attempt >= (everAnswered ? ATTEMPTS : ATTEMPTS_UNANSWERED)) return undefined;
  // HubSpot's own figure wins over ours: asking sooner only lengthens the penalty.
  const { retryAfterMs } = failure;
  if (retryAfterMs !== undefined) return retryAfterMs <= PATIENCE_MS ? retryAfterMs : undefined;
  switch (failure.wait) {
    case 'window':
      return Math.min(LONGEST_WINDOW_MS, WINDOW_MS * attempt) * (1 + random / 10);
    case 'second':
      return 1000 * attempt * (1 + random / 2);
    case 'locked':
      return LOCKED_MS * attempt * (1 + random / 2);
    case 'server': {
      const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
      return most / 2 + (most / 2) * random;
    }
  }
}
