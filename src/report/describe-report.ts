import { toVisible } from '../terminal/visible-text.ts';
import type { Report } from './report.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What the report shows, in words for people at a terminal: a title, then a note or more. Pure. */
export function describeReport(report: Report): [title: string, ...notes: string[]] {
  const { timezone, from, to, days, window } = report;
  const extracted = report.extractedAt === null ? [] : [`data extracted ${report.extractedAt}`];
  if (from === null || to === null) {
    const title = report.undated === 0 ? 'No engagements.' : 'No engagements on any day.';
    const nothing = report.extractedAt === null && report.undated === 0;
    const next = nothing ? ['nothing is loaded yet: make extract load'] : [];
    return [title, ...extracted, ...next, ...describeUndated(report)];
  }
  const total = days.reduce((sum, day) => sum + day.total.count, 0);
  const portal = report.portal === null ? '' : ` of portal ${report.portal}`;
  const deleted = report.includeDeleted ? ', deleted ones included' : '';
  return [
    `Engagements per day, by the day they ${describeInstant(report)}`,
    `${from} to ${to}, ${plural(days.length, 'day')} in ${timezone}; ${plural(total, 'engagement')}${portal}${deleted}`,
    ...(report.someTypes ? [`only ${report.types.map(toVisible).join(', ')}`] : []),
    ...extracted,
    `avg ${window}d: the mean of ${describeWindow(report)}`,
    ...describeUndated(report),
  ];
}

/** What puts an engagement on a day, such as `were created`. */
export function describeInstant({ by }: Report): string {
  return by === 'occurred' ? 'occurred' : `were ${by}`;
}

/** A note about the engagements that are on no day, if there are any. */
export function describeUndated(report: Report): string[] {
  if (report.undated === 0) return [];
  const why = `as HubSpot does not say when they ${describeInstant(report)}`;
  return [`On no day, ${why}: ${formatCount(report.undated)}`];
}

/** The days of an average, such as `the day and the 13 days before it`. */
export function describeWindow({ window, align }: Report): string {
  if (window === 1) return 'the day alone';
  return align === 'centered'
    ? `the day, the ${plural((window - 1) / 2, 'day')} before it and as many after it`
    : `the day and the ${plural(window - 1, 'day')} before it`;
}

/** A whole number with thousands separators. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Three letters of the weekday of a day `YYYY-MM-DD`; those of the weekend begin with S. */
export function toWeekday(day: string): string {
  return WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] as string;
}

/** A count and what is counted, such as `1,200 days`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
