import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { formatCsv } from '../../src/report/format-csv.ts';
import { report, reportSql } from '../../src/report/report.ts';
import type { ReportOptions } from '../../src/report/report-options.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Engagement, insertEngagements, onDays } from './insert-engagements.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.client.query('truncate engagements'));

const insert = (...engagements: Engagement[]) => insertEngagements(database.client, engagements);

function count(options: Partial<ReportOptions> = {}) {
  const defaults = { by: 'created', range: { kind: 'all' }, timezone: 'UTC', schema: 'hubspot' };
  return report({ ...defaults, ...options } as ReportOptions, database.client);
}

/** The lines of the CSV without its header, days shortened to month and day. */
async function countLines(options: Partial<ReportOptions> = {}): Promise<string[]> {
  const lines = formatCsv(await count(options))
    .trimEnd()
    .split('\n')
    .slice(1);
  return lines.map((line) => line.slice('2026-'.length));
}

const between = (from?: string, to?: string) =>
  ({ kind: 'between', ...(from && { from }), ...(to && { to }) }) as ReportOptions['range'];

test('an empty table is an empty report', async () => {
  expect(await count({ today: '2026-01-01' })).toStrictEqual({
    by: 'created',
    timezone: 'UTC',
    window: 14,
    align: 'trailing',
    includeDeleted: false,
    portal: null,
    portals: [],
    someTypes: false,
    extractedAt: null,
    today: '2026-01-01',
    data: null,
    goals: {},
    from: null,
    to: null,
    undated: 0,
    types: [],
    days: [],
  });
  expect((await count({ range: between('2026-01-01', '2026-01-31') })).days).toStrictEqual([]);
});

test('today is the database’s in the zone', async () => {
  const { rows } = await database.client.query(
    `select (now() at time zone 'Pacific/Kiritimati')::date::text as first,
            (now() at time zone 'Pacific/Pago_Pago')::date::text as last`,
  );
  expect((await count({ timezone: 'Pacific/Kiritimati' })).today).toBe(rows[0].first);
  expect((await count({ timezone: 'Pacific/Pago_Pago' })).today).toBe(rows[0].last);
});

test('gaps are days of zeros, for each type and for the total', async () => {
  await insert(...onDays('NOTE', '2026-01-01', '2026-01-03'), ...onDays('CALL', '2026-01-03'));
  expect(await count({ window: 2, today: '2026-02-01' })).toMatchObject({
    from: '2026-01-01',
    to: '2026-01-03',
    types: ['CALL', 'NOTE'],
    days: [
      {
        day: '2026-01-01',
        total: { count: 1, inWindow: null },
        types: [
          { count: 0, inWindow: null },
          { count: 1, inWindow: null },
        ],
      },
      {
        day: '2026-01-02',
        total: { count: 0, inWindow: 1 },
        types: [
          { count: 0, inWindow: 0 },
          { count: 0, inWindow: 1 },
        ],
      },
      {
        day: '2026-01-03',
        total: { count: 2, inWindow: 2 },
        types: [
          { count: 1, inWindow: 1 },
          { count: 1, inWindow: 1 },
        ],
      },
    ],
  });
});

test('the first 13 days of the data have no average, also those of a type that comes later', async () => {
  await insert(
    ...onDays('CALL', '2026-01-01'),
    ...onDays('NOTE', '2026-01-10', '2026-01-14', '2026-01-15'),
  );
  const { days } = await count();
  const averages = days.map(({ total, types }) => [
    total.inWindow,
    ...types.map((t) => t.inWindow),
  ]);
  expect(averages).toStrictEqual([...Array(13).fill([null, null, null]), [3, 1, 2], [3, 0, 3]]);
});

test('the window looks back before the days shown', async () => {
  await insert(...onDays('CALL', '2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'));
  expect(await countLines({ window: 3, range: between('2026-01-02', '2026-01-03') })).toStrictEqual(
    ['01-02,CALL,1,', '01-02,ALL,1,', '01-03,CALL,1,1.0000', '01-03,ALL,1,1.0000'],
  );
});

test('days before the data have no average, days after it have one', async () => {
  await insert(...onDays('CALL', '2026-01-03', '2026-01-04'));
  expect(await countLines({ window: 2, range: between('2026-01-02', '2026-01-06') })).toStrictEqual(
    [
      '01-02,CALL,0,',
      '01-02,ALL,0,',
      '01-03,CALL,1,',
      '01-03,ALL,1,',
      '01-04,CALL,1,1.0000',
      '01-04,ALL,1,1.0000',
      '01-05,CALL,0,0.5000',
      '01-05,ALL,0,0.5000',
      '01-06,CALL,0,0.0000',
      '01-06,ALL,0,0.0000',
    ],
  );
});

