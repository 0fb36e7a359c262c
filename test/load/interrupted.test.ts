import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseFailed, Interrupted } from '../../src/errors.ts';
import { createWorkbench, toCounts, type Workbench } from './workbench.ts';

const BASE = '2026/11/05/101500Z-full';
const RUN = '2026/11/06/101500Z-full';
const ROWS = 3000;
/** How far a load comes, as parts of the time that it takes, before it is stopped; others each time, shown in the names. */
const toMoments = (count: number): number[] =>
  Array.from({ length: count }, () => Math.round(Math.random() * 100) / 100);

// A machine that is busy with something else may take long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let bench: Workbench;
let loadMs: number;
beforeAll(async () => {
  bench = await createWorkbench();
  await writeBoth();
  const began = performance.now();
  await bench.load();
  loadMs = performance.now() - began;
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.client.query(
    'truncate engagements, engagement_associations, engagement_attachments, load_runs',
  );
  await rm(path.join(bench.dataDir, 'ndjson'), { recursive: true });
  await writeBase();
  await bench.load();
  await writeBoth();
});

const writeBase = () =>
  bench.write(BASE, [{ id: 1, title: 'before', associations: { deal: [1] } }]);

async function writeBoth(): Promise<void> {
  await writeBase();
  const rows = Array.from({ length: ROWS }, (_, n) => ({
    id: n + 1,
    title: 'after',
    metadata: { text: 'lorem ipsum '.repeat(50) },
    associations: { contact: [n + 1] },
    attachments: [n + 1],
  }));
  await bench.write(RUN, rows, { rowsPerPart: 1000 });
}

/** Which of the two states the tables are in; any third is an error. */
async function readState(): Promise<'before' | 'after'> {
  // One statement, one snapshot.
  const [state] = await bench.rows(`select
    (select array_agg(distinct title) from engagements), (select count(*)::int from engagements),
    (select array_agg(distinct object_type) from engagement_associations),
    (select count(*)::int from engagement_associations),
    (select count(*)::int from engagement_attachments), (select count(*)::int from load_runs)`);
  const before = [['before'], 1, ['deal'], 1, 0, 1];
  const after = [['after'], ROWS, ['contact'], ROWS, ROWS, 2];
  const isAfter = JSON.stringify(state) === JSON.stringify(after);
  if (!isAfter) expect(state).toEqual(before);
  return isAfter ? 'after' : 'before';
}

/** The tables are as they were or as they shall be, nothing is left behind, and the next load brings it about. */
async function expectWholeThenLoad(): Promise<'before' | 'after'> {
  const state = await readState();
  const { merged } = await bench.load();
  expect(merged.map(toCounts)).toEqual(state === 'after' ? [] : [`${ROWS - 1} 1 0 0 0`]);
  expect(await readState()).toBe('after');
  expect(
    await bench.rows(`select relname from pg_class where relnamespace = 'hubspot'::regnamespace
      and relkind = 'r' order by 1`),
  ).toEqual(
    [
      'engagement_associations',
      'engagement_attachments',
      'engagements',
      'load_runs',
      'schema_migrations',
    ].map((name) => [name]),
  );
  return state;
}

const findLoads = () =>
  bench.rows(`select pid from pg_stat_activity
    where datname = current_database() and application_name = 'hubspot-engagements load'`);

test.each(toMoments(12))('its backend terminated at %d of the time', async (moment) => {
  const loading = bench.load().catch((error: unknown) => error);
  await sleep(moment * loadMs);
  for (const [pid] of await findLoads()) {
    await bench.client.query('select pg_terminate_backend($1::int)', [pid]);
  }
  const result = await loading;
  const state = await expectWholeThenLoad();
  if (state === 'before') {
    expect(result).toBeInstanceOf(DatabaseFailed);
    expect(result).toMatchObject({ retryable: true });
  }
});

test.each(toMoments(12))('aborted at %d of the time', async (moment) => {
  const controller = new AbortController();
  const reason = new Interrupted('SIGTERM');
  const loading = bench.load({}, controller.signal).catch((error: unknown) => error);
  await sleep(moment * loadMs);
  controller.abort(reason);
  const result = await loading;
  const state = await expectWholeThenLoad();
  if (state === 'before') expect(result).toBe(reason);
});

test.each(toMoments(8))('killed at %d of the time', async (moment) => {
  const script = fileURLToPath(new URL('./load-alone.ts', import.meta.url));
  const loader = spawn(process.execPath, [script, bench.url, bench.dataDir], { stdio: 'inherit' });
  const exit = once(loader, 'exit');
  while ((await findLoads()).length === 0 && loader.exitCode === null) await sleep(1);
  await sleep(moment * loadMs);
  loader.kill('SIGKILL');
  await exit;
  // A commit that was on its way may still come through.
  while ((await findLoads()).length > 0) await sleep(1);
  await expectWholeThenLoad();
});

test.each(toMoments(6))(
  'a rebuild whose backends are terminated at %d of the time',
  async (moment) => {
    await bench.load();
    const rebuilding = bench.load({ rebuild: true }).catch((error: unknown) => error);
    await sleep(moment * 2 * loadMs);
    await bench.client.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'hubspot-engagements load%'`);
    const result = await rebuilding;
    if (result instanceof Error) expect(result).toMatchObject({ exitCode: 5, retryable: true });
    expect(await readState()).toBe('after');
    expect((await bench.load()).merged).toEqual([]);
  },
);

test('its statements take longer than they may', async () => {
  const database = `alter database ${bench.client.database}`;
  await bench.client.query(`${database} set statement_timeout to '100ms'`);
  // Keeps the merge from writing.
  await bench.client.query('begin; lock table engagements in share mode');
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_DATABASE',
    exitCode: 5,
    message: expect.stringMatching(/due to statement timeout \(SQLSTATE 57014\)$/),
    next: expect.stringContaining('statement_timeout'),
  });
  await bench.client.query(`commit; ${database} reset statement_timeout`);
  expect(await expectWholeThenLoad()).toBe('before');
});

test('aborted before it begins', async () => {
  const reason = new Interrupted('SIGINT');
  await expect(bench.load({}, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await expectWholeThenLoad()).toBe('before');
});

test('aborted while the database is at work on a statement', async () => {
  const controller = new AbortController();
  const reason = new Interrupted('SIGINT');
  // Keeps the merge from writing.
  await bench.client.query('begin; lock table engagements in share mode');
  const loading = bench.load({}, controller.signal).catch((error: unknown) => error);
  const isWaiting = `select count(*)::int from pg_locks where relation = 'engagements'::regclass and not granted`;
  while ((await bench.rows(isWaiting))[0]?.[0] === 0) await sleep(1);
  controller.abort(reason);
  expect(await loading).toBe(reason);
  await bench.client.query('commit');
  expect(await expectWholeThenLoad()).toBe('before');
});
