import type { Report } from './report.ts';
import { toVisible } from './visible-text.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What the report shows, in words for people: a title, then a note or more. `average` is what the mean is called. Pure. */
export function describeReport(
  report: Report,
  average = `avg ${report.window}d`,
): [title: string, ...notes: string[]] {
  const { by, timezone, from, to, days, undated } = report;
  const happened = by === 'occurred' ? 'occurred' : `were ${by}`;
  const onNoDay =
    undated === 0
      ? []
      : [`On no day, as HubSpot does not say when they ${happened}: ${formatCount(undated)}`];
  if (from === null || to === null) {
    return [undated === 0 ? 'No engagements.' : 'No engagements on any day.', ...onNoDay];
  }
  const total = days.reduce((sum, day) => sum + day.total.count, 0);
  const portal = report.portal === null ? '' : ` of portal ${report.portal}`;
  const deleted = report.includeDeleted ? ', deleted ones included' : '';
  return [
    `Engagements per day, by the day they ${happened}`,
    `${from} to ${to}, ${plural(days.length, 'day')} in ${timezone}; ${plural(total, 'engagement')}${portal}${deleted}`,
    ...(report.someTypes ? [`only ${report.types.map(toVisible).join(', ')}`] : []),
    ...(report.extractedAt === null ? [] : [`data extracted ${report.extractedAt}`]),
    `${average}: the mean of ${describeWindow(report)}`,
    ...onNoDay,
  ];
}

/** A whole number with thousands separators. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Three letters of the weekday of a day `YYYY-MM-DD`; those of the weekend begin with S. */
export function toWeekday(day: string): string {
  return WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] as string;
}

function describeWindow({ window, align }: Report): string {
  if (window === 1) return 'the day alone';
  return align === 'centered'
    ? `the day, the ${plural((window - 1) / 2, 'day')} before it and as many after it`
    : `the day and the ${plural(window - 1, 'day')} before it`;
}

/** A count and what is counted, such as `1,200 days`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