test('a centered window ends with the data, or with the days asked for', async () => {
  await insert(...onDays('CALL', '2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04'));
  const centered = { window: 3, align: 'centered' } as const;
  const totals = async (range: ReportOptions['range']) =>
    (await count({ ...centered, range })).days.map(({ total }) => total.inWindow);
  expect(await totals({ kind: 'all' })).toStrictEqual([null, 3, 3, null]);
  expect(await totals(between('2026-01-02', '2026-01-03'))).toStrictEqual([3, 3]);
  expect(await totals(between('2026-01-03', '2026-01-06'))).toStrictEqual([3, 2, 1, null]);
});

test('a window of one day is the day itself', async () => {
  await insert(...onDays('CALL', '2026-01-01', '2026-01-01'));
  expect(await countLines({ window: 1 })).toStrictEqual([
    '01-01,CALL,2,2.0000',
    '01-01,ALL,2,2.0000',
  ]);
});

test('the last 30 days end today or with the data, whichever is earlier', async () => {
  await insert(...onDays('CALL', '2026-01-01', '2026-03-31'));
  const range = { kind: 'last', days: 30 } as const;
  expect(await count({ range, today: '2026-11-24' })).toMatchObject({
    from: '2026-03-02',
    to: '2026-03-31',
  });
  const past = await count({ range, today: '2026-03-30' });
  expect(past).toMatchObject({ from: '2026-03-01', to: '2026-03-30' });
  expect(past.days).toHaveLength(30);
});

test('an open end is that of the data', async () => {
  await insert(...onDays('CALL', '2026-01-05', '2026-01-09'));
  const shown = async (from?: string, to?: string) => {
    const { days } = await count({ range: between(from, to) });
    return [days[0]?.day, days.at(-1)?.day, days.length];
  };
  expect(await shown('2026-01-08')).toStrictEqual(['2026-01-08', '2026-01-09', 2]);
  expect(await shown('2026-02-01')).toStrictEqual(['2026-02-01', '2026-02-01', 1]);
  expect(await shown(undefined, '2026-01-06')).toStrictEqual(['2026-01-05', '2026-01-06', 2]);
  expect(await shown(undefined, '2025-12-31')).toStrictEqual(['2025-12-31', '2025-12-31', 1]);
});

test('a leap day is a day', async () => {
  await insert(...onDays('CALL', '2016-02-28', '2016-03-01'));
  expect((await count()).days.map(({ day }) => day)).toStrictEqual([
    '2016-02-28',
    '2016-02-29',
    '2016-03-01',
  ]);
});

test('days are those of the zone, daylight saving included', async () => {
  await insert(
    // Berlin: March 29th has 23 hours, October 25th has 25.
    { type: 'A', created: '2026-03-28T22:59:59Z' },
    { type: 'A', created: '2026-03-28T23:00:00Z' },
    { type: 'A', created: '2026-03-29T21:59:59Z' },
    { type: 'A', created: '2026-03-29T22:00:00Z' },
    { type: 'B', created: '2026-10-24T21:59:59Z' },
    { type: 'B', created: '2026-10-24T22:00:00Z' },
    { type: 'B', created: '2026-10-25T22:59:59Z' },
    { type: 'B', created: '2026-10-25T23:00:00Z' },
    { type: 'B', created: '2026-11-10T23:30:00Z' },
  );
  const counted = async (timezone: string) => {
    const { days } = await count({ timezone });
    const some = days.filter(({ total }) => total.count > 0);
    return some.map(({ day, total }) => [day.slice(5), total.count]);
  };
  expect(await counted('Europe/Berlin')).toStrictEqual([
    ['03-28', 1],
    ['03-29', 2],
    ['03-30', 1],
    ['10-24', 1],
    ['10-25', 2],
    ['10-26', 1],
    ['11-11', 1],
  ]);
  expect(await counted('UTC')).toStrictEqual([
    ['03-28', 2],
    ['03-29', 2],
    ['10-24', 2],
    ['10-25', 2],
    ['11-10', 1],
  ]);
});

test('New York’s days, and a session in another zone and date style', async () => {
  await insert(
    { type: 'A', created: '2026-03-08T04:59:59Z' },
    { type: 'A', created: '2026-03-08T05:00:00Z' },
    { type: 'A', created: '2026-03-09T03:59:59Z' },
    { type: 'A', created: '2026-03-09T04:00:00Z' },
  );
  await database.client.query(`set timezone to 'Asia/Tokyo'; set datestyle to 'SQL, DMY'`);
  try {
    expect(await countLines({ timezone: 'America/New_York', window: 2 })).toStrictEqual([
      '03-07,A,1,',
      '03-07,ALL,1,',
      '03-08,A,2,1.5000',
      '03-08,ALL,2,1.5000',
      '03-09,A,1,1.5000',
      '03-09,ALL,1,1.5000',
    ]);
  } finally {
    await database.client.query('reset timezone; reset datestyle');
  }
});

