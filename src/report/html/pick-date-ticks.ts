import { toWeekday } from '../describe-report.ts';
import type { ReportDay } from '../report.ts';
import { formatDayOfMonth, formatMonth } from './format-day.ts';

/** A place on the axis of dates. */
export interface DateTick {
  /** `YYYY-MM-DD` */
  day: string;
  label: string;
}

/** A way to choose days for the axis. */
interface Step {
  /** Days between them, about. */
  days: number;
  /** What its labels take, in the chart's units. */
  room: number;
  /** Reports of more days do without it. */
  mostDays?: number;
  has(day: string): boolean;
}

const DAY_ROOM = 54;
const ROOM = 40;
const MS_PER_WEEK = 7 * 86_400_000;

const isMonday = (day: string): boolean => toWeekday(day) === 'Mon';
const isOddWeek = (day: string): boolean => Math.floor(Date.parse(day) / MS_PER_WEEK) % 2 !== 0;
const startsMonths = (months: number) => (day: string) =>
  day.endsWith('-01') && (Number(day.slice(5, 7)) - 1) % months === 0;
const startsYears = (years: number) => (day: string) =>
  day.endsWith('-01-01') && Number(day.slice(0, 4)) % years === 0;

const STEPS: Step[] = [
  { days: 1, room: DAY_ROOM, has: () => true },
  { days: 7, room: DAY_ROOM, has: isMonday },
  // Of two months, their beginnings are too few.
  { days: 14, room: DAY_ROOM, mostDays: 75, has: (day) => isMonday(day) && isOddWeek(day) },
  ...[1, 3, 6].map((months) => ({ days: 30 * months, room: ROOM, has: startsMonths(months) })),
  ...[1, 2, 5, 10, 20, 50, 100, 500].map((years) => ({
    ...{ days: 365 * years, room: ROOM, has: startsYears(years) },
  })),
];

/** The days to name on an axis so many units long: as many as fit, at the beginnings of weeks, months or years. */
export function pickDateTicks(days: Pick<ReportDay, 'day'>[], length: number): DateTick[] {
  const fits = ({ days: step, room, mostDays = Number.POSITIVE_INFINITY }: Step): boolean =>
    days.length <= mostDays && (step * length) / days.length >= room;
  const step = STEPS.find(fits) ?? (STEPS.at(-1) as Step);
  return days
    .filter(({ day }) => step.has(day))
    .map(({ day }) => ({ day, label: formatTick(day, step.days) }));
}

function formatTick(day: string, step: number): string {
  if (step < 30) return formatDayOfMonth(day);
  return day.endsWith('-01-01') ? day.slice(0, 4) : formatMonth(day);
}
