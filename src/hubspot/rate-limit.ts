import type { Clock } from '../clock.ts';

/** A pace that keeps within a limit of requests per rolling interval, for one of HubSpot's buckets. */
export interface RateLimit {
  /** Resolves when a request may be sent; first come, first served. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Requests that wait in {@link acquire}. */
  readonly waiting: number;
  /** Requests per millisecond that the allowance comes to. */
  readonly rate: number;
  /** What an answer's headers say about the limit; they may change in mid-run. */
  learn(limit: { max?: number; intervalMs?: number; remaining?: number }): void;
  /** An answer 429: nothing is sent for so long, and the pace is slower for a while. */
  backOff(ms: number): void;
}

/** Requests per interval. */
export interface Allowance {
  max: number;
  intervalMs: number;
}

/** The least that HubSpot grants any account; kept until an answer's headers say more. */
export const UNKNOWN_ACCOUNT: Allowance = { max: 100, intervalMs: 10_000 };
/** Search: per account, and its answers say nothing about it (HubSpot's usage guidelines). */
export const SEARCH: Allowance = { max: 5, intervalMs: 1_000 };

/** Requests do not reach HubSpot at the distances at which they leave here: an interval is taken for this much longer. */
const SLACK = 1.02;
/** The pace after a 429, for an interval. */
const SLOW_SHARE = 0.9;
const NOISE_SHARE = 0.1;

/**
 * A limiter that never sends more than the allowance within any rolling interval, and otherwise spaces requests evenly,
 * except that what was left unused in the last interval may be caught up on. `cap` (requests per ten seconds) leaves
 * room for the account's other integrations.
 */
export function createRateLimit(
  clock: Clock,
  initial: Allowance,
  cap = Number.POSITIVE_INFINITY,
): RateLimit {
  let { max, intervalMs } = initial;
  // Nothing was sent yet: a run that is shorter than an interval need not be spaced at all.
  let tokens = Number.POSITIVE_INFINITY;
  let refilledAt = clock.now().getTime();
  let pausedUntil = 0;
  let slowUntil = 0;
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();
  /** When the requests of the last interval were sent, oldest first. */
  let sent: number[] = [];
  /** What others seem to have used of the same allowance within this interval. */
  let foreign = 0;
  let foreignUntil = 0;

  const allowed = (): number => Math.max(1, Math.min(max, (cap * intervalMs) / 10_000));
  const rateAt = (now: number): number =>
    (allowed() * (now < slowUntil ? SLOW_SHARE : 1)) / (intervalMs * SLACK);

  /** 0 when a request may go now, else how long to wait before looking again. */
  function toWait(now: number): number {
    if (now < pausedUntil) return pausedUntil - now;
    const rate = rateAt(now);
    tokens = Math.min(allowed(), tokens + Math.max(0, now - refilledAt) * rate);
    refilledAt = now;
    const windowMs = intervalMs * SLACK;
    sent = sent.filter((at) => at > now - windowMs);
    const others = now < foreignUntil ? foreign : 0;
    const free = Math.max(1, Math.floor(allowed()) - others);
    const oldest = sent[sent.length - free];
    if (oldest !== undefined) return Math.ceil(oldest + windowMs - now) + 1;
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / rate);
  }

  async function take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = clock.now().getTime();
      const waitMs = toWait(now);
      if (waitMs === 0) {
        tokens -= 1;
        sent.push(now);
        return;
      }
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    get waiting() {
      return waiting;
    },
    get rate() {
      return rateAt(clock.now().getTime());
    },
    acquire(signal) {
      waiting += 1;
      const turn = tail
        .then(() => take(signal))
        .finally(() => {
          waiting -= 1;
        });
      tail = turn.catch(() => {});
      return turn;
    },
    learn(limit) {
      if (limit.max !== undefined && limit.max > 0) max = limit.max;
      if (limit.intervalMs !== undefined && limit.intervalMs > 0) intervalMs = limit.intervalMs;
      if (limit.remaining === undefined) return;
      const now = clock.now().getTime();
      const others = max - limit.remaining - sent.length;
      // What is under way counts there and here at different times: a few are nobody's.
      foreign = others > max * NOISE_SHARE ? others : 0;
      foreignUntil = now + intervalMs;
    },
    backOff(ms) {
      const now = clock.now().getTime();
      pausedUntil = Math.max(pausedUntil, now + ms);
      slowUntil = pausedUntil + intervalMs;
      tokens = 0;
    },
  };
}
