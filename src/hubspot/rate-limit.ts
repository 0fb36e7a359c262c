import type { Clock } from '../clock.ts';

/** Keeps requests within one of HubSpot's limits per rolling interval. */
export interface RateLimit {
  /**
   * Resolves when a request may be sent, and counts it at that instant; first come, first served. Rejects with the
   * signal's reason.
   */
  acquire(signal: AbortSignal): Promise<void>;
  /** How long to wait before a request may be sent, in ms; 0: it may go now. */
  toWait(): number;
  /** A request is sent at the instant of the last {@link toWait}. */
  count(): void;
  /** Requests that wait in {@link acquire}. */
  readonly waiting: number;
  /** Requests per millisecond that the allowance comes to. */
  readonly rate: number;
  /** Takes in what an answer's headers say about the limit, which may change during a run. */
  learn(limit: { max?: number; intervalMs?: number; remaining?: number }): void;
  /** After a 429: sends nothing for `ms`, and leaves a larger share to others for a while. */
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

/** Requests take different times to reach HubSpot: an interval is treated as this much longer than it is. */
const SLACK = 1.02;
/** The share of the allowance that each 429 leaves to others, and that each interval without a 429 takes back. */
const YIELD_SHARE = 0.03;
const RECOVERY_SHARE = 0.01;
/** 429s leave at most this share to others: they may have another cause. */
const MOST_YIELDED_SHARE = 0.5;
/** A difference up to this share between HubSpot's count and ours is ignored. */
const NOISE_SHARE = 0.01;

/**
 * A limiter that never sends more than the allowance within any rolling interval. Requests that were not used may follow
 * later within the interval, as fast as the caller likes. It leaves room for others who use the same allowance. A request
 * leaves only when `shared`, a limit for several of HubSpot's limits together, allows it at the same instant.
 */
export function createRateLimit(
  clock: Clock,
  initial: Allowance,
  shared?: Pick<RateLimit, 'toWait' | 'count'>,
): RateLimit {
  let { max, intervalMs } = initial;
  /** When the requests of the last interval were sent, oldest first. */
  let sent: number[] = [];
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();
  let pausedUntil = 0;
  /** The share left to others, and when the last 429 raised it. */
  let yielded = { share: 0, at: 0 };
  /** How many requests others were last seen to make in an interval, and until when that counts. */
  let foreign = { requests: 0, until: 0 };

  let looked = Number.NEGATIVE_INFINITY;

  /** When the clock was set back, the instants noted by it are set back as well; else they would lie in the future. */
  function nowMs(): number {
    const now = clock.now().getTime();
    const backMs = looked - now;
    if (backMs > 0) {
      sent = sent.map((at) => at - backMs);
      pausedUntil -= backMs;
      yielded = { ...yielded, at: yielded.at - backMs };
      foreign = { ...foreign, until: foreign.until - backMs };
    }
    looked = now;
    return now;
  }

  /** Requests that we may send within an interval now; at least one. */
  const allowed = (now: number): number => {
    const own = max * (1 - yieldedShare(now)) - (now < foreign.until ? foreign.requests : 0);
    return Math.max(1, Math.floor(own));
  };

  const yieldedShare = (now: number): number =>
    Math.max(0, yielded.share - (RECOVERY_SHARE * (now - yielded.at)) / intervalMs);

  function toWait(): number {
    const now = nowMs();
    if (now < pausedUntil) return pausedUntil - now;
    const windowMs = intervalMs * SLACK;
    sent = sent.filter((at) => at > now - windowMs);
    const oldest = sent[sent.length - allowed(now)];
    return oldest === undefined ? 0 : Math.floor(oldest + windowMs - now) + 1;
  }

  function count(): void {
    sent.push(looked);
  }

  async function take(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const waitMs = Math.max(toWait(), shared?.toWait() ?? 0);
      if (waitMs === 0) {
        count();
        shared?.count();
        return;
      }
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    toWait,
    count,
    get waiting() {
      return waiting;
    },
    get rate() {
      return allowed(nowMs()) / (intervalMs * SLACK);
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
      const now = nowMs();
      // Requests under way are counted here but not yet by HubSpot: the largest recent difference is the best estimate.
      const requests = max - limit.remaining - sent.length;
      const isNoise = requests <= max * NOISE_SHARE;
      if (isNoise || (now < foreign.until && requests < foreign.requests)) return;
      foreign = { requests, until: now + intervalMs };
    },
    backOff(ms) {
      const now = nowMs();
      // 429s to requests that were under way together have one cause.
      if (now >= pausedUntil) {
        const share = Math.min(MOST_YIELDED_SHARE, yieldedShare(now) + YIELD_SHARE);
        yielded = { share, at: now };
      }
      pausedUntil = Math.max(pausedUntil, now + ms);
    },
  };
}
