import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Report, report } from '../../src/report/report.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { runCommand } from './run-command.ts';

let database: TestDatabase;
let duckdb: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  database = await createTestDatabase();
  for (const stage of [['extract'], ['transform'], ['load', '--allow-demo']]) {
    expect(await runCommand(database, stage)).toMatchObject({ code: 0 });
  }
  duckdb = await DuckDBInstance.create();
  connection = await duckdb.connect();
  const files = path.join(
    database.settings.dataDir,
    'ndjson/engagements/*/*/*/[0-9]*/engagements-*.ndjson',
  );
  // Pages that meet can hold the same engagement: the newest copy counts.
  await connection.run(
    `create table engagements as
       select distinct on (portal_id, id) type, created_at, occurred_at, updated_at
       from read_json('${files}', format = 'newline_delimited', columns = {
         portal_id: 'bigint', id: 'bigint', type: 'varchar', created_at: 'timestamptz',
         occurred_at: 'timestamptz', updated_at: 'timestamptz', extracted_at: 'timestamptz'})
       order by portal_id, id, updated_at desc, extracted_at desc`,
  );
}, 240_000);
afterAll(async () => {
  connection?.closeSync();
  duckdb?.closeSync();
  await database?.close();
});

/**
 * Counts from the NDJSON: every pair of a calendar day and an engagement whose day lies in its window. A line
 * `day,type,count,inWindow` each, totals as ALL.
 */
async function countInDuckDB(
  by: string,
  timezone: string,
  behind: number,
  ahead: number,
): Promise<string[]> {
  const result = await connection.runAndReadAll(
    `with dated as (
       select type, timezone('${timezone}', ${by}_at)::date as day from engagements
     ), span as (
       select min(day) as first_day, max(day) as last_day from dated
     ), days as (
       select unnest(generate_series(first_day, last_day, interval 1 day))::date as shown from span
     ), kinds as (
       select distinct type as kind from engagements union all select null
     )
     select strftime(shown, '%Y-%m-%d') || ',' || coalesce(kind, 'ALL') || ',' ||
       count(*) filter (day = shown) || ',' ||
       case when shown - ${behind} >= first_day and shown + ${ahead} <= last_day
         then count(day)::varchar else 'null' end
     from days cross join kinds cross join span left join dated
       on day between shown - ${behind} and shown + ${ahead} and (kind is null or type = kind)
     group by shown, kind, first_day, last_day
     order by shown, kind nulls last`,
  );
  return result.getRows().map(([line]) => String(line));
}

function toLines({ days, types }: Report): string[] {
  return days.flatMap((day) =>
    [...day.types, day.total].map(
      ({ count, inWindow }, index) => `${day.day},${types[index] ?? 'ALL'},${count},${inWindow}`,
    ),
  );
}

const ZONES = ['UTC', 'America/New_York', 'Asia/Kathmandu'];
const WINDOWS = [
  { window: 14, align: 'trailing', behind: 13, ahead: 0 },
  { window: 15, align: 'centered', behind: 7, ahead: 7 },
] as const;
const CASES = (['created', 'occurred', 'updated'] as const).flatMap((by) =>
  ZONES.flatMap((timezone) => WINDOWS.map((window) => ({ by, timezone, ...window }))),
);

test.each(CASES)(
  'DuckDB finds the same in the NDJSON: by $by, $timezone, $align',
  async ({ by, timezone, window, align, behind, ahead }) => {
    const options = {
      by,
      timezone,
      window,
      align,
      range: { kind: 'all' },
      schema: 'hubspot',
    } as const;
    const lines = toLines(await report(options, database.client));
    expect(lines.length).toBeGreaterThan(5000);
    expect(lines).toStrictEqual(await countInDuckDB(by, timezone, behind, ahead));
  },
);
