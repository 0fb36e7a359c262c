import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { parseJson } from '../../src/json.ts';
import { PORTAL, type RowSpec } from '../support/ndjson-run.ts';
import { toSha256 } from '../support/raw-run.ts';
import {
  createWorkbench,
  hashTables,
  NOTHING,
  NOW,
  toCounts,
  type Workbench,
} from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-changes';
const THIRD = '2026/11/07/101500Z-changes';
const EARLY = '2026-11-01T00:00:00.000Z';
const LATE = '2026-11-04T00:00:00.000Z';

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

const titles = () => bench.rows('select id, title from engagements order by id');
const associations = () =>
  bench.rows(
    'select engagement_id, object_type, object_id from engagement_associations order by 1, 2, 3',
  );
const attachments = () =>
  bench.rows('select engagement_id, file_id from engagement_attachments order by 1, 2');

/** An id that a double cannot hold. */
const exact = (digits: string): number => parseJson(digits) as number;

test('a first load fills every column', async () => {
  const row: Required<Omit<RowSpec, 'content_hash'>> = {
    portal_id: PORTAL,
    id: 11,
    type: 'EMAIL',
    active: true,
    created_at: '2026-01-02T03:04:05.006Z',
    updated_at: '2026-01-03T03:04:05.007Z',
    occurred_at: '0001-01-01T00:00:00.000Z',
    owner_id: 70,
    team_id: 71,
    created_by: 72,
    modified_by: 73,
    source: 'CRM_UI',
    source_id: 'userId:1',
    activity_type: 'First call',
    title: 'Offer',
    body_preview: 'Dear …',
    associations: { company: [5], contact: [1, 2] },
    association_labels: {},
    attachments: [9, 8],
    metadata: { from: { email: 'a@example.com' }, to: [] },
    extra: { uid: 'x' },
    archived_at: '9999-12-31T23:59:59.999Z',
    api: 'objects',
    extracted_at: '2026-11-05T10:15:01.250Z',
    raw_page: `${FIRST}/engagements-000001.json#0`,
  };
  expect(await bench.bring(FIRST, [{ ...row, content_hash: 'abc' }])).toBe('1 0 0 0 0');
  await bench.client.query('set timezone to utc');
  const { rows } = await bench.client.query('select to_jsonb(e) as row from engagements e');
  const { associations: _, association_labels: __, attachments: ___, ...columns } = row;
  expect(rows[0].row).toEqual({
    ...columns,
    created_at: '2026-01-02T03:04:05.006+00:00',
    updated_at: '2026-01-03T03:04:05.007+00:00',
    occurred_at: '0001-01-01T00:00:00+00:00',
    archived_at: '9999-12-31T23:59:59.999+00:00',
    extracted_at: '2026-11-05T10:15:01.25+00:00',
    content_hash: 'abc',
    deleted_at: '9999-12-31T23:59:59.999+00:00',
  });
  expect(await associations()).toEqual([
    ['11', 'company', '5'],
    ['11', 'contact', '1'],
    ['11', 'contact', '2'],
  ]);
  expect(await attachments()).toEqual([
    ['11', '8'],
    ['11', '9'],
  ]);
});

test('the ledger has a row for the run, every column of it', async () => {
  const rows = [{ id: 1 }, { id: 1, title: 'again' }, { id: 2 }];
  const folder = await bench.write(FIRST, rows, { rejected: [{ id: 5 }, {}, null, 'x'] });
  const result = await bench.load();
  const { rows: ledger } = await bench.client.query(
    'select to_jsonb(l) - array[$1, $2] as row from load_runs l',
    ['loaded_at', 'started_at'],
  );
  const sha = toSha256(await readFile(`${folder}/_manifest.json`));
  const expected = {
    run: FIRST,
    portal_id: PORTAL,
    mode: 'full',
    api: 'v1',
    ndjson_sha256: sha,
    records: 7,
    inserted: 2,
    updated: 0,
    unchanged: 0,
    older: 0,
    duplicates: 1,
    withheld: 0,
    deleted: 0,
    rejected: 4,
    redacted: 0,
    accepts_redacted: false,
    duration_ms: 0,
  };
  const times = { started_at: '2026-11-05T10:15:00.000Z', loaded_at: NOW };
  expect(ledger).toEqual([{ row: expected }]);
  expect(result).toEqual({
    merged: [{ ...expected, ...times }],
    replayed: 0,
    alreadyMerged: 0,
    written: { ...NOTHING, rows: 2 },
    durationMs: 0,
  });
  expect(
    await bench.rows('select started_at = $1, loaded_at = $2 from load_runs', [
      times.started_at,
      NOW,
    ]),
  ).toEqual([[true, true]]);
});

