import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunChange } from '../support/ndjson-run.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-full';
const THIRD = '2026/11/07/101500Z-changes';
const SECOND_START = '2026-11-06T10:15:00.000Z';
const NOTES: RunChange = { types: { NOTE: 3 } };

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

/** Which engagements are deleted, and since when. */
async function deleted(): Promise<Record<string, string>> {
  const { rows } = await bench.client.query(
    'select id, deleted_at from engagements where deleted_at is not null order by id',
  );
  return Object.fromEntries(rows.map(({ id, deleted_at }) => [id, deleted_at.toISOString()]));
}

const ids = (...some: number[]) => some.map((id) => ({ id }));
const many = (count: number, first = 1) =>
  Array.from({ length: count }, (_, n) => ({ id: first + n }));

test('what a full run did not see is gone since its start; a changes run deletes nothing', async () => {
  await bench.bring(FIRST, ids(1, 2, 3), NOTES);
  await bench.bring(THIRD, ids(1), NOTES);
  expect(await deleted()).toEqual({});
  const later = '2026/11/08/101500Z-full';
  await bench.write(later, ids(1, 2), NOTES);
  const { merged } = await bench.load();
  expect(merged.map((entry) => entry.deleted)).toEqual([1]);
  expect(await deleted()).toEqual({ 3: '2026-11-08T10:15:00.000Z' });
  expect(await bench.rows('select deleted from load_runs where run = $1', [later])).toEqual([
    ['1'],
  ]);
});

test('v1 covers the types that v1 runs up to then have returned', async () => {
  await bench.bring(FIRST, [{ id: 1 }, { id: 2, type: 'CALL' }, { id: 3, type: 'SMS' }], {
    types: { NOTE: 1, CALL: 1 },
  });
  await bench.bring(SECOND, ids(9), { types: { NOTE: 1 } });
  expect(await deleted()).toEqual({ 1: SECOND_START, 2: SECOND_START });
});

test('the objects API covers the types of its object types, and no others', async () => {
  const api = 'objects' as const;
  const rows = ['NOTE', 'INCOMING_EMAIL', 'PUBLISHING_TASK'].map((type, n) => ({
    id: n + 1,
    type,
  }));
  await bench.bring(FIRST, rows, { types: { NOTE: 1, PUBLISHING_TASK: 1 } });
  await bench.bring(SECOND, [{ id: 9, type: 'TASK', api }], { api, types: { TASK: 1 } });
  expect(await deleted()).toEqual({ 1: SECOND_START, 2: SECOND_START });
});

test('a rejected record was seen, in either API', async () => {
  await bench.bring(FIRST, ids(1, 2, 3, 4), NOTES);
  const rejected = [{ engagement: { id: 2 } }, { id: '3' }];
  await bench.bring(SECOND, ids(1), { ...NOTES, rejected });
  expect(await deleted()).toEqual({ 4: SECOND_START });
});

test.each([[{}], [null], ['text'], [{ engagement: { id: -1 } }], [{ id: 'x' }]])(
  'a reject without an id suspends the deletions: %j',
  async (record) => {
    await bench.bring(FIRST, ids(1, 2), NOTES);
    await bench.bring(SECOND, ids(1), { ...NOTES, rejected: [{ id: 5 }, record] });
    expect(await deleted()).toEqual({});
    expect(bench.notes).toEqual([
      `run ${SECOND} has a reject without an id: no engagement is taken for deleted`,
    ]);
  },
);

test('a rejected record may hold any text', async () => {
  await bench.bring(FIRST, ids(1, 2, 3), NOTES);
  const body = 'line\u2028paragraph\u2029end\r\n\v\f\u0085';
  await bench.bring(SECOND, ids(1), { ...NOTES, rejected: [{ id: 2, body }] });
  expect(await deleted()).toEqual({ 3: SECOND_START });
});

test('rejects that are not those of the manifest are damage', async () => {
  await bench.bring(FIRST, ids(1, 2), NOTES);
  const folder = await bench.write(SECOND, ids(1), { ...NOTES, rejected: [{ id: 5 }], rejects: 2 });
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_ARCHIVE',
    message: `${folder}/_rejects.ndjson is damaged: it has 1 lines, the manifest says 2`,
  });
  expect(await deleted()).toEqual({});
});

