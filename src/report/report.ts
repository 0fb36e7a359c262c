import type pg from 'pg';
import { SettingsError } from '../errors.ts';
import { toDatabaseFailed } from '../postgres/to-database-failed.ts';
import { parseAverage, type Tally } from './average.ts';
import { checkTimezone } from './check-timezone.ts';
import { countDays, planRange } from './plan-range.ts';
import { type CheckedOptions, checkOptions, type ReportOptions } from './report-options.ts';
import { readQuery, toArrayLiteral } from './report-sql.ts';
import { type Survey, surveyTable } from './survey-table.ts';

/** Engagements per day, by type; what every format is made from. */
export interface Report {
  by: CheckedOptions['by'];
  timezone: string;
  /** How many days an average is over. */
  window: number;
  align: CheckedOptions['align'];
  includeDeleted: boolean;
  /** The one portal that is counted; null for all. */
  portal: string | null;
  /** Whether only types that were asked for are counted. */
  someTypes: boolean;
  /** When the newest data were extracted, `YYYY-MM-DD hh:mm` in the zone; null before the first load. */
  extractedAt: string | null;
  /** The current day in the zone, `YYYY-MM-DD`. */
  today: string;
  /** The days shown, `YYYY-MM-DD`, inclusive; null when no engagement has a day. */
  from: string | null;
  to: string | null;
  /** Engagements that are on no day, because the chosen instant of theirs is unknown. */
  undated: number;
  /** Ascending by code points. */
  types: string[];
  /** Ascending, none left out. */
  days: ReportDay[];
}

/** One day of a {@link Report}. */
export interface ReportDay {
  /** `YYYY-MM-DD` */
  day: string;
  total: Tally;
  /** One for each of the report's types, in their order. */
  types: Tally[];
}

/** Days × types that a report is made of at most, such as 136 years of 19 types; takes about 1 GB. */
const MOST_TALLIES = 1_000_000;

/** Runs what is done within the transaction, such as with an eye on a signal. */
type Within = <T>(work: () => Promise<T>) => Promise<T>;

const unwatched: Within = (work) => work();

/**
 * Counts engagements per day and type. Its queries see one state of the tables, in a transaction of their own.
 * Throws SettingsError for options that make no sense, an unknown zone, or a range of too many days; DatabaseFailed.
 */
export async function report(
  options: ReportOptions,
  client: pg.ClientBase,
  within: Within = unwatched,
): Promise<Report> {
  const checked = checkOptions(options);
  return inSnapshot(client, within, async () => {
    await checkTimezone(checked.timezone, client);
    const survey = await surveyTable(checked, client);
    const head = toHead(checked, survey);
    if (survey.data === null) return { ...head, from: null, to: null, types: [], days: [] };
    const range = planRange(checked.range, survey.data, survey.today);
    checkSize(range, survey.types.length);
    const query = { text: await readDaily(checked, survey), rowMode: 'array' };
    const { rows } = await client.query<DailyRow>(query);
    return { ...head, ...range, ...toDays(rows, checked.window) };
  });
}

/** The query behind {@link report} with these options, ready for psql. Throws as `report` does. */
export async function reportSql(
  options: ReportOptions,
  client: pg.ClientBase,
  within: Within = unwatched,
): Promise<string> {
  const checked = checkOptions(options);
  return inSnapshot(client, within, async () => {
    await checkTimezone(checked.timezone, client);
    return readDaily(checked, await surveyTable(checked, client));
  });
}

function readDaily(options: CheckedOptions, { data, today, types }: Survey): Promise<string> {
  return readQuery('daily.sql', options, {
    types: toArrayLiteral(types),
    first_day: data?.firstDay ?? '',
    last_day: data?.lastDay ?? '',
    ...planRange(options.range, data, today),
  });
}

function toHead(options: CheckedOptions, { today, extractedAt, undated }: Survey) {
  const { by, timezone, window, align, includeDeleted, portal = null } = options;
  const someTypes = options.types !== undefined;
  const counted = { by, timezone, window, align, includeDeleted, portal, someTypes };
  return { ...counted, extractedAt, today, undated };
}

// One row dated by mistake into the year 1 or 9999 must not cost all memory.
function checkSize({ from, to }: { from: string; to: string }, typeCount: number): void {
  if (countDays(from, to) * (typeCount + 1) <= MOST_TALLIES) return;
  throw new SettingsError(
    `${from} to ${to} are ${countDays(from, to)} days of ${typeCount} types: too much for one report`,
    { next: 'Give --from and --to.' },
  );
}

/** Day, type, count, rolling average: numbers as text, since int8 and numeric hold more than a double. */
type DailyRow = [day: string, type: string, count: string, average: string | null];

// Rows come by day, and within it by type; the day's total comes last, whatever types there are.
function toDays(rows: DailyRow[], window: number): { types: string[]; days: ReportDay[] } {
  const nextDay = rows.findIndex(([day]) => day !== rows[0]?.[0]);
  const width = nextDay === -1 ? rows.length : nextDay;
  const types = rows.slice(0, width - 1).map(([, type]) => type);
  const days: ReportDay[] = [];
  for (let start = 0; start < rows.length; start += width) {
    const tallies = rows.slice(start, start + width).map(([, , count, average]) => ({
      count: Number(count),
      inWindow: parseAverage(average, window),
    }));
    const [total] = tallies.splice(-1) as [Tally];
    days.push({ day: (rows[start] as DailyRow)[0], total, types: tallies });
  }
  return { types, days };
}

async function inSnapshot<T>(
  client: pg.ClientBase,
  within: Within,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await client.query('begin transaction isolation level repeatable read, read only');
    // Days are compared as text on Citus: its workers must write them as this session does.
    await client.query(
      "set local citus.propagate_set_commands to 'local'; set local datestyle to iso",
    );
    return await within(work);
  } catch (error) {
    throw toDatabaseFailed(error, 'counting engagements');
  } finally {
    // There is nothing to commit; where the connection is gone, the transaction is as well.
    await client.query('rollback').catch(() => {});
  }
}