test('the chosen instant puts an engagement on its day; without one it is on none', async () => {
  await insert(
    { type: 'A', created: '2026-01-01Z', occurred: '2026-01-02Z', updated: '2026-01-03Z' },
    { type: 'B', created: '2026-01-01Z', updated: '2026-01-03Z' },
    { type: 'B', created: '2026-01-01Z', updated: '2026-01-03Z' },
  );
  const created = await count({ by: 'created', window: 1 });
  expect([created.from, created.undated, created.days[0]?.total.count]).toStrictEqual([
    '2026-01-01',
    0,
    3,
  ]);
  const occurred = await count({ by: 'occurred', window: 1 });
  expect([occurred.from, occurred.to, occurred.undated]).toStrictEqual([
    '2026-01-02',
    '2026-01-02',
    2,
  ]);
  expect(await countLines({ by: 'occurred', window: 1 })).toStrictEqual([
    '01-02,A,1,1.0000',
    '01-02,B,0,0.0000',
    '01-02,ALL,1,1.0000',
  ]);
  expect((await count({ by: 'updated' })).from).toBe('2026-01-03');
  await database.client.query(`delete from engagements where type = 'A'`);
  expect(await count({ by: 'occurred' })).toMatchObject({
    from: null,
    undated: 2,
    types: [],
    days: [],
  });
});

test('deleted rows are left out, with their types and their days, unless asked for', async () => {
  await insert(
    { type: 'A', created: '2026-01-02Z' },
    { type: 'B', created: '2026-01-01Z', deleted: '2026-02-01Z' },
    { type: 'B', deleted: '2026-02-01Z' },
  );
  expect(await countLines({ window: 1 })).toStrictEqual(['01-02,A,1,1.0000', '01-02,ALL,1,1.0000']);
  expect(await countLines({ window: 1, includeDeleted: true })).toStrictEqual([
    '01-01,A,0,0.0000',
    '01-01,B,1,1.0000',
    '01-01,ALL,1,1.0000',
    '01-02,A,1,1.0000',
    '01-02,B,0,0.0000',
    '01-02,ALL,1,1.0000',
  ]);
  expect((await count({ includeDeleted: true })).undated).toBe(1);
});

test('types stand in the order of their code points, whatever they are', async () => {
  const types = ['=cmd', 'ALL', 'Z', '_', 'a', 'a,b', 'two\nlines', 'É', '\u{ff21}', '📞'];
  await insert(...types.toReversed().map((type) => ({ type, created: '2026-01-01Z' })));
  const counted = await count({ window: 1 });
  expect(counted.types).toStrictEqual(types);
  expect(counted.days[0]?.total).toStrictEqual({ count: 10, inWindow: 10 });
});

test('one row far off leaves the last days alone, and --all too long is refused', async () => {
  await insert(...onDays('A', '1970-01-02', '2026-01-01', '2106-01-01'));
  const last = await count({ range: { kind: 'last', days: 3 }, today: '2026-01-02' });
  expect(last.days.map(({ total }) => [total.count, total.inWindow])).toStrictEqual([
    [0, 0],
    [1, 1],
    [0, 1],
  ]);
  expect((await count()).days).toHaveLength(49_673);
  await insert({ type: 'A', created: '9999-12-31T23:00:00Z' });
  const late = await count({
    timezone: 'Europe/Berlin',
    range: { kind: 'last', days: 1 },
    today: '2026-01-02',
  });
  expect(late.days).toHaveLength(1);
  await expect(count({ timezone: 'Europe/Berlin' })).rejects.toThrow(
    '1970-01-02 to 9999-12-31 are 2932896 days of 1 types: too much for one report',
  );
});

test('an odd schema, and one that is not there', async () => {
  const schema = `it's "odd" :'x'`;
  const quoted = database.client.escapeIdentifier(schema);
  await insert(...onDays('A', '2026-01-01'));
  await database.client.query(`create schema ${quoted}`);
  await database.client.query(`create table ${quoted}.engagements as table hubspot.engagements`);
  await database.client.query(`create table ${quoted}.load_runs as table hubspot.load_runs`);
  await database.client.query('truncate hubspot.engagements');
  const lines = await countLines({ schema, window: 1 });
  expect(lines).toStrictEqual(['01-01,A,1,1.0000', '01-01,ALL,1,1.0000']);
  await expect(count({ schema: 'nowhere' })).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    message: expect.stringContaining('"nowhere.load_runs" does not exist'),
  });
  // The failed transaction is over.
  expect((await count()).days).toStrictEqual([]);
});

test('the query of an empty table can be printed all the same', async () => {
  const options: ReportOptions = {
    by: 'created',
    range: { kind: 'all' },
    timezone: 'UTC',
    schema: 'hubspot',
  };
  const sql = await reportSql({ ...options, today: '2026-01-05' }, database.client);
  expect((await database.client.query(sql)).rows).toStrictEqual([]);
});
