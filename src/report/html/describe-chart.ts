import { formatCount, plural } from '../describe-report.ts';
import type { Report } from '../report.ts';
import type { Bucket, Unit } from './bucket-days.ts';
import { formatDay, formatDays, formatWeekday } from './format-day.ts';
import type { Series } from './pick-series.ts';

/** The chart in words, for those who cannot see it. */
export function describeChart(report: Report, series: Series[], unit: Unit): string {
  const { days, window } = report;
  const busiest = days.reduce((most, day) => (day.total.count > most.total.count ? day : most));
  const each = unit === 'day' ? 'one bar a day' : `one bar a ${unit}, as high as its mean per day`;
  return [
    `Stacked bars, ${formatDays(report.from as string, report.to as string)}, ${each}; a line is the ${window}-day average.`,
    `The most on one day are ${formatCount(busiest.total.count)}, on ${formatWeekday(busiest.day)}.`,
    `The types, the most frequent first: ${series.map(({ name }) => name).join(', ')}.`,
    'All numbers are in the table of days below.',
  ].join(' ');
}

/** A bar in words: lines of its days and of each of its numbers. */
export function describeBar(bucket: Bucket, report: Report, series: Series[]): string[] {
  const isDay = bucket.from === bucket.to;
  const parts = series
    .map(({ name }, index) => ({ name, mean: bucket.means[index] as number }))
    .filter(({ mean }) => mean > 0);
  const perDay = isDay ? '' : `, ${formatMean(bucket.mean)} a day`;
  return [
    formatDays(bucket.from, bucket.to),
    ...(bucket.to === report.today ? ['today is not over yet'] : []),
    `${plural(bucket.count, 'engagement')}${perDay}`,
    ...(bucket.average === null
      ? []
      : [`${report.window}-day average: ${formatMean(bucket.average)}`]),
    ...parts.map(({ name, mean }) => `${name}: ${formatMean(mean)}${isDay ? '' : ' a day'}`),
  ];
}

/** What the chart does not show by itself, in words; empty when there is nothing. */
export function describeLimits(buckets: Bucket[], top: number, unit: Unit): string {
  const cut = buckets.filter(({ mean }) => mean > top);
  const off = buckets.filter(({ average }) => average !== null && average > top);
  const highest = cut.toSorted((a, b) => b.mean - a.mean).slice(0, 3);
  const list = highest.map(({ from, to, count, mean }) =>
    unit === 'day'
      ? `${formatCount(count)} on ${formatWeekday(from)}`
      : `${formatMean(mean)} a day, ${formatDays(from, to)}`,
  );
  const most = Math.max(...off.map(({ average }) => average as number));
  return [
    ...(unit === 'day' ? [] : [`A bar is a ${unit}, as high as its mean day.`]),
    ...(buckets.every(({ whole }) => whole)
      ? []
      : [unit === 'day' ? 'Pale: today, not over yet.' : `Pale: not a whole ${unit}.`]),
    ...(cut.length === 0
      ? []
      : [`Higher than shown: ${list.join('; ')}${cut.length > list.length ? ' …' : '.'}`]),
    ...(off.length === 0
      ? []
      : [
          `Between ${formatDay((off[0] as Bucket).from)} and ${formatDay((off.at(-1) as Bucket).to)} the average leaves the chart; it is ${formatMean(most)} at most.`,
        ]),
  ].join(' ');
}

/** Engagements per day, as exact as it takes to tell bars apart. */
export function formatMean(mean: number): string {
  if (Number.isInteger(mean) || mean >= 100) return formatCount(Math.round(mean));
  if (mean < 0.005) return '< 0.01';
  return mean.toFixed(mean < 1 ? 2 : 1);
}