test("a deletion notice gives HubSpot's own instant, and a later sight revives", async () => {
  const archived_at = '2026-11-05T20:00:00.000Z';
  await bench.bring(FIRST, ids(1, 2), NOTES);
  const api = 'objects' as const;
  const rows = [
    { id: 1, api },
    { id: 2, api, archived_at },
    { id: 3, api, archived_at },
  ];
  await bench.write(SECOND, rows, { api, types: { NOTE: 3 } });
  const { merged } = await bench.load();
  expect(merged.map((entry) => entry.deleted)).toEqual([1]);
  expect(await deleted()).toEqual({ 2: archived_at, 3: archived_at });
  await bench.bring(THIRD, [{ id: 2, api }], { api });
  expect(await deleted()).toEqual({ 3: archived_at });
  await bench.load({ from: FIRST });
  expect(await deleted()).toEqual({ 3: archived_at });
});

test('a row that comes back with the same content is not found gone again by a replay', async () => {
  await bench.bring(FIRST, ids(1, 2), NOTES);
  await bench.bring(SECOND, ids(1), NOTES);
  expect(await deleted()).toEqual({ 2: SECOND_START });
  expect(await bench.bring(THIRD, ids(2), NOTES)).toBe('0 1 0 0 0');
  expect(await deleted()).toEqual({});
  await bench.load({ from: SECOND });
  expect(await deleted()).toEqual({});
});

test('other portals are left alone', async () => {
  await bench.bring(FIRST, ids(1, 2), NOTES);
  const other = await bench.writeElsewhere(SECOND, [{ id: 2, portal_id: 7 }], {
    ...NOTES,
    portalId: 7,
  });
  await bench.load({ dataDir: other });
  expect(await deleted()).toEqual({});
});

test('more than a fifth and more than 100 at once need --allow-mass-delete', async () => {
  await bench.bring(FIRST, many(1000), NOTES);
  await bench.write(SECOND, many(799), NOTES);
  await bench.write(THIRD, ids(5000));
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_GUARD',
    exitCode: 6,
    message: `run ${SECOND} would mark 201 of 1000 engagements as deleted; nothing of it was merged`,
    next: expect.stringContaining('load --allow-mass-delete'),
  });
  expect(await deleted()).toEqual({});
  expect(await bench.rows('select run from load_runs')).toEqual([[FIRST]]);
  const { merged } = await bench.load({ allowMassDelete: true });
  expect(merged.map((entry) => entry.deleted)).toEqual([201, 0]);
  expect(Object.keys(await deleted()).length).toBe(201);
  // What was believed once needs no second word.
  await bench.load({ from: FIRST });
  await bench.load({ rebuild: true });
  expect(Object.keys(await deleted()).length).toBe(201);
});

test.each([
  [500, 400],
  [505, 404],
  [1000, 800],
  [10, 0],
])('of %d rows, %d left are believed', async (before, after) => {
  await bench.bring(FIRST, many(before), NOTES);
  await bench.bring(SECOND, many(after), { ...NOTES, portalId: 62515 });
  expect(Object.keys(await deleted()).length).toBe(before - after);
});

test('one more than 100, and a hair more than a fifth, is too many', async () => {
  await bench.bring(FIRST, many(504), NOTES);
  await bench.write(SECOND, many(403), NOTES);
  await expect(bench.load()).rejects.toMatchObject({
    message: expect.stringContaining('101 of 504'),
  });
});

test('notices of engagements that were never there do not count, nor do rows that are back', async () => {
  const rows = many(1000);
  await bench.bring(FIRST, rows, NOTES);
  const api = 'objects' as const;
  const gone = many(3000, 2000).map((row) => ({
    ...row,
    api,
    archived_at: '2026-11-05T20:00:00.000Z',
  }));
  const run = [...rows.slice(150).map((row) => ({ ...row, api })), ...gone];
  await bench.write(SECOND, run, { ...NOTES, api });
  expect((await bench.load()).merged).toMatchObject([{ deleted: 150, inserted: 3000 }]);
  const back = '2026/11/08/101500Z-full';
  await bench.write(back, [...rows.slice(0, 600), ...many(3000, 2000)], NOTES);
  await expect(bench.load()).rejects.toMatchObject({
    message: expect.stringContaining('400 of 850'),
  });
});

test('rows that the same run brings do not water the share down', async () => {
  await bench.bring(FIRST, many(200), NOTES);
  await bench.write(SECOND, many(5000, 1000), NOTES);
  await expect(bench.load()).rejects.toMatchObject({
    message: expect.stringContaining('200 of 200'),
  });
});
