/** Fewer bars than this are all shown in full: none of them is an exception. */
const FEWEST_BARS = 14;
/** At most this share of the bars, or one, may be exceptions. */
const MOST_EXCEPTIONS = 0.03;
/** An average of days that are not shown, or that are cut, is off the chart when it is so much higher than all bars. */
const MOST_ABOVE = 1.4;

/**
 * The highest value that a chart of these bars and averages has to have room for. The
 * day of an import can hold a thousand times what other days do: where a few bars are over four times as high as all
 * others, they are cut. Pure.
 */
export function capHeight(bars: number[], averages: (number | null)[]): number {
  const heights = bars.toSorted((a, b) => b - a);
  const usual = findUsual(heights) ?? heights[0] ?? 0;
  const known = averages.filter((average) => average !== null);
  const shown = known.filter((average) => average <= MOST_ABOVE * usual);
  return shown.reduce(max, usual) || known.reduce(max, 0) || 1;
}

function max(a: number, b: number): number {
  return Math.max(a, b);
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
