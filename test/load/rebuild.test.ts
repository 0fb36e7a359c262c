import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { Interrupted } from '../../src/errors.ts';
import { createWorkbench, hashTables, type Workbench } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-changes';
const THIRD = '2026/11/07/101500Z-changes';

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

const titles = () => bench.rows('select id, title from engagements order by id');

/** Schemas that a rebuild works in. */
const leftovers = () =>
  bench.rows(`select nspname from pg_namespace where nspname like 'hubspot\\_rebuild%'`);

async function bringAll(): Promise<void> {
  await bench.bring(FIRST, [{ id: 1, title: 'one', associations: { contact: [1] } }, { id: 2 }]);
  await bench.bring(SECOND, [{ id: 1, title: 'uno', updated_at: '2026-11-06T00:00:00.000Z' }]);
}

test('makes the same tables, other than what somebody did to them', async () => {
  await bringAll();
  const expected = await hashTables(bench.client);
  await bench.client.query(`update engagements set title = 'spoilt'; delete from load_runs`);
  await bench.client.query('drop index hubspot.engagements_report');
  await bench.client.query('create index engagements_report on engagements (title)');
  const { merged } = await bench.load({ rebuild: true });
  expect(merged.map(({ run }) => run)).toEqual([FIRST, SECOND]);
  expect(await hashTables(bench.client)).toEqual(expected);
  expect(await leftovers()).toEqual([]);
});

test('takes in an older run that had been left out', async () => {
  await bench.bring(SECOND, [{ id: 1, title: 'uno' }]);
  await bench.write(FIRST, [
    { id: 1, title: 'one' },
    { id: 2, title: 'two' },
  ]);
  expect((await bench.load()).leftOut).toEqual([FIRST]);
  await bench.load({ rebuild: true });
  expect(await titles()).toEqual([
    ['1', 'uno'],
    ['2', 'two'],
  ]);
});

test('keeps owners, grants, comments, views and indexes, whosever they are', async () => {
  await bringAll();
  const [owner, reader] = ['owner', 'reader'].map((name) => `${name}_${process.pid}_${Date.now()}`);
  await bench.client.query(`
    create role ${owner}; create role ${reader};
    create schema bi;
    create view bi.titles with (security_barrier = true) as select id, title from engagements;
    create view bi.upper as select upper(title) as title from bi.titles;
    comment on view bi.titles is 'ours';
    grant select on bi.titles, calls to ${reader};
    grant select on engagements to ${reader} with grant option;
    grant update (title) on engagements to ${reader};
    grant select on engagement_associations to public;
    alter table engagements set (fillfactor = 70);
    create index "by Title" on engagements (upper(title)) where title <> ' ON hubspot.engagements ';
    comment on column engagements.title is 'it''s ours';
    comment on table engagements is 'all of them';
    comment on index "by Title" is 'it''s ours, too';
    create view bi.days as select created_at::date as day, count(*) from engagements group by 1;
    alter view bi.days owner to ${reader};
    alter table engagements owner to ${owner};
  `);
  const describe = async () => [
    await bench.rows(`select c.oid::regclass::text, c.relacl::text, c.reloptions, c.relowner::regrole::text,
        obj_description(c.oid), c.relpersistence, case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
      from pg_class c where c.relkind in ('r', 'v') and relnamespace in ('hubspot'::regnamespace, 'bi'::regnamespace)
      order by 1`),
    await bench.rows(`select attrelid::regclass::text, attname, attacl::text, attnotnull, atttypid::regtype::text,
        attcompression, col_description(attrelid, attnum)
      from pg_attribute join pg_class c on c.oid = attrelid
      where relnamespace = 'hubspot'::regnamespace and relkind in ('r', 'v') and attnum > 0 order by 1, attnum`),
    await bench.rows(
      `select indexname, indexdef, obj_description(format('hubspot.%I', indexname)::regclass)
       from pg_indexes where schemaname = 'hubspot' order by 1`,
    ),
  ];
  const before = await describe();
  const old = await bench.rows(`select 'engagements'::regclass::oid`);
  await bench.load({ rebuild: true });
  expect(await describe()).toEqual(before);
  expect(await bench.rows(`select 'engagements'::regclass::oid`)).not.toEqual(old);
  await bench.bring(THIRD, [{ id: 3, title: 'tre', updated_at: '2026-11-07T00:00:00.000Z' }]);
  expect(await bench.rows('select title from bi.upper where title is not null order by 1')).toEqual(
    [['TRE'], ['UNO']],
  );
  await bench.client.query(
    `drop owned by ${owner}, ${reader} cascade; drop role ${owner}, ${reader}`,
  );
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
  expect(await leftovers()).toEqual([]);
});

