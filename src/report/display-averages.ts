import { formatAverage, type Tally } from './average.ts';
import { formatCount } from './describe-report.ts';
import type { Report, ReportDay } from './report.ts';

/** What stands where a day has no full window. */
export const NO_AVERAGE = '–';

/**
 * The averages of all days for people, with thousands separators and {@link NO_AVERAGE} where there is none: two
 * decimals, or one where the report's numbers are large. Those of the totals, unless `pick` takes another tally.
 */
export function displayAverages(
  { days, window }: Report,
  pick: (day: ReportDay) => Tally = ({ total }) => total,
): string[] {
  const most = days.reduce((sum, { total }) => Math.max(sum, total.inWindow ?? 0), 0);
  const decimals = most / window < 100 ? 2 : 1;
  return days.map((day) => {
    const average = formatAverage(pick(day), window, decimals);
    if (average === null) return NO_AVERAGE;
    const [whole, fraction] = average.split('.');
    return `${formatCount(Number(whole))}.${fraction}`;
  });
}