test('loading again does nothing, and says how much there is already', async () => {
  await bench.bring(FIRST, [{ id: 1 }]);
  const before = await bench.rows('select xmin, * from engagements');
  const nothing = { merged: [], replayed: 0, written: NOTHING, durationMs: 0 };
  expect(await bench.load()).toEqual({ ...nothing, alreadyMerged: 1 });
  expect(await bench.rows('select xmin, * from engagements')).toEqual(before);
});

test('the table is the newest copy of each engagement', async () => {
  expect(
    await bench.bring(FIRST, [
      { id: 1, updated_at: EARLY, title: 'one' },
      { id: 2, updated_at: LATE, title: 'two' },
      { id: 3, updated_at: EARLY, title: 'three' },
      { id: 4, title: 'four' },
      { id: 5, updated_at: EARLY, title: 'five' },
    ]),
  ).toBe('5 0 0 0 0');
  const before = await bench.rows('select id, xmin from engagements where id in (2, 3) order by 1');
  expect(
    await bench.bring(SECOND, [
      { id: 1, updated_at: LATE, title: 'one, newer' },
      { id: 2, updated_at: EARLY, title: 'two, older' },
      { id: 3, updated_at: EARLY, title: 'three' },
      { id: 4, updated_at: EARLY, title: 'four, with a time' },
      { id: 5, title: 'five, without a time' },
      { id: 6, title: 'six' },
    ]),
  ).toBe('1 2 1 2 0');
  expect(await titles()).toEqual([
    ['1', 'one, newer'],
    ['2', 'two'],
    ['3', 'three'],
    ['4', 'four, with a time'],
    ['5', 'five'],
    ['6', 'six'],
  ]);
  expect(
    await bench.rows('select id, xmin from engagements where id in (2, 3) order by 1'),
  ).toEqual(before);
  expect(
    await bench.rows(
      `select extracted_at = '2026-11-05T10:15:00Z', raw_page from engagements where id = 3`,
    ),
  ).toEqual([[true, `${FIRST}/engagements-000001.json#2`]]);
});

test('of several copies in one run the newest wins', async () => {
  expect(
    await bench.bring(
      FIRST,
      [
        { id: 1, updated_at: LATE, title: 'newest' },
        { id: 1, updated_at: EARLY, title: 'oldest' },
        { id: 1, title: 'without a time' },
        { id: 2, updated_at: EARLY, title: 'asked first', extracted_at: EARLY },
        { id: 2, updated_at: EARLY, title: 'asked last', extracted_at: LATE },
        { id: 3, title: 'first line' },
        { id: 3, title: 'last line' },
      ],
      { rowsPerPart: 2 },
    ),
  ).toBe('3 0 0 0 4');
  expect(await titles()).toEqual([
    ['1', 'newest'],
    ['2', 'asked last'],
    ['3', 'last line'],
  ]);
});

test('at the same time of change, the copy asked for later wins', async () => {
  const row = { id: 1, updated_at: EARLY };
  await bench.bring(FIRST, [{ ...row, associations: { contact: [1, 2] } }]);
  expect(await bench.bring(SECOND, [{ ...row, associations: { contact: [2, 3] } }])).toBe(
    '0 1 0 0 0',
  );
  expect(await associations()).toEqual([
    ['1', 'contact', '2'],
    ['1', 'contact', '3'],
  ]);
});

test.each([EARLY, null])("the other API's words do not replace a row of %s", async (updated_at) => {
  const row = { id: 1, updated_at, associations: { contact: [1], owner: [4] }, attachments: [1] };
  await bench.bring(FIRST, [{ ...row, title: 'v1' }]);
  const api = 'objects' as const;
  const words = { ...row, title: 'objects', associations: { contact: [1] }, api };
  expect(await bench.bring(SECOND, [words], { associationKinds: ['contact'] })).toBe('0 0 1 0 0');
  expect((await bench.load({ from: SECOND })).written).toEqual(NOTHING);
  expect(await bench.rows('select title, api from engagements')).toEqual([['v1', 'v1']]);
  expect(await associations()).toEqual([
    ['1', 'contact', '1'],
    ['1', 'owner', '4'],
  ]);
  expect(await bench.bring(THIRD, [{ id: 1, updated_at: LATE, title: 'newer', api }])).toBe(
    '0 1 0 0 0',
  );
  expect(await bench.rows('select title, api from engagements')).toEqual([['newer', 'objects']]);
});

