import { toAverage } from '../average.ts';
import type { Report, ReportDay } from '../report.ts';
import type { Series } from './pick-series.ts';

/** Days that share a bar of the chart. */
export interface Bucket {
  /** First and last day, `YYYY-MM-DD`, inclusive. */
  from: string;
  to: string;
  /** Engagements per day, for each series. */
  means: number[];
  /** Engagements per day, of all types. */
  mean: number;
  /** Engagements in all. */
  count: number;
  /** The rolling average of its last day that has one; null without. */
  average: number | null;
  /** Whether it is all of its week, month or year, and over. */
  whole: boolean;
}

export type Unit = 'day' | 'week' | 'month' | 'year';

/** What days have in common that fall into the same bucket. */
const KEYS: Record<Unit, (day: string) => string> = {
  day: (day) => day,
  week: toMonday,
  month: (day) => day.slice(0, 7),
  year: (day) => day.slice(0, 4),
};

/** The smallest unit of which at most so many make up the report's days; years in the end. */
export function pickUnit({ days }: Report, mostBuckets: number): Unit {
  const daysPerUnit = { day: 1, week: 7, month: 30 } as const;
  for (const unit of ['day', 'week', 'month'] as const) {
    if (days.length / daysPerUnit[unit] <= mostBuckets) return unit;
  }
  return 'year';
}

/** The report's days in buckets of a unit; weeks begin on Monday, and the first and last bucket may be shorter. */
export function bucketDays(report: Report, series: Series[], unit: Unit): Bucket[] {
  const groups: ReportDay[][] = [];
  let key: string | undefined;
  for (const day of report.days) {
    const next = KEYS[unit](day.day);
    if (next === key) groups.at(-1)?.push(day);
    else groups.push([day]);
    key = next;
  }
  return groups.map((days) => toBucket(days, series, unit, report));
}

function toBucket(
  days: ReportDay[],
  series: Series[],
  unit: Unit,
  { window, today }: Report,
): Bucket {
  const [first] = days as [ReportDay];
  const last = days.at(-1) as ReportDay;
  const count = days.reduce((sum, { total }) => sum + total.count, 0);
  const countOf = ({ types }: Series): number =>
    days.reduce(
      (sum, day) => types.reduce((all, type) => all + (day.types[type]?.count ?? 0), sum),
      0,
    );
  const key = KEYS[unit];
  const isComplete =
    key(addDays(first.day, -1)) !== key(first.day) && key(addDays(last.day, 1)) !== key(last.day);
  const hasToday = first.day <= today && today <= last.day;
  const averaged = days.findLast(({ total }) => total.inWindow !== null);
  return {
    from: first.day,
    to: last.day,
    means: series.map((each) => countOf(each) / days.length),
    mean: count / days.length,
    count,
    average: averaged === undefined ? null : toAverage(averaged.total, window),
    whole: isComplete && !hasToday,
  };
}

function toMonday(day: string): string {
  return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
}

function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
