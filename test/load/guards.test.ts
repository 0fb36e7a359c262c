import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/commands/open-database.ts';
import { type LoadOptions, type LoadResult, load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';
import { createWorkbench, NOTHING, toCounts, type Workbench } from './workbench.ts';

const RUN = '2026/11/05/101500Z-full';
const NEXT = '2026/11/06/101500Z-changes';

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

const countRows = () =>
  bench.rows('select (select count(*) from engagements), (select count(*) from load_runs)');

test('demo rows come into a real database only with allowDemo', async () => {
  await bench.write(RUN, [{ id: 1 }], { demo: true });
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_GUARD',
    exitCode: 6,
    message: `the archive in ${bench.dataDir} holds the demo portal's made-up data`,
    next: 'Unset DATABASE_URL to load it into the embedded database, or run load --allow-demo.',
  });
  expect(await countRows()).toEqual([['0', '0']]);
  expect((await bench.load({ allowDemo: true })).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
});

test('an archive of two portals is refused', async () => {
  await bench.write(RUN, [{ id: 1 }]);
  await bench.write(NEXT, [{ id: 1, portal_id: 7 }], { portalId: 7 });
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_GUARD',
    message: `the archive in ${bench.dataDir} holds two portals: run ${RUN} is of portal 62515, run ${NEXT} of portal 7`,
  });
  expect(await countRows()).toEqual([['0', '0']]);
});

/** A load of a user of its own, with these privileges besides usage of the schema. */
async function loadAs(
  privileges: string[],
  options: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const role = `loader_${process.pid}_${Date.now()}`;
  await bench.client.query(`create role ${role} login password 'secret'`);
  for (const privilege of ['usage on schema hubspot', ...privileges]) {
    await bench.client.query(`grant ${privilege} to ${role}`);
  }
  const url = new URL(bench.url);
  url.username = role;
  url.password = 'secret';
  const { signal } = new AbortController();
  try {
    const settings = { ...bench.settings, databaseUrl: url.href };
    const database = await openDatabase(settings, { note() {}, signal });
    const clock = { now: () => new Date(), async sleep() {} };
    const { dataDir } = bench;
    return await load(
      { dataDir, allowDemo: false, ...options },
      { database, clock, progress: silent, signal },
    );
  } finally {
    await bench.client.query(`drop owned by ${role}; drop role ${role}`);
  }
}

const WRITE = 'select, insert, update, delete on all tables in schema hubspot';

test('a user who may not create tables is told so', async () => {
  await bench.write(RUN, [{ id: 1 }]);
  await expect(loadAs([WRITE])).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    exitCode: 5,
    message:
      'preparing the load: the database says: permission denied for schema hubspot (SQLSTATE 42501)',
    next: 'Grant this user the privilege named, or use another user.',
  });
  expect(await countRows()).toEqual([['0', '0']]);
});

test('a user who does not own the tables can load and rebuild', async () => {
  await bench.bring(RUN, [{ id: 1, associations: { contact: [1] } }]);
  await bench.write(NEXT, [{ id: 2 }]);
  const rights = [WRITE, 'create on schema hubspot'];
  expect((await loadAs(rights)).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
  await bench.client.query('delete from engagements where id = 1');
  expect((await loadAs(rights, { rebuild: true })).written).toEqual({ ...NOTHING, rows: 1 });
  expect(await countRows()).toEqual([['2', '2']]);
});

test('a table that somebody dropped is an error of the database, not a bug', async () => {
  await bench.client.query('drop table load_runs');
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    message:
      'reading the ledger: the database says: relation "hubspot.load_runs" does not exist (SQLSTATE 42P01)',
  });
});

test('staging that somebody brought back is swept', async () => {
  await bench.client.query('create table load_keys (id int); create table load_state (id int)');
  await bench.write(RUN, [{ id: 1 }]);
  expect((await bench.load()).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
});

test('rows that do not arrive in the table are missed, and nothing is merged', async ({ skip }) => {
  skip(process.env['CITUS_TEST_URL'] !== undefined, 'Citus has no triggers on distributed tables');
  await bench.write(RUN, [{ id: 1 }, { id: 2 }]);
  await bench.client.query(`
    create function swallow() returns trigger language plpgsql as $$ begin return case new.id when 1 then new end; end $$;
    create trigger swallow before insert on engagements for each row execute function swallow();
  `);
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    exitCode: 5,
    message: '2 rows were to be written but 1 were; nothing was changed',
    next: 'Look for triggers, rules and row policies on the table engagements.',
  });
  expect(await countRows()).toEqual([['0', '0']]);
});

test('a run whose counts do not add up is not merged', async () => {
  await bench.write(RUN, [{ id: 1 }, { id: 1 }, { id: 2 }], { records: 5, rejected: [{ id: 3 }] });
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    exitCode: 5,
    message:
      `run ${RUN} does not add up: 5 records, 3 rows + 1 rejects, ` +
      '2 inserted + 0 updated + 0 unchanged + 0 older + 1 duplicates; nothing was changed',
    next: 'Run transform --force, then load again.',
  });
  expect(await countRows()).toEqual([['0', '0']]);
});
