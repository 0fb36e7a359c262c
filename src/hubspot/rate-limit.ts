import type { Clock } from '../clock.ts';

/** A pace that keeps within a limit of requests per rolling interval, for one of HubSpot's buckets. */
export interface RateLimit {
  /** Resolves when a request may be sent; first come, first served. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Requests that wait in {@link acquire}. */
  readonly waiting: number;
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

/** A little less than what is allowed: requests reach HubSpot closer together than they leave here. */
const USED_SHARE = 0.985;
/** Unused allowance that may be caught up on at once, as a share of an interval's. */
const BURST_SHARE = 0.05;
const RECOVERY_INTERVALS = 2;

/**
 * A limiter that spaces requests evenly, lets a pause be caught up on, and never sends more than the allowance within
 * any interval. `cap` (requests per ten seconds) leaves room for the account's other integrations.
 */
export function createRateLimit(
  clock: Clock,
  initial: Allowance,
  cap = Number.POSITIVE_INFINITY,
): RateLimit {
  let { max, intervalMs } = initial;
  let remaining = Number.POSITIVE_INFINITY;
  let tokens = 1;
  let refilledAt = clock.now().getTime();
  let pausedUntil = 0;
  let slowUntil = 0;
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();
  /** When the requests of the last interval were sent, oldest first. */
  let sent: number[] = [];

  const allowed = (): number => Math.max(1, Math.min(max, (cap * intervalMs) / 10_000));

  /** 0 when a request may go now, else how long to wait before looking again. */
  function toWait(now: number): number {
    if (now < pausedUntil) return pausedUntil - now;
    const share = now < slowUntil ? USED_SHARE * 0.9 : USED_SHARE;
    const rate = (allowed() * share) / intervalMs;
    tokens = Math.min(
      Math.max(1, allowed() * BURST_SHARE),
      tokens + Math.max(0, now - refilledAt) * rate,
    );
    refilledAt = now;
    sent = sent.filter((at) => at > now - intervalMs);
    const oldest = sent[0];
    if (oldest !== undefined && sent.length >= Math.floor(allowed())) return oldest + intervalMs - now + 1;
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / rate);
  }

  async function take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = clock.now().getTime();
      const waitMs = toWait(now);
      if (waitMs === 0) {
        tokens -= 1;
        remaining -= 1;
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
    acquire(signal) {
      waiting += 1;
      const turn = tail.then(() => take(signal)).finally(() => {
        waiting -= 1;
      });
      tail = turn.catch(() => {});
      return turn;
    },
    learn(limit) {
      if (limit.max !== undefined && limit.max > 0) max = limit.max;
      if (limit.intervalMs !== undefined && limit.intervalMs > 0) intervalMs = limit.intervalMs;
      if (limit.remaining !== undefined) remaining = limit.remaining;
    },
    backOff(ms) {
      const now = clock.now().getTime();
      pausedUntil = Math.max(pausedUntil, now + ms);
      slowUntil = pausedUntil + RECOVERY_INTERVALS * intervalMs;
      tokens = 0;
    },
  };
}
