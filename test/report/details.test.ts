import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reportDetails } from '../../src/report/report.ts';
import { checkOptions, type ReportOptions } from '../../src/report/report-options.ts';
import { readQuery, toArrayLiteral } from '../../src/report/report-sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { insertEngagements, onDays } from './insert-engagements.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.client.query('truncate engagements, engagement_associations'));

const OPTIONS: ReportOptions = {
  ...{ by: 'created', range: { kind: 'all' }, timezone: 'UTC', schema: 'hubspot' },
};

const count = (options: Partial<ReportOptions> = {}) =>
  reportDetails({ ...OPTIONS, ...options }, database.client);

test('hours are those of the zone, on the days shown alone', async () => {
  await insertEngagements(database.client, [
    // Monday 23:30 in Berlin, Tuesday 00:30, and the clock set back on a Sunday: 02:30 twice.
    { type: 'CALL', created: '2026-01-05T22:30:00Z' },
    { type: 'CALL', created: '2026-01-05T23:30:00Z' },
    { type: 'NOTE', created: '2026-10-25T00:30:00Z' },
    { type: 'NOTE', created: '2026-10-25T01:30:00Z' },
    { type: 'NOTE', created: '2026-10-25T23:30:00Z' },
  ]);
  const filled = ({ hours }: { hours: number[][] }) =>
    hours.map((each) =>
      each.flatMap((engagements, hour) => (engagements ? [[hour, engagements]] : [])),
    );
  expect(filled(await count({ timezone: 'Europe/Berlin' }))).toStrictEqual([
    [
      [23, 1],
      [24, 1],
    ],
    [
      [0, 1],
      [6 * 24 + 2, 2],
    ],
  ]);
  const range = { kind: 'between', from: '2026-01-06', to: '2026-10-25' } as const;
  expect(filled(await count({ timezone: 'Europe/Berlin', range }))).toStrictEqual([
    [[24, 1]],
    [[6 * 24 + 2, 2]],
  ]);
});

test('figures count owners, outcomes and contacts of live engagements on the days shown', async () => {
  const { client } = database;
  await insertEngagements(client, [
    ...onDays('CALL', '2026-01-05', '2026-01-05', '2026-01-05', '2026-01-06'),
    ...onDays('MEETING', '2026-01-05', '2026-01-05'),
    ...onDays('NOTE', '2026-01-05'),
    { type: 'CALL', created: '2026-01-05T12:00:00Z', deleted: '2026-01-06Z' },
  ]);
  await client.query(`
    update engagements set
      owner_id = id % 3,
      metadata = case
        when type = 'CALL' and id <> 1 then '{"disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7"}'
        when id = 5 then '{"meetingOutcome": "COMPLETED"}'
        when type = 'NOTE' then '{"meetingOutcome": "COMPLETED"}'
        else '{"disposition": 7}'
      end::jsonb`);
  await client.query(`
    insert into engagement_associations (portal_id, engagement_id, object_type, object_id)
    select 1, id, kind, id / 2 from engagements cross join unnest(array['contact', 'deal']) as kind`);
  const range = { kind: 'between', from: '2026-01-05', to: '2026-01-05' } as const;
  const { rows } = await client.query('select min(id) as first from engagements');
  expect(Number(rows[0].first)).toBe(1);
  expect((await count({ range })).figures).toStrictEqual({
    owners: 3,
    calls: 3,
    connected: 2,
    meetings: 2,
    held: 1,
    // Of the ids 1, 2, 3, 5, 6 and 7.
    contacts: 4,
  });
  expect((await count({ range, types: ['NOTE'] })).figures).toMatchObject({ calls: 0, owners: 1 });
  expect((await count({ range, includeDeleted: true })).figures).toMatchObject({ calls: 4 });
});

test('the period before is as long, ends the day before, and must lie within the data', async () => {
  await insertEngagements(
    database.client,
    onDays('CALL', '2026-01-01', '2026-01-04', '2026-01-07'),
  );
  const between = (from: string, to: string) =>
    count({ range: { kind: 'between', from, to }, window: 2 });
  const { before } = await between('2026-01-05', '2026-01-07');
  expect(before?.figures.calls).toBe(1);
  expect(before?.days.map(({ day, total }) => [day, total.count, total.inWindow])).toStrictEqual([
    ['2026-01-02', 0, 1],
    ['2026-01-03', 0, 0],
    ['2026-01-04', 1, 1],
  ]);
  expect((await between('2026-01-03', '2026-01-07')).before).toBeNull();
  expect((await count()).before).toBeNull();
});

test('an empty table has details without anything', async () => {
  expect(await count()).toMatchObject({
    hours: [],
    figures: { owners: 0 },
    before: null,
    days: [],
  });
});

test('hours are read from the index of the report alone, figures by that index', async () => {
  const { client } = database;
  await client.query(
    `insert into engagements (portal_id, id, type, created_at, metadata, extra, api, content_hash, extracted_at, raw_page)
     select 1, n, 'TYPE_' || n % 5, timestamptz '2020-01-01Z' + n * interval '1 hour', '{}', '{}', 'v1', md5(n::text),
       '2026-01-01Z', 'page#0'
     from generate_series(1, 40000) as n`,
  );
  await client.query('vacuum (analyze) engagements');
  const explain = async (file: 'hours.sql' | 'figures.sql'): Promise<string> => {
    const range = { from: '2024-06-01', to: '2024-06-30' };
    const sql = await readQuery(file, checkOptions(OPTIONS), {
      types: toArrayLiteral(['TYPE_1', 'TYPE_2']),
      ...range,
    });
    const { rows } = await client.query(`explain ${sql.replace(/;\s*$/, '')}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  expect(await explain('hours.sql')).toContain('Index Only Scan using engagements_report');
  const figures = await explain('figures.sql');
  expect(figures).toMatch(/(?:Index Scan using|Bitmap Index Scan on) engagements_report/);
  expect(figures).not.toContain('Seq Scan on engagements ');
});
