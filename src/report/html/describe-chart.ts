import { formatCount, plural, toWeekday } from '../describe-report.ts';
import type { Report } from '../report.ts';
import type { Bucket, Unit } from './bucket-days.ts';
import type { Series } from './pick-series.ts';

/** The chart in words, for those who cannot see it. */
export function describeChart(report: Report, series: Series[], unit: Unit): string {
  const busiest = report.days.reduce((most, day) =>
    day.total.count > most.total.count ? day : most,
  );
  const each = unit === 'day' ? 'one bar a day' : `one bar a ${unit}, as high as its mean per day`;
  return [
    `Stacked bars from ${report.from} to ${report.to}, ${each}; a line is the ${report.window}-day average.`,
    `The most on one day are ${formatCount(busiest.total.count)}, on ${busiest.day}.`,
    `The types, the most frequent first: ${series.map(({ name }) => name).join(', ')}.`,
    'All numbers are in the table of days below.',
  ].join(' ');
}

/** A bar in words, with all its numbers. */
export function describeBar(bucket: Bucket, report: Report, series: Series[]): string {
  const isDay = bucket.from === bucket.to;
  const parts = series
    .map(({ name }, index) => ({ name, mean: bucket.means[index] as number }))
    .filter(({ mean }) => mean > 0)
    .map(({ name, mean }) => `${name} ${formatMean(mean)}`);
  const partial = bucket.to === report.today ? ' (today, not over yet)' : '';
  const perDay = isDay ? '' : `, ${formatMean(bucket.mean)} a day`;
  const average =
    bucket.average === null ? '' : ` · ${report.window}-day average ${formatMean(bucket.average)}`;
  return `${describeDays(bucket)}${partial}: ${plural(bucket.count, 'engagement')}${perDay}${average}${parts.length > 0 ? ` · ${parts.join(', ')}` : ''}`;
}

/** A bucket's days in words. */
export function describeDays({ from, to }: Bucket): string {
  return from === to ? `${toWeekday(from)} ${from}` : `${from} to ${to}`;
}

/** Engagements per day, as exact as it takes to tell bars apart. */
export function formatMean(mean: number): string {
  if (Number.isInteger(mean) || mean >= 100) return formatCount(Math.round(mean));
  return mean.toFixed(mean < 1 ? 2 : 1);
}
