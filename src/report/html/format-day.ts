import { toWeekday } from '../describe-report.ts';

const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** A day `YYYY-MM-DD` as `5 Nov 2026`. */
export function formatDay(day: string): string {
  return `${formatDayOfMonth(day)} ${day.slice(0, 4)}`;
}

/** A day `YYYY-MM-DD` as `Thu 5 Nov 2026`. */
export function formatWeekday(day: string): string {
  return `${toWeekday(day)} ${formatDay(day)}`;
}

/** A day `YYYY-MM-DD` as `5 Nov`. */
export function formatDayOfMonth(day: string): string {
  return `${Number(day.slice(8))} ${formatMonth(day)}`;
}

/** The month of a day `YYYY-MM-DD` as `Nov`. */
export function formatMonth(day: string): string {
  return MONTHS[Number(day.slice(5, 7)) - 1] as string;
}

/** Two days, inclusive, as `28 Dec 2025 to 3 Jan 2026`; once if they are the same. */
export function formatDays(from: string, to: string): string {
  return from === to ? formatWeekday(from) : `${formatDay(from)} to ${formatDay(to)}`;
}
