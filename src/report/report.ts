import type pg from 'pg';
import { SettingsError } from '../errors.ts';
import { toDatabaseFailed } from '../postgres/to-database-failed.ts';
import { parseAverage, type Tally } from './average.ts';
import { checkTimezone } from './check-timezone.ts';
import { addDays, countDays } from './days.ts';
import { type DataSpan, planRange } from './plan-range.ts';
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
  /** Ids of the portals that were loaded, ascending; only the one asked for. */
  portals: string[];
  /** Whether only types that were asked for are counted. */
  someTypes: boolean;
  /** When the newest data were extracted, `YYYY-MM-DD hh:mm` in the zone; null before the first load. */
  extractedAt: string | null;
  /** The current day in the zone, `YYYY-MM-DD`. */
  today: string;
  /** The days shown, `YYYY-MM-DD`, inclusive; null when no engagement has a day. */
  from: string | null;
  to: string | null;
  /** The first and the last day with engagements of any type; null when no engagement has a day. */
  data: DataSpan | null;
  /** Engagements a day that are aimed at, by type or `ALL`. */
  goals: Record<string, number>;
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

/** A {@link Report} with what only the page shows. */
export interface DetailedReport extends Report {
  /** Engagements of each of the report's types by weekday and hour: Monday's first hour first, 168 in all. */
  hours: number[][];
  figures: Figures;
  /** The equally long period that ends where the report begins; null where the data do not reach so far back. */
  before: { days: ReportDay[]; figures: Figures } | null;
}

/** What happened in a range of days. */
export interface Figures {
  /** Owners with any engagement. */
  owners: number;
  calls: number;
  /** Calls whose outcome is HubSpot's "Connected". */
  connected: number;
  meetings: number;
  /** Meetings whose outcome is "Completed". */
  held: number;
  /** Contacts that any engagement is associated with. */
  contacts: number;
}

/** Days × types that a report is made of at most, such as 136 years of 19 types; takes about 1 GB. */
const MOST_TALLIES = 1_000_000;

const HOURS_PER_WEEK = 168;

/** Runs what is done within the transaction, such as with an eye on a signal. */
type Within = <T>(work: () => Promise<T>) => Promise<T>;

const unwatched: Within = (work) => work();

/**
 * Counts engagements per day and type. Its queries see one state of the tables, in a transaction of their own.
 * Throws SettingsError for options that make no sense, an unknown zone, or a range of too many days; DatabaseFailed.
 */
export function report(
  options: ReportOptions,
  client: pg.ClientBase,
  within: Within = unwatched,
): Promise<Report> {
  const checked = checkOptions(options);
  return inSnapshot(client, within, async () => countReport(checked, client));
}

/** {@link report}, and the details of the page, of the same state of the tables. Throws as `report` does. */
export function reportDetails(
  options: ReportOptions,
  client: pg.ClientBase,
  within: Within = unwatched,
): Promise<DetailedReport> {
  const checked = checkOptions(options);
  return inSnapshot(client, within, async () => {
    const counted = await countReport(checked, client);
    return { ...counted, ...(await countDetails(checked, counted, client)) };
  });
}

/** The query behind {@link report} with these options, ready for psql. Throws as `report` does. */
export function reportSql(
  options: ReportOptions,
  client: pg.ClientBase,
  within: Within = unwatched,
): Promise<string> {
  const checked = checkOptions(options);
  return inSnapshot(client, within, async () => {
    await checkTimezone(checked.timezone, client);
    const survey = await surveyTable(checked, client);
    return readDaily(checked, survey, planRange(checked.range, survey.data, survey.today));
  });
}

async function countReport(options: CheckedOptions, client: pg.ClientBase): Promise<Report> {
  await checkTimezone(options.timezone, client);
  const survey = await surveyTable(options, client);
  const head = toHead(options, survey);
  if (survey.data === null) return { ...head, from: null, to: null, types: [], days: [] };
  const range = planRange(options.range, survey.data, survey.today);
  checkSize(range, survey.types.length);
  return { ...head, ...range, ...(await countByDay(options, survey, range, client)) };
}

