import type { Bucket } from './bucket-days.ts';

/** Fewer bars than this are all shown in full: none of them is an exception. */
const FEWEST_BARS = 14;
/** At most this share of the bars, or one, may be exceptions. */
const MOST_EXCEPTIONS = 0.03;
/** An average of days that are not shown, or that are cut, is off the chart when it is so much higher than all bars. */
const MOST_ABOVE = 1.4;

/**
 * The highest value that the chart has to have room for. A day of an import can hold a thousand times what other days
 * do, and would press those flat: where a few bars are over four times as high as all others, they are cut.
 */
export function capHeight(buckets: Bucket[]): number {
  const heights = buckets.map(({ mean }) => mean).sort((a, b) => b - a);
  const bars = findUsual(heights) ?? heights[0] ?? 0;
  const averages = buckets.map(({ average }) => average ?? 0);
  const line = averages.filter((average) => average <= MOST_ABOVE * bars);
  return Math.max(bars, ...line) || Math.max(...averages, 0) || 1;
}

/** Just above the bars that are no exceptions; undefined when none is. `heights` descend. */
function findUsual(heights: number[]): number | undefined {
  if (heights.length < FEWEST_BARS) return undefined;
  const filled = heights.filter((height) => height > 0).length;
  for (let count = Math.max(1, Math.floor(heights.length * MOST_EXCEPTIONS)); count > 0; count--) {
    const [lowest = 0, usual = 0] = heights.slice(count - 1);
    // Several exceptions need a rule to be exceptions from.
    const known = count === 1 || filled - count >= FEWEST_BARS;
    if (known && usual > 0 && lowest > 4 * usual) return 1.1 * usual;
  }
  return undefined;
}
