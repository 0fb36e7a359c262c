import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { PORTAL } from '../support/ndjson-run.ts';
import { createWorkbench, hashTables, type Workbench } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-changes';

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

const titles = () => bench.rows('select id, title from engagements order by id');

async function bringAll(): Promise<void> {
  await bench.bring(FIRST, [{ id: 1, title: 'one', associations: { contact: [1] } }, { id: 2 }]);
  await bench.bring(SECOND, [{ id: 1, title: 'uno', updated_at: '2026-11-06T00:00:00.000Z' }]);
}

test('makes the same tables, other than what somebody did to them', async () => {
  await bringAll();
  const expected = await hashTables(bench.client);
  await bench.client.query(`update engagements set title = 'spoilt'; delete from load_runs`);
  const { merged } = await bench.load({ rebuild: true });
  expect(merged.map(({ run }) => run)).toEqual([FIRST, SECOND]);
  expect(await hashTables(bench.client)).toEqual(expected);
});

/** What users add to tables, and what a rebuild that made the tables anew would lose. */
const OWN = (role: string) => `
  create role ${role};
  grant select on engagements to ${role} with grant option;
  grant update (title) on engagements to ${role};
  create view titles with (security_barrier = true) as select id, title from engagements;
  create materialized view days as select created_at::date as day, count(*) from engagements group by 1;
  create table changes (id bigint);
  create function note_change() returns trigger language plpgsql as $$
    begin insert into changes values (coalesce(new.id, old.id)); return new; end $$;
  create trigger note_change after insert or update or delete on engagements for each row execute function note_change();
  alter table engagements enable row level security;
  create policy own on engagements for select to ${role} using (owner_id = 1);
  create publication all_of_it for table engagements, engagement_associations, load_runs;
  alter table engagements replica identity full;
  alter table engagements set (fillfactor = 70), alter title set statistics 500, alter source set (n_distinct = 5),
    alter metadata set storage external, add mine int;
  cluster engagements using engagements_pkey;
  create index "by Title" on engagements (upper(title));
  comment on column engagements.title is 'it''s ours';
`;

test("users' grants, views, triggers, policies, publications and settings stay", async ({
  skip,
}) => {
  skip(process.env['CITUS_TEST_URL'] !== undefined, 'Citus has no triggers on distributed tables');
  await bringAll();
  const role = `reader_${process.pid}_${Date.now()}`;
  await bench.client.query(OWN(role));
  const describe = () =>
    Promise.all(
      [
        'select oid::int, relacl::text, reloptions, relreplident, relrowsecurity, relfilenode::int from pg_class where relnamespace = $1::regnamespace',
        'select attrelid::int, attname, attacl::text, attstattarget, attoptions, attstorage from pg_attribute join pg_class c on c.oid = attrelid where relnamespace = $1::regnamespace and attnum > 0',
        'select tgname, tgenabled from pg_trigger join pg_class c on c.oid = tgrelid where relnamespace = $1::regnamespace',
        'select policyname, qual from pg_policies where schemaname = $1',
        'select pubname, tablename from pg_publication_tables where schemaname = $1',
        'select indexname, indexdef from pg_indexes where schemaname = $1',
        'select indexrelid::regclass::text, indisclustered from pg_index join pg_class c on c.oid = indexrelid where relnamespace = $1::regnamespace',
      ].map((sql) => bench.rows(`${sql} order by 1, 2`, ['hubspot'])),
    );
  const before = await describe();
  const expected = await hashTables(bench.client);
  await bench.load({ rebuild: true });
  expect(await bench.rows('select id from changes')).toEqual([]);
  await bench.client.query(`update engagements set title = 'spoilt' where id = 1`);
  await bench.client.query('delete from changes');
  await bench.load({ rebuild: true });
  expect(await bench.rows('select id from changes')).toEqual([['1']]);
  expect(await hashTables(bench.client)).toEqual(expected);
  expect(await describe()).toEqual(before);
  await bench.client.query(`drop owned by ${role}; drop role ${role}`);
});

