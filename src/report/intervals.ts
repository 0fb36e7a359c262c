import { addDays, toMonday } from './days.ts';
import type { Report, ReportDay } from './report.ts';

/** What the days of a report are shown by. */
export type Interval = 'day' | 'week' | 'month' | 'year';

/** A day, a week, a month or a year, as far as the report reaches. */
export interface Period {
  /** First and last day, `YYYY-MM-DD`, inclusive. */
  from: string;
  to: string;
  /** How many days that is. */
  dayCount: number;
  /** Engagements in all, and of each of the report's types. */
  total: number;
  counts: number[];
  /** The last of its days that has a rolling average, whose average stands for the period; null without. */
  averaged: ReportDay | null;
  /** Whether it is all of its week, month or year, and over. */
  isWhole: boolean;
}

/** What the days of one period have in common. */
const KEYS: Record<Interval, (day: string) => string> = {
  day: (day) => day,
  week: toMonday,
  month: (day) => day.slice(0, 7),
  year: (day) => day.slice(0, 4),
};

/** The report's days as periods, ascending. Weeks begin on Monday; the first and the last period may be shorter. Pure. */
export function toPeriods(
  { days, today }: Pick<Report, 'days' | 'today'>,
  interval: Interval,
): Period[] {
  const keyOf = KEYS[interval];
  const groups: ReportDay[][] = [];
  let key: string | undefined;
  for (const day of days) {
    const next = keyOf(day.day);
    if (next === key) groups.at(-1)?.push(day);
    else groups.push([day]);
    key = next;
  }
  return groups.map((group) => {
    const [first] = group as [ReportDay];
    const from = first.day;
    const to = (group.at(-1) as ReportDay).day;
    const isComplete =
      keyOf(addDays(from, -1)) !== keyOf(from) && keyOf(addDays(to, 1)) !== keyOf(to);
    return {
      from,
      to,
      dayCount: group.length,
      total: group.reduce((sum, { total }) => sum + total.count, 0),
      counts: first.types.map((_, type) =>
        group.reduce((sum, { types }) => sum + (types[type]?.count ?? 0), 0),
      ),
      averaged: group.findLast(({ total }) => total.inWindow !== null) ?? null,
      isWhole: isComplete && !(from <= today && today <= to),
    };
  });
}
