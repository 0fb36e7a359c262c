import { toCount, toCounted } from '../terminal/text.ts';
import { toVisible } from '../terminal/visible-text.ts';
import type { Report } from './report.ts';

/** What the report shows, in words for people at a terminal: a title, then a note or more. Pure. */
export function describeReport(report: Report): [title: string, ...notes: string[]] {
  const { timezone, from, to, days, window } = report;
  const extracted = report.extractedAt === null ? [] : [`data extracted ${report.extractedAt}`];
  if (from === null || to === null) {
    const title = report.undated === 0 ? 'No engagements.' : 'No engagements on any day.';
    const isUnloaded = report.extractedAt === null && report.undated === 0;
    const next = isUnloaded ? ['nothing is loaded yet: make extract load'] : [];
    return [title, ...extracted, ...next, ...describeUndated(report)];
  }
  const total = days.reduce((sum, day) => sum + day.total.count, 0);
  const portal = report.portal === null ? '' : ` of portal ${report.portal}`;
  const deleted = report.includeDeleted ? ', deleted ones included' : '';
  const only = report.someTypes ? [`only ${report.types.map(toVisible).join(', ')}`] : [];
  const title = `Engagements per day, by the day they ${describeInstant(report)}`;
  const range = `${from} to ${to}, ${toCounted(days.length, 'days')} in ${timezone}`;
  if (total === 0) {
    return [title, `${range}: none${portal}`, ...only, ...describeSpan(report), ...extracted];
  }
  return [
    title,
    `${range}; ${toCounted(total, 'engagements')}${portal}${deleted}`,
    ...only,
    ...extracted,
    `avg ${window}d: the mean of ${describeWindow(report)}`,
    ...describeUndated(report),
  ];
}

/** What puts an engagement on a day, such as `were created`. */
export function describeInstant({ by }: Pick<Report, 'by'>): string {
  return by === 'occurred' ? 'occurred' : `were ${by}`;
}

/** A note about the engagements that are on no day, if there are any. */
export function describeUndated(report: Report): string[] {
  if (report.undated === 0) return [];
  const why = `as HubSpot does not say when they ${describeInstant(report)}`;
  return [`On no day, ${why}: ${toCount(report.undated)}`];
}

/** Where the data begin and end, and how to show all of them; for a range that has none. */
export function describeSpan({ data }: Report): string[] {
  if (data === null) return [];
  return [`The data are of ${data.firstDay} to ${data.lastDay}. Show them with --all.`];
}

/** The days of an average, such as `the day and the 13 days before it`. */
export function describeWindow({ window, align }: Pick<Report, 'window' | 'align'>): string {
  if (window === 1) return 'the day alone';
  return align === 'centered'
    ? `the day, the ${toCounted((window - 1) / 2, 'days')} before it and as many after it`
    : `the day and the ${toCounted(window - 1, 'days')} before it`;
}
