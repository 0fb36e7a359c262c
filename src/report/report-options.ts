import { SettingsError } from '../errors.ts';

/** What to report, and of which days. */
export interface ReportOptions {
  /** Which instant of an engagement puts it on a day. */
  by: 'created' | 'occurred' | 'updated';
  range: ReportRange;
  /** IANA name of the zone whose days are counted, such as `Europe/Berlin`. */
  timezone: string;
  /** How many days an average is over, 1 to 3650; 14 unless told. */
  window?: number;
  /** Whether an average's days end with its day or lie around it (then `window` is odd); trailing unless told. */
  align?: 'trailing' | 'centered';
  /** Whether engagements that were deleted in HubSpot count; not unless told. */
  includeDeleted?: boolean;
  /** The types that count, also in the totals, in any case; all unless told. */
  types?: string[];
  /** Engagements a day that are aimed at, by type (in any case) or `ALL`; none unless told. */
  goals?: Record<string, number>;
  /** Id of the portal whose engagements count; all portals unless told. */
  portal?: string;
  /** Schema of the tables. */
  schema: string;
  /** The current day in `timezone`, `YYYY-MM-DD`; the database's unless told. */
  today?: string;
}

/** The days to show. */
export type ReportRange =
  /** This many days that end today, or with the last day with data if that is earlier. */
  | { kind: 'last'; days: number }
  /** From the first day with data to the last. */
  | { kind: 'all' }
  /**
   * Calendar days `YYYY-MM-DD` (`YYYY/MM/DD` is read as well), inclusive; an absent one is the first or last day with
   * data.
   */
  | { kind: 'between'; from?: string; to?: string };

/** {@link ReportOptions} with the defaults filled in, and found to be sound. */
export type CheckedOptions = Required<Omit<ReportOptions, Open>> & {
  [Option in Open]: ReportOptions[Option] | undefined;
};
/** What the database fills in. */
type Open = 'today' | 'types' | 'portal';

/** The longest window, and the most days that a range of the last days has. */
const MOST_DAYS = 3650;

/** Fills the defaults in. Throws SettingsError for what makes no sense; the zone is for `checkTimezone`. */
export function checkOptions(options: ReportOptions): CheckedOptions {
  const { window = 14, align = 'trailing', includeDeleted = false, goals = {} } = options;
  const { today, types, portal } = options;
  checkDayCount('--window', window);
  if (align === 'centered' && window % 2 === 0) {
    throw new SettingsError(`--align centered needs an odd --window; it is ${window}`, {
      next: `With --window ${window + 1} as many days lie before a day as after it.`,
    });
  }
  const range = checkRange(options.range);
  if (today !== undefined) checkDay('today', today);
  if (types?.length === 0) throw new SettingsError('--types names no type');
  if (portal !== undefined && !/^\d{1,18}$/.test(portal)) {
    throw new SettingsError(`--portal must be a portal's id, such as 62515; it is ${portal}`);
  }
  return { ...options, range, window, align, includeDeleted, goals, today, types, portal };
}

function checkRange(range: ReportRange): ReportRange {
  if (range.kind === 'last') checkDayCount('the number of last days', range.days);
  if (range.kind !== 'between') return range;
  const from = range.from === undefined ? undefined : checkDay('--from', range.from);
  const to = range.to === undefined ? undefined : checkDay('--to', range.to);
  if (from !== undefined && to !== undefined && from > to) {
    throw new SettingsError(`--from ${from} is after --to ${to}`);
  }
  return {
    kind: 'between',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function checkDayCount(name: string, days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS) return;
  throw new SettingsError(`${name} must be a whole number of days from 1 to ${MOST_DAYS}`);
}

/** The day as `YYYY-MM-DD`. */
function checkDay(name: string, text: string): string {
  const day = text.replace(/^(\d{4})\/(\d\d)\/(\d\d)$/, '$1-$2-$3');
  // The year 0 exists in JavaScript's calendar but not in Postgres's.
  if (/^\d{4}-\d\d-\d\d$/.test(day) && !day.startsWith('0000') && isOnCalendar(day)) return day;
  throw new SettingsError(
    `${name} must be a day of the calendar such as 2026-02-28; it is ${text}`,
  );
}

function isOnCalendar(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes February 30th for March 1st.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}
