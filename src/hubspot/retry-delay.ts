import type { Retry } from './failures.ts';

/** What decides about the next attempt. */
export interface RetryInput {
  /** How many attempts at this page have failed in this way so far, from 1. */
  attempt: number;
  failure: Retry;
  /** Whether the server has answered anything in this run; one that never did is probably the wrong address. */
  everAnswered: boolean;
  /** In [0, 1). */
  random: number;
}

// Room comes back bit by bit, and the rate limit slows down as well.
const WINDOW_MS = 2_000;
const LONGEST_WINDOW_MS = 10_000;
const LOCKED_MS = 2_000;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
// For longer waits the run ends, to be resumed later. (A timer cannot wait more than 2^31 ms.)
const PATIENCE_MS = 15 * 60_000;
const ATTEMPTS = 10;
// Others may be using up the limit: some ten minutes.
const ATTEMPTS_LIMITED = 60;
const ATTEMPTS_UNANSWERED = 4;

/** Delay before the next attempt at a page, in ms; `undefined` means give up. Pure: the caller sleeps. */
export function retryDelay({
  attempt,
  failure,
  everAnswered,
  random,
}: RetryInput): number | undefined {
  const isLimited = failure.wait === 'window' || failure.wait === 'second';
  const most = isLimited ? ATTEMPTS_LIMITED : everAnswered ? ATTEMPTS : ATTEMPTS_UNANSWERED;
  if (attempt >= most) return undefined;
  // HubSpot's own figure wins over ours: asking sooner only lengthens the penalty.
  const { retryAfterMs } = failure;
  if (retryAfterMs !== undefined) return retryAfterMs <= PATIENCE_MS ? retryAfterMs : undefined;
  switch (failure.wait) {
    case 'window':
      return Math.min(LONGEST_WINDOW_MS, WINDOW_MS * attempt) * (1 + random / 10);
    case 'second':
      return Math.min(LONGEST_WINDOW_MS, 1000 * attempt) * (1 + random / 2);
    case 'locked':
      return LOCKED_MS * attempt * (1 + random / 2);
    case 'server': {
      const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
      return longest / 2 + (longest / 2) * random;
    }
  }
}