test('associations edited without moving the time of change follow the other API, too', async () => {
  const row = { id: 1, updated_at: EARLY };
  await bench.bring(FIRST, [
    { ...row, title: 'v1', associations: { contact: [1], owner: [4] }, attachments: [7] },
  ]);
  const words = { ...row, title: 'objects', api: 'objects' as const };
  const edited = { ...words, associations: { contact: [2] }, attachments: [8] };
  const kinds = { associationKinds: ['contact'] };
  expect(await bench.bring(SECOND, [edited], kinds)).toBe('0 1 0 0 0');
  expect(await bench.bring(THIRD, [edited], kinds)).toBe('0 0 1 0 0');
  expect((await bench.load({ from: FIRST })).written).toEqual(NOTHING);
  // The row itself is as it was.
  expect(await bench.rows('select title, api, left(raw_page, 17) from engagements')).toEqual([
    ['v1', 'v1', '2026/11/05/101500'],
  ]);
  expect(await associations()).toEqual([
    ['1', 'contact', '2'],
    ['1', 'owner', '4'],
  ]);
  expect(await attachments()).toEqual([['1', '8']]);
});

test('a mark of deletion that somebody set or took away is as the runs say after a replay', async () => {
  const types = { types: { NOTE: 2 } };
  await bench.bring(FIRST, [{ id: 1 }, { id: 2 }], types);
  await bench.bring('2026/11/08/101500Z-full', [{ id: 1 }], types);
  const expected = await hashTables(bench.client);
  await bench.client.query(
    `update engagements set deleted_at = case id when 1 then timestamptz '2026-11-06T00:00:00Z' end`,
  );
  const { written } = await bench.load({ from: FIRST });
  expect(written).toEqual({ ...NOTHING, deletions: 2 });
  expect(await hashTables(bench.client)).toEqual(expected);
});

test('a run transformed anew changes a deleted row, which stays deleted', async () => {
  const types = { types: { NOTE: 2 } };
  await bench.bring(FIRST, [{ id: 1, title: 'old words' }, { id: 2 }], types);
  await bench.bring('2026/11/08/101500Z-full', [{ id: 2 }], types);
  await bench.write(FIRST, [{ id: 1, title: 'new words' }, { id: 2 }], types);
  const { merged, replayed, written } = await bench.load();
  expect(merged.map(({ run }) => run)).toEqual([FIRST]);
  expect({ replayed, written }).toEqual({ replayed: 1, written: { ...NOTHING, rows: 1 } });
  expect(await bench.rows('select title, deleted_at is null from engagements order by id')).toEqual(
    [
      ['new words', false],
      [null, true],
    ],
  );
});

test('associations and attachments are replaced as a set, and only where they differ', async () => {
  await bench.bring(FIRST, [
    { id: 1, associations: { company: [1], contact: [1, 2] }, attachments: [7, 8] },
    { id: 2, associations: { contact: [1] }, attachments: [7] },
    { id: 3 },
    { id: 4, associations: { contact: [9] }, attachments: [9] },
  ]);
  const kept = await bench.rows(
    `select xmin from engagement_associations where engagement_id = 1 and object_id = 2`,
  );
  await bench.bring(SECOND, [
    { id: 1, associations: { contact: [2, 3], deal: [2] }, attachments: [8, 6, 6, 8] },
    { id: 2 },
    { id: 3, associations: { ticket: [5] }, attachments: [5] },
  ]);
  expect(await associations()).toEqual([
    ['1', 'contact', '2'],
    ['1', 'contact', '3'],
    ['1', 'deal', '2'],
    ['3', 'ticket', '5'],
    ['4', 'contact', '9'],
  ]);
  expect(await attachments()).toEqual([
    ['1', '6'],
    ['1', '8'],
    ['3', '5'],
    ['4', '9'],
  ]);
  expect(
    await bench.rows(
      `select xmin from engagement_associations where engagement_id = 1 and object_id = 2 and object_type = 'contact'`,
    ),
  ).toEqual(kept);
});