test('removes what the archive does not hold, of this portal alone', async () => {
  await bringAll();
  const other = await bench.writeElsewhere(
    FIRST,
    [{ id: 1, portal_id: 7, title: 'theirs', associations: { deal: [1] } }],
    { portalId: 7 },
  );
  await bench.load({ dataDir: other });
  const before = await hashTables(bench.client);
  await bench.client.query(`
    insert into engagements select (jsonb_populate_record(e, '{"id": 99}')).* from engagements e where portal_id = ${PORTAL} and id = 1;
    insert into engagement_associations values (${PORTAL}, 98, 'deal', 1);
    insert into engagement_attachments values (${PORTAL}, 99, 1), (${PORTAL}, 2, 1);
  `);
  const { written } = await bench.load({ rebuild: true });
  expect(written).toEqual({ rows: 0, deletions: 0, links: 1, removed: 3 });
  expect(await hashTables(bench.client)).toEqual(before);
});

test('refuses without the runs that the tables were made of, unless told', async () => {
  await bringAll();
  await rm(path.join(ndjsonRoot(bench.dataDir), FIRST), { recursive: true });
  const before = await hashTables(bench.client);
  await expect(bench.load({ rebuild: true })).rejects.toMatchObject({
    code: 'ERR_GUARD',
    exitCode: 6,
    message: `the archive in ${bench.dataDir} lacks 1 of the runs that the tables were made of: ${FIRST}`,
    next: expect.stringContaining('--forget-missing'),
  });
  expect(await hashTables(bench.client)).toEqual(before);
  await bench.load({ rebuild: true, forgetMissing: true });
  expect(await titles()).toEqual([['1', 'uno']]);
  expect(await bench.rows('select run from load_runs')).toEqual([[SECOND]]);
});

test('a damaged run leaves everything as it was', async () => {
  await bringAll();
  const before = await hashTables(bench.client);
  await rm(path.join(ndjsonRoot(bench.dataDir), SECOND, 'engagements-0001.ndjson'));
  await expect(bench.load({ rebuild: true })).rejects.toMatchObject({ code: 'ERR_ARCHIVE' });
  expect(await hashTables(bench.client)).toEqual(before);
});

test('readers see the tables as they were until it is through, and do not wait', async () => {
  await bringAll();
  await bench.client.query(`update engagements set title = 'spoilt'`);
  // Keeps the ledger from being written, the last thing that a rebuild does.
  await bench.client.query('delete from load_runs');
  await bench.client.query('begin; lock table load_runs in share mode');
  const rebuilding = bench.load({ rebuild: true });
  const isWaiting = `select count(*)::int from pg_locks where relation = 'load_runs'::regclass and not granted`;
  while ((await bench.rows(isWaiting))[0]?.[0] === 0) await sleep(1);
  const reader = await bench.database.connect('reader');
  await reader.query(`set statement_timeout to '5s'`);
  const { rows } = await reader.query('select distinct title from hubspot.engagements');
  expect(rows).toEqual([{ title: 'spoilt' }]);
  await reader.end();
  await bench.client.query('commit');
  await rebuilding;
  expect(await titles()).toEqual([
    ['1', 'uno'],
    ['2', null],
  ]);
});

test('works in a schema of an odd name', async () => {
  const { openDatabase } = await import('../../src/commands/open-database.ts');
  const { load } = await import('../../src/load/load.ts');
  const { systemClock } = await import('../../src/clock.ts');
  const { silent } = await import('../../src/progress.ts');
  const { signal } = new AbortController();
  const databaseSchema = `a "b" it's ${'z'.repeat(52)}`;
  const settings = { ...bench.settings, databaseSchema };
  const database = await openDatabase(settings, { note() {}, signal });
  await bench.write(FIRST, [{ id: 1 }]);
  const things = { database, clock: systemClock, progress: silent, signal };
  const options = { dataDir: bench.dataDir, allowDemo: false };
  await load(options, things);
  expect((await load({ ...options, rebuild: true }, things)).replayed).toBe(1);
  await load({ ...options, from: FIRST }, things);
  await database.close();
});
