import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { report } from '../../src/report/report.ts';
import type { ReportOptions } from '../../src/report/report-options.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { insertEngagements, onDays } from './insert-engagements.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.client.query('truncate engagements, load_runs'));

function count(options: Partial<ReportOptions> = {}) {
  const defaults = { by: 'created', range: { kind: 'all' }, timezone: 'UTC', schema: 'hubspot' };
  return report({ ...defaults, ...options } as ReportOptions, database.client);
}

test('chosen types are counted as in the report of all, the total is theirs alone', async () => {
  await insertEngagements(database.client, [
    ...onDays('CALL', '2026-01-02', '2026-01-03', '2026-01-03'),
    ...onDays('EMAIL', '2026-01-01', '2026-01-03', '2026-01-04'),
    ...onDays('NOTE', '2026-01-03'),
    { type: 'NOTE' },
    { type: 'EMAIL' },
  ]);
  const all = await count({ window: 2 });
  const some = await count({ window: 2, types: ['NOTE', 'CALL'] });
  expect(some).toMatchObject({ someTypes: true, types: ['CALL', 'NOTE'], undated: 1 });
  expect([some.from, some.to]).toStrictEqual([all.from, all.to]);
  expect(some.days.map(({ types }) => types)).toStrictEqual(
    all.days.map(({ types: [call, , note] }) => [call, note]),
  );
  expect(some.days.map(({ total }) => [total.count, total.inWindow])).toStrictEqual([
    [0, null],
    [1, 1],
    [3, 4],
    [0, 3],
  ]);
});

test('types are found in any case, but the exact one first', async () => {
  await insertEngagements(database.client, [
    ...onDays('CALL', '2026-01-01'),
    ...onDays('Note', '2026-01-01'),
    ...onDays('NOTE', '2026-01-01'),
  ]);
  expect((await count({ types: ['call', 'CALL', 'Note'] })).types).toStrictEqual(['CALL', 'Note']);
  expect((await count({ types: ['note'] })).types).toHaveLength(1);
});

test('goals stand under the types’ own names; one of no type is refused', async () => {
  expect((await count({ goals: { call: 40 } })).goals).toStrictEqual({});
  await insertEngagements(database.client, onDays('CALL', '2026-01-01'));
  expect((await count({ goals: { call: 40, all: 200 } })).goals).toStrictEqual({
    CALL: 40,
    ALL: 200,
  });
  await expect(count({ goals: { CALLS: 1 } })).rejects.toThrow('there is no type CALLS');
});

test('a type that there is none of is refused, with those that there are', async () => {
  expect((await count({ types: ['CALL'] })).days).toStrictEqual([]);
  await insertEngagements(database.client, [
    ...onDays('CALL', '2026-01-01'),
    ...onDays('\x1b[31m', '2026-01-01'),
  ]);
  for (const by of ['created', 'updated'] as const) {
    await expect(count({ by, types: ['CALL', 'CALLS'] })).rejects.toMatchObject({
      name: 'SettingsError',
      exitCode: 2,
      message: 'there is no type CALLS',
      next: expect.stringMatching(/^There are: .*CALL.*\.$/),
    });
  }
  await expect(count({ types: ['x'] })).rejects.toMatchObject({
    next: expect.not.stringMatching(/\p{Cc}/u),
  });
});

test('one portal is counted by itself: its types, its days', async () => {
  await insertEngagements(database.client, onDays('CALL', '2026-01-01', '2026-01-05'));
  await database.client.query('update engagements set portal_id = 7');
  await insertEngagements(database.client, onDays('NOTE', '2026-01-03', '2026-01-04'));
  const shown = async (options: Partial<ReportOptions>) => {
    const { types, from, to, days } = await count(options);
    return [types, from, to, days.map(({ total }) => total.count)];
  };
  for (const by of [{}, { includeDeleted: true }]) {
    expect(await shown({ ...by, portal: '7' })).toStrictEqual([
      ...[['CALL'], '2026-01-01', '2026-01-05', [1, 0, 0, 0, 1]],
    ]);
    expect(await shown({ ...by, portal: '1' })).toStrictEqual([
      ...[['NOTE'], '2026-01-03', '2026-01-04', [1, 1]],
    ]);
    expect(await shown(by)).toStrictEqual([
      ...[['CALL', 'NOTE'], '2026-01-01', '2026-01-05', [1, 0, 1, 1, 1]],
    ]);
  }
  await expect(count({ portal: '70' })).rejects.toMatchObject({
    exitCode: 2,
    message: 'there are no engagements of portal 70',
    next: 'There are those of: 1, 7.',
  });
});

test('a portal whose engagements are all deleted, or an empty table, is an empty report', async () => {
  expect(await count({ portal: '1' })).toMatchObject({ portal: '1', days: [] });
  await insertEngagements(database.client, [{ type: 'CALL', deleted: '2026-01-01Z' }]);
  expect(await count({ portal: '1' })).toMatchObject({ portal: '1', days: [] });
});

test('when the data were extracted is when the newest run began, in the zone of the report', async () => {
  await database.client.query(
    `insert into load_runs (portal_id, run, mode, api, started_at, loaded_at, ndjson_sha256, records, inserted, updated,
       unchanged, older, duplicates, deleted, rejected, withheld, redacted, accepts_redacted, duration_ms)
     select portal, started_at::text, 'full', 'v1', started_at, '2026-12-01Z', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, 0
     from (values (1, timestamptz '2026-03-28T23:30:00Z'), (2, '2026-03-29T01:30:00Z'), (1, '2026-01-01Z'))
       as run (portal, started_at)`,
  );
  expect(await count()).toMatchObject({ extractedAt: '2026-03-29 01:30', portals: ['1', '2'] });
  expect((await count({ timezone: 'Europe/Berlin' })).extractedAt).toBe('2026-03-29 03:30');
  expect((await count({ portal: '1', timezone: 'Europe/Berlin' })).extractedAt).toBe(
    '2026-03-29 00:30',
  );
});