test('associations of kinds that the run does not cover stay', async () => {
  await bench.bring(FIRST, [
    { id: 1, updated_at: EARLY, associations: { contact: [1], owner: [4], workflow: [6] } },
  ]);
  const change = { associationKinds: ['company', 'contact'] };
  await bench.bring(
    SECOND,
    [{ id: 1, updated_at: LATE, api: 'objects', associations: { company: [2] } }],
    change,
  );
  expect(await associations()).toEqual([
    ['1', 'company', '2'],
    ['1', 'owner', '4'],
    ['1', 'workflow', '6'],
  ]);
});

test('labels follow the objects API, and v1 leaves them', async () => {
  const api = 'objects' as const;
  const row = { id: 1, updated_at: EARLY, api };
  const labels = () =>
    bench.rows('select object_type, object_id, labels from engagement_associations order by 1, 2');
  await bench.bring(FIRST, [
    {
      ...row,
      associations: { company: [3], contact: [1, 2] },
      association_labels: { contact: { 2: ['Billing, \n "x"', 'Boss'] } },
    },
  ]);
  expect(await labels()).toEqual([
    ['company', '3', []],
    ['contact', '1', []],
    ['contact', '2', ['Billing, \n "x"', 'Boss']],
  ]);
  const v1 = { id: 1, updated_at: EARLY, associations: { contact: [2, 5] } };
  expect(await bench.bring(SECOND, [v1])).toBe('0 1 0 0 0');
  const kept = [
    ['contact', '2', ['Billing, \n "x"', 'Boss']],
    ['contact', '5', []],
  ];
  expect(await labels()).toEqual(kept);
  expect((await bench.load({ from: FIRST })).written).toEqual(NOTHING);
  expect((await bench.load({ rebuild: true })).written).toEqual(NOTHING);
  expect(await labels()).toEqual(kept);
  const relabelled = { contact: { 5: ['Boss'] } };
  const edited = { ...row, associations: { contact: [2, 5] }, association_labels: relabelled };
  await bench.bring(THIRD, [edited]);
  expect(await labels()).toEqual([
    ['contact', '2', []],
    ['contact', '5', ['Boss']],
  ]);
});

test('ids beyond 2^53 are exact in every column', async () => {
  const [odd, max] = ['9007199254740993', '9223372036854775807'];
  const row = {
    owner_id: exact(odd),
    team_id: exact(max),
    created_by: exact(odd),
    modified_by: exact(max),
    associations: { contact: [exact(odd), exact(max)] },
    attachments: [exact(max), exact(odd)],
  };
  await bench.bring(FIRST, [
    { ...row, id: exact(max), portal_id: exact(odd) },
    { id: exact('9007199254740992') },
  ]);
  expect(
    await bench.rows(
      'select portal_id, id, owner_id, team_id, created_by, modified_by from engagements order by id',
    ),
  ).toEqual([
    [String(PORTAL), '9007199254740992', null, null, null, null],
    [odd, max, odd, max, odd, max],
  ]);
  const pairs =
    'select portal_id, engagement_id, object_type, object_id from engagement_associations';
  expect(await bench.rows(`${pairs} order by 4`)).toEqual([
    [odd, max, 'contact', odd],
    [odd, max, 'contact', max],
  ]);
  expect(await bench.rows('select * from engagement_attachments order by 3')).toEqual([
    [odd, max, odd],
    [odd, max, max],
  ]);
  await bench.bring(SECOND, [
    { ...row, id: exact(max), portal_id: exact(odd), associations: { contact: [exact(odd)] } },
  ]);
  expect(await bench.rows('select object_id from engagement_associations')).toEqual([[odd]]);
});

test('an association kind may be named like a key of the row', async () => {
  const kinds = {
    attachments: [1],
    metadata: [2],
    id: [3],
    '},"attachments":': [4],
    'größe "x"': [5],
  };
  await bench.bring(FIRST, [{ id: 1, associations: kinds, attachments: [6] }]);
  expect(new Set((await associations()).map(([, kind, id]) => `${kind} ${id}`))).toEqual(
    new Set(Object.entries(kinds).map(([kind, [id]]) => `${kind} ${id}`)),
  );
  expect(await attachments()).toEqual([['1', '6']]);
});