async function countByDay(
  options: CheckedOptions,
  survey: Pick<Survey, 'types' | 'data'>,
  range: DayRange,
  client: pg.ClientBase,
): Promise<{ types: string[]; days: ReportDay[] }> {
  const query = { text: await readDaily(options, survey, range), rowMode: 'array' };
  const { rows } = await client.query<DailyRow>(query);
  return toDays(rows, options.window);
}

async function countDetails(
  options: CheckedOptions,
  { types, data, from, to, days }: Report,
  client: pg.ClientBase,
): Promise<Omit<DetailedReport, keyof Report>> {
  if (data === null || from === null || to === null) {
    return { hours: [], figures: NO_FIGURES, before: null };
  }
  const hours = await countHours(options, types, { from, to }, client);
  const figures = await countFigures(options, types, { from, to }, client);
  const range = { from: addDays(from, -days.length), to: addDays(from, -1) };
  if (range.from < data.firstDay) return { hours, figures, before: null };
  const counted = await countByDay(options, { types, data }, range, client);
  const past = await countFigures(options, types, range, client);
  return { hours, figures, before: { days: counted.days, figures: past } };
}

const NO_FIGURES: Figures = {
  ...{ owners: 0, calls: 0, connected: 0, meetings: 0, held: 0, contacts: 0 },
};

async function countFigures(
  options: CheckedOptions,
  types: string[],
  range: DayRange,
  client: pg.ClientBase,
): Promise<Figures> {
  const query = await readQuery('figures.sql', options, { types: toArrayLiteral(types), ...range });
  const { rows } = await client.query<Record<keyof Figures, string>>(query);
  const counts = Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]);
  return { ...NO_FIGURES, ...Object.fromEntries(counts) };
}

async function countHours(
  options: CheckedOptions,
  types: string[],
  range: DayRange,
  client: pg.ClientBase,
): Promise<number[][]> {
  const query = await readQuery('hours.sql', options, { types: toArrayLiteral(types), ...range });
  const { rows } = await client.query<HourRow>(query);
  const hours = types.map(() => new Array<number>(HOURS_PER_WEEK).fill(0));
  for (const { type, weekday, hour, engagements } of rows) {
    const ofType = hours[types.indexOf(type)] as number[];
    ofType[24 * (weekday - 1) + hour] = Number(engagements);
  }
  return hours;
}

function readDaily(
  options: CheckedOptions,
  { data, types }: Pick<Survey, 'types' | 'data'>,
  range: DayRange,
): Promise<string> {
  return readQuery('daily.sql', options, {
    types: toArrayLiteral(types),
    first_day: data?.firstDay ?? '',
    last_day: data?.lastDay ?? '',
    ...range,
  });
}

function toHead(options: CheckedOptions, survey: Survey) {
  const { by, timezone, window, align, includeDeleted, portal = null } = options;
  const { today, extractedAt, portals, data, goals, undated } = survey;
  const someTypes = options.types !== undefined;
  const counted = { by, timezone, window, align, includeDeleted, portal, portals, someTypes };
  return { ...counted, extractedAt, today, data, goals, undated };
}

// One row dated by mistake into the year 1 or 9999 must not cost all memory.
function checkSize({ from, to }: DayRange, typeCount: number): void {
  const dayCount = countDays(from, to);
  if (dayCount * (typeCount + 1) <= MOST_TALLIES) return;
  throw new SettingsError(
    `${from} to ${to} are ${dayCount} days of ${typeCount} types: too much for one report`,
    { next: 'Give --from and --to.' },
  );
}

/** Two days `YYYY-MM-DD`, inclusive. */
type DayRange = { from: string; to: string };

interface HourRow {
  type: string;
  /** 1 is Monday. */
  weekday: number;
  hour: number;
  engagements: string;
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