test.each([
  [
    'alter table engagements replica identity full',
    'replica identity of table hubspot.engagements',
  ],
  ['alter table load_runs set unlogged', 'unlogged table hubspot.load_runs'],
  [
    'alter table engagements alter title set statistics 500',
    'storage, statistics or not null of column title of table hubspot.engagements',
  ],
  ['create materialized view m as select id from engagements', 'materialized view hubspot.m'],
  ['alter table engagements add mine int', 'column mine of table hubspot.engagements'],
  ['alter table engagements alter active type text', 'column active of table hubspot.engagements'],
  [
    'alter table engagements alter title set default 7',
    'default value for column title of table hubspot.engagements',
  ],
  [
    'create trigger t before update on engagements for each row execute function suppress_redundant_updates_trigger()',
    'trigger t on table hubspot.engagements',
  ],
  [
    'create table f (p bigint, i bigint, constraint f_key foreign key (p, i) references engagements)',
    'constraint f_key on table hubspot.f',
  ],
  [
    'alter table engagement_attachments add constraint few check (file_id > 0)',
    'constraint few on table hubspot.engagement_attachments',
  ],
  [
    'alter table engagements add constraint once unique (raw_page)',
    'constraint once on table hubspot.engagements',
  ],
  [
    'create rule r as on delete to load_runs do instead nothing',
    'rule r on table hubspot.load_runs',
  ],
  ['create statistics s on type, source from engagements', 'statistics object hubspot.s'],
  [
    'create policy p on engagements; alter table engagements enable row level security',
    'policy p on table hubspot.engagements, row security of table hubspot.engagements',
  ],
  [
    'create publication p for table engagements',
    'publication of table hubspot.engagements in publication p',
  ],
  ['create table t () inherits (engagements)', 'table hubspot.t'],
  ['create table t (e engagements)', 'column e of table hubspot.t'],
  ['create view v as select e from engagements as e', 'column e of view hubspot.v'],
  [
    'create function f(engagements) returns int language sql as $$ select 1 $$',
    'function hubspot.f(hubspot.engagements)',
  ],
  [
    'create function g() returns bigint language sql begin atomic select count(*) from engagements; end',
    'function hubspot.g()',
  ],
])('refuses to lose what %s makes', async (sql, what) => {
  await bringAll();
  await bench.client.query(sql);
  await expect(bench.load({ rebuild: true })).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    message: `the tables of schema hubspot have what a rebuild cannot keep: ${what}`,
  });
  expect(await titles()).toEqual([
    ['1', 'uno'],
    ['2', null],
  ]);
  expect(await leftovers()).toEqual([]);
});

test('does not make readers wait behind those who read for long', async () => {
  await bringAll();
  await bench.client.query('begin; select from engagements');
  const rebuilding = bench.load({ rebuild: true });
  while (!bench.notes.includes('the new tables wait for those who read the old ones')) {
    await sleep(1);
  }
  const reader = await bench.database.connect('reader');
  // As long as a query on a dashboard may take.
  await reader.query(`set statement_timeout to '5s'`);
  await reader.query('select from hubspot.calls, hubspot.emails');
  // Others would be idle, and a server may end idle sessions.
  const { rows } = await reader.query(
    `select state from pg_stat_activity where datname = current_database() and application_name ~ ' load'`,
  );
  expect(rows).toEqual([{ state: 'idle in transaction' }]);
  await reader.end();
  await bench.client.query('commit');
  expect((await rebuilding).merged.length).toBe(2);
});

test("other portals' rows stay", async () => {
  await bringAll();
  const row = { id: 1, portal_id: 7, title: 'theirs', associations: { deal: [1] } };
  const other = await bench.writeElsewhere(FIRST, [row], { portalId: 7 });
  await bench.load({ dataDir: other });
  const before = await hashTables(bench.client);
  await bench.load({ rebuild: true });
  expect(await hashTables(bench.client)).toEqual(before);
});

test('other loads wait for it, and sweep what a killed one left', async () => {
  await bringAll();
  // Keeps the swap from happening.
  await bench.client.query('begin; select from engagements limit 1');
  const controller = new AbortController();
  const reason = new Interrupted('SIGTERM');
  const rebuilding = bench
    .load({ rebuild: true }, controller.signal)
    .catch((error: unknown) => error);
  const isWaiting = `select count(*)::int from pg_locks where relation = 'engagements'::regclass and not granted`;
  while ((await bench.rows(isWaiting))[0]?.[0] === 0) await sleep(1);
  await bench.write(THIRD, [{ id: 3 }]);
  const loading = bench.load();
  while (bench.notes.length === 0) await sleep(1);
  expect(bench.notes.join()).toMatch(
    /^waiting for another load: hubspot-engagements load --rebuild/,
  );
  controller.abort(reason);
  expect(await rebuilding).toBe(reason);
  expect((await loading).merged.map(({ run }) => run)).toEqual([THIRD]);
  await bench.client.query('commit');
  expect(await leftovers()).toEqual([]);
  expect((await titles()).length).toBe(3);
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
  expect((await load({ ...options, rebuild: true }, things)).merged.length).toBe(1);
  await load({ ...options, replay: { from: FIRST } }, things);
  await database.close();
});
