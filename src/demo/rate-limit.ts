/** What an account may ask for. */
export interface Allowance {
  /** Requests within any `intervalMs`. */
  max: number;
  intervalMs: number;
  /** Requests within a UTC day, searches too. */
  daily: number;
  /** Searches within any second, which have this bucket of their own. */
  searchesPerSecond: number;
}

/** A Professional account without the limit increase. */
export const PROFESSIONAL: Allowance = {
  max: 190,
  intervalMs: 10_000,
  daily: 650_000,
  searchesPerSecond: 5,
};

/** Counts requests against an allowance as HubSpot does. */
export interface RateLimit {
  /** Counts one request, or says which limit refuses it; a refused one is not counted. */
  take(kind: 'search' | 'other'): 'allowed' | 'ten-secondly' | 'secondly' | 'daily';
  /** HubSpot's headers as they stand now; search has only the daily ones. */
  headers(kind: 'all' | 'daily'): Record<string, string>;
  /** Changes the allowance from now on; what was counted stays counted. */
  change(allowance: Partial<Allowance>): void;
}

const DAY_MS = 86_400_000;

/** `now` gives epoch milliseconds and never goes back. */
export function createRateLimit(initial: Allowance, now: () => number): RateLimit {
  let allowance = initial;
  const recent: number[] = [];
  const searches: number[] = [];
  let day = Number.NaN;
  let today = 0;

  const forgetThePast = (): number => {
    const instant = now();
    while (recent[0] !== undefined && recent[0] <= instant - allowance.intervalMs) recent.shift();
    while (searches[0] !== undefined && searches[0] <= instant - 1_000) searches.shift();
    if (Math.floor(instant / DAY_MS) !== day) {
      day = Math.floor(instant / DAY_MS);
      today = 0;
    }
    return instant;
  };

  return {
    take(kind) {
      const instant = forgetThePast();
      const isSearch = kind === 'search';
      if (today >= allowance.daily) return 'daily';
      if (isSearch && searches.length >= allowance.searchesPerSecond) return 'secondly';
      if (!isSearch && recent.length >= allowance.max) return 'ten-secondly';
      (isSearch ? searches : recent).push(instant);
      today++;
      return 'allowed';
    },
    change(changes) {
      allowance = { ...allowance, ...changes };
    },
    headers(kind) {
      forgetThePast();
      const daily = {
        'X-HubSpot-RateLimit-Daily': String(allowance.daily),
        'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, allowance.daily - today)),
      };
      if (kind === 'daily') return daily;
      return {
        'X-HubSpot-RateLimit-Max': String(allowance.max),
        'X-HubSpot-RateLimit-Remaining': String(Math.max(0, allowance.max - recent.length)),
        'X-HubSpot-RateLimit-Interval-Milliseconds': String(allowance.intervalMs),
        'X-HubSpot-RateLimit-Secondly': String(Math.floor(allowance.max / 10)),
        ...daily,
      };
    },
  };
}