test('a replay restores what is gone and changes nothing that is right', async () => {
  const rows = [1, 2, 3].map((id) => ({ id, associations: { contact: [id] }, attachments: [id] }));
  await bench.bring(FIRST, rows);
  const state = async () => [
    await bench.rows('select * from engagements order by id'),
    await associations(),
    await attachments(),
  ];
  const before = await state();
  await bench.client.query('delete from engagements where id = 1');
  await bench.client.query('delete from engagement_associations where engagement_id = 2');
  await bench.client.query('delete from engagement_attachments where engagement_id = 3');
  await bench.client.query(
    `insert into engagement_associations values (${PORTAL}, 3, 'contact', 99)`,
  );
  expect((await bench.load()).merged).toEqual([]);
  const { merged, replayed, written } = await bench.load({ from: '2026/11/05' });
  expect({ merged, replayed }).toEqual({ merged: [], replayed: 1 });
  // The row with its two links, the two that were gone, the one too many.
  expect(written).toEqual({ ...NOTHING, rows: 1, links: 3 });
  expect(await state()).toEqual(before);
  expect(await bench.rows('select count(*) from load_runs')).toEqual([['1']]);
});

test('an unchanged replay or rebuild touches no row, not even to lock it', async () => {
  const rows = [1, 2, 3].map((id) => ({ id, associations: { contact: [id] }, attachments: [id] }));
  await bench.bring(FIRST, rows);
  const tables = ['engagements', 'engagement_associations', 'engagement_attachments'];
  const versions = tables
    .map((table) => `select tableoid, ctid, xmin, xmax from ${table}`)
    .join(' union all ');
  // Sorted, since Citus gives them in any order.
  const look = async () => (await bench.rows(versions)).map(String).sort();
  const before = await look();
  for (const options of [{ from: FIRST }, { rebuild: true }]) {
    expect(await bench.load(options)).toMatchObject({ replayed: 1, written: NOTHING });
  }
  expect(await look()).toEqual(before);
});

test('a run that appears late joins, in its place', async () => {
  await bench.bring(SECOND, [{ id: 1, title: 'new', associations: { contact: [1] } }]);
  await bench.bring(THIRD, [{ id: 3 }]);
  await bench.write(FIRST, [{ id: 1, title: 'old' }, { id: 2 }]);
  const { merged, replayed, written } = await bench.load();
  expect(merged.map((entry) => `${entry.run} ${toCounts(entry)}`)).toEqual([`${FIRST} 2 0 0 0 0`]);
  expect({ replayed, written }).toEqual({ replayed: 2, written: { ...NOTHING, rows: 1 } });
  expect(await titles()).toEqual([
    ['1', 'new'],
    ['2', null],
    ['3', null],
  ]);
  expect((await bench.load()).alreadyMerged).toBe(3);
});

test('a run that appears late joins though others were pruned', async () => {
  await bench.bring(FIRST, [{ id: 1, title: 'one' }, { id: 4 }]);
  await bench.bring(THIRD, [{ id: 1, title: 'uno', updated_at: LATE }]);
  await rm(path.join(ndjsonRoot(bench.dataDir), FIRST), { recursive: true });
  await bench.write(SECOND, [{ id: 1, title: 'un', updated_at: EARLY }, { id: 2 }]);
  expect((await bench.load()).merged.map(toCounts)).toEqual(['1 0 0 1 0']);
  expect(await titles()).toEqual([
    ['1', 'uno'],
    ['2', null],
    ['4', null],
  ]);
});

test('a run without rows is merged too, and a portal learned later does not bring it back', async () => {
  expect(await bench.bring(FIRST, [])).toBe('0 0 0 0 0');
  expect(await bench.rows('select portal_id, run from load_runs')).toEqual([['0', FIRST]]);
  expect(await bench.bring(SECOND, [{ id: 1 }])).toBe('1 0 0 0 0');
  expect((await bench.load()).alreadyMerged).toBe(2);
});

test('portals of several archives share a database', async () => {
  await bench.bring(SECOND, [{ id: 1, title: 'ours' }]);
  const other = await bench.writeElsewhere(FIRST, [{ id: 1, portal_id: 7, title: 'theirs' }], {
    portalId: 7,
  });
  const result = await bench.load({ dataDir: other });
  expect(result.merged.map(toCounts)).toEqual(['1 0 0 0 0']);
  expect(await bench.rows('select portal_id, title from engagements order by 1')).toEqual([
    ['7', 'theirs'],
    [String(PORTAL), 'ours'],
  ]);
});

test('a folder without a manifest is no run', async () => {
  const folder = await bench.write(FIRST, [{ id: 1 }]);
  await rm(`${folder}/_manifest.json`);
  expect(await bench.load()).toMatchObject({ merged: [], replayed: 0, alreadyMerged: 0 });
});
