import { toCount } from '../terminal/text.ts';

/** Engagements of one kind on one day. */
export interface Tally {
  count: number;
  /** Engagements within the rolling window; null where the window reaches beyond the data. */
  inWindow: number | null;
}

/** What stands where a day has no full window. */
export const NO_AVERAGE = '–';

/** The mean per day over a window of `window` days, in full double precision; null without a full window. */
export function toAverage(tally: Tally, window: number): number | null {
  return tally.inWindow === null ? null : tally.inWindow / window;
}

/**
 * The mean with exactly so many decimals, half rounded up as Postgres does it; null without a full window.
 * In whole numbers throughout: 1/160 is 0.00625, but the double next to it lies below.
 */
export function formatAverage(tally: Tally, window: number, decimals: number): string | null {
  if (tally.inWindow === null) return null;
  const scale = 10 ** decimals;
  const units = Math.floor((2 * tally.inWindow * scale + window) / (2 * window));
  const whole = String(Math.floor(units / scale));
  return decimals === 0 ? whole : `${whole}.${String(units % scale).padStart(decimals, '0')}`;
}

/** The sum behind a mean of four decimals. Exact: over 3650 days the rounding of the mean makes up 0.19 at most. */
export function parseAverage(average: string | null, window: number): number | null {
  return average === null ? null : Math.round(Number(average) * window);
}

/**
 * The averages of a column for people, with thousands separators, {@link NO_AVERAGE} where there is none, and equally
 * many decimals: none from an average of 100 on, one from 1 on, else two.
 */
export function displayAverages(tallies: Tally[], window: number): string[] {
  const most = tallies.reduce((max, { inWindow }) => Math.max(max, inWindow ?? 0), 0) / window;
  const decimals = most >= 100 ? 0 : most >= 1 ? 1 : 2;
  return tallies.map((tally) => {
    const average = formatAverage(tally, window, decimals);
    if (average === null) return NO_AVERAGE;
    const [whole, fraction] = average.split('.');
    return `${toCount(Number(whole))}${fraction === undefined ? '' : `.${fraction}`}`;
  });
}
