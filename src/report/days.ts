/** Days of the calendar, `YYYY-MM-DD`, which sort as text. Pure. */

const MS_PER_DAY = 86_400_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** The day so many days later, or earlier where `days` is negative; none before the year 1. */
export function addDays(day: string, days: number): string {
  const at = new Date((toEpochDay(day) + days) * MS_PER_DAY);
  return at.getUTCFullYear() < 1 ? '0001-01-01' : at.toISOString().slice(0, 10);
}

/** How many days there are from `from` to `to`, both counted. */
export function countDays(from: string, to: string): number {
  return toEpochDay(to) - toEpochDay(from) + 1;
}

/** Days since 1970-01-01. */
export function toEpochDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / MS_PER_DAY;
}

/** The Monday of the day's week. */
export function toMonday(day: string): string {
  return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
}

/** Three letters of the weekday; those of the weekend begin with S. */
export function toWeekday(day: string): string {
  return WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] as string;
}

/** `Nov` */
export function formatMonth(day: string): string {
  return MONTHS[Number(day.slice(5, 7)) - 1] as string;
}

/** `5 Nov` */
export function formatDayOfMonth(day: string): string {
  return `${Number(day.slice(8))} ${formatMonth(day)}`;
}

/** `5 Nov 2026` */
export function formatDay(day: string): string {
  return `${formatDayOfMonth(day)} ${day.slice(0, 4)}`;
}

/** `Thu 5 Nov 2026` */
export function formatWeekday(day: string): string {
  return `${toWeekday(day)} ${formatDay(day)}`;
}

/** Two days, inclusive: `28 Dec 2025 to 3 Jan 2026`, `6 to 12 Jun 2016`; one day with its weekday. */
export function formatDays(from: string, to: string): string {
  if (from === to) return formatWeekday(from);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))} to ${formatDay(to)}`;
  if (from.slice(0, 4) === to.slice(0, 4)) return `${formatDayOfMonth(from)} to ${formatDay(to)}`;
  return `${formatDay(from)} to ${formatDay(to)}`;
}
