/** What an account may ask for. */
export interface Allowance {
  /** Requests within any `intervalMs`. */
  max: number;
  intervalMs: number;
  /** Requests within a UTC day. */
  daily: number;
}

/** A Professional account without the limit increase. */
export const PROFESSIONAL: Allowance = { max: 190, intervalMs: 10_000, daily: 650_000 };

/** Counts requests against an allowance as HubSpot does. */
export interface RateLimit {
  /** Counts one request, or says which limit refuses it; a refused one is not counted. */
  take(): 'allowed' | 'ten-secondly' | 'daily';
  /** HubSpot's headers as they stand now; search has only the daily ones. */
  headers(kind: 'all' | 'daily'): Record<string, string>;
}

const DAY_MS = 86_400_000;

/** `now` gives epoch milliseconds and never goes back. */
export function createRateLimit(allowance: Allowance, now: () => number): RateLimit {
  const recent: number[] = [];
  let day = Number.NaN;
  let today = 0;

  const forgetThePast = (): number => {
    const instant = now();
    while (recent[0] !== undefined && recent[0] <= instant - allowance.intervalMs) recent.shift();
    if (Math.floor(instant / DAY_MS) !== day) {
      day = Math.floor(instant / DAY_MS);
      today = 0;
    }
    return instant;
  };

  return {
    take() {
      const instant = forgetThePast();
      if (today >= allowance.daily) return 'daily';
      if (recent.length >= allowance.max) return 'ten-secondly';
      recent.push(instant);
      today++;
      return 'allowed';
    },
    headers(kind) {
      forgetThePast();
      const daily = {
        'X-HubSpot-RateLimit-Daily': String(allowance.daily),
        'X-HubSpot-RateLimit-Daily-Remaining': String(allowance.daily - today),
      };
      if (kind === 'daily') return daily;
      return {
        'X-HubSpot-RateLimit-Max': String(allowance.max),
        'X-HubSpot-RateLimit-Remaining': String(allowance.max - recent.length),
        'X-HubSpot-RateLimit-Interval-Milliseconds': String(allowance.intervalMs),
        'X-HubSpot-RateLimit-Secondly': String(Math.floor(allowance.max / 10)),
        ...daily,
      };
    },
  };
}
