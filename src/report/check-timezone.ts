import pg from 'pg';
import { SettingsError } from '../errors.ts';

// A winter's and a summer's noon of a year whose daylight saving is settled in every release of the zone database.
const PROBES = ['2020-01-01T12:00:00Z', '2020-07-01T12:00:00Z'];

/**
 * Throws SettingsError unless `timezone` is a name by which Node and Postgres mean the same zone.
 *
 * Postgres takes any text with an offset for a POSIX zone, whose sign is the other way round (`+02` lies west of
 * Greenwich), and an abbreviation for an offset without daylight saving (`CET`, where the zone of that name has it):
 * https://www.postgresql.org/docs/current/datatype-datetime.html#DATATYPE-TIMEZONES
 */
export async function checkTimezone(timezone: string, client: pg.ClientBase): Promise<void> {
  const expected = PROBES.map((at) => readClock(at, timezone));
  const found = await readClockInPostgres(timezone, client);
  if (found === undefined) {
    throw new SettingsError(`this Postgres does not know the time zone ${timezone}`, {
      next: 'Give another city of the same zone, or update the server’s time zone data.',
    });
  }
  if (expected.join() !== found.join()) {
    throw new SettingsError(`the time zone ${timezone} has more than one meaning`, {
      next: 'Give the name of a city of the zone, such as Europe/Berlin or America/New_York.',
    });
  }
}

/** What clocks in `timezone` show at `at`, as `YYYY-MM-DD hh:mm`. Throws SettingsError when Node knows no such zone. */
function readClock(at: string, timezone: string): string {
  try {
    const format = { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' } as const;
    return new Intl.DateTimeFormat('sv-SE', format).format(new Date(at));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SettingsError(`there is no time zone named ${timezone}`, {
      next: 'Give an IANA name such as UTC, Europe/Berlin or America/New_York.',
    });
  }
}

async function readClockInPostgres(
  timezone: string,
  client: pg.ClientBase,
): Promise<string[] | undefined> {
  try {
    const { rows } = await client.query<{ shown: string }>(
      `select to_char(at::timestamptz at time zone $1, 'YYYY-MM-DD HH24:MI') as shown
       from unnest($2::text[]) with ordinality as probe (at, n) order by n`,
      [timezone, PROBES],
    );
    return rows.map((row) => row.shown);
  } catch (error) {
    // invalid_parameter_value: time zone "…" not recognized
    if (error instanceof pg.DatabaseError && error.code === '22023') return undefined;
    throw error;
  }
}
