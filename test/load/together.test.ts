import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/commands/open-database.ts';
import { Interrupted } from '../../src/errors.ts';
import { type LoadResult, load } from '../../src/load/load.ts';
import { createWorkbench, toCounts, type Workbench } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-changes';

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

/** Starts a load that stands still in its merge, holding the loads' lock, until `release`. */
async function startLoad(): Promise<{ loading: Promise<LoadResult>; release(): Promise<unknown> }> {
  await bench.client.query('begin; lock table engagements in share mode');
  const loading = bench.load();
  const isWaiting = `select count(*)::int from pg_locks where relation = 'engagements'::regclass and not granted`;
  while ((await bench.rows(isWaiting))[0]?.[0] === 0) await sleep(1);
  return { loading, release: () => bench.client.query('commit') };
}

async function waitForNote(): Promise<string> {
  while (bench.notes.length === 0) await sleep(1);
  return bench.notes.join('\n');
}

test.each(['read committed', 'serializable'])(
  'a second load waits, says for whom, and finds the run merged (%s)',
  async (isolation) => {
    await bench.client.query(
      `alter database ${bench.client.database} set default_transaction_isolation to '${isolation}'`,
    );
    await bench.write(FIRST, [{ id: 1, title: 'one' }]);
    await bench.write(SECOND, [{ id: 2, title: 'two' }]);
    const { loading, release } = await startLoad();
    const second = bench.load();
    expect(await waitForNote()).toMatch(
      /^waiting for another load: hubspot-engagements load, backend \d+, since 20\d\d-/,
    );
    await release();
    const results = [await loading, await second];
    const merged = results.flatMap((result) => result.merged);
    expect(merged.map((entry) => `${entry.run} ${toCounts(entry)}`).sort()).toEqual([
      `${FIRST} 1 0 0 0 0`,
      `${SECOND} 1 0 0 0 0`,
    ]);
    expect(results[0]?.merged.map((entry) => entry.run)).toContain(FIRST);
    for (const result of results) expect(result.alreadyMerged).toBe(2 - result.merged.length);
    expect(await bench.rows('select run, inserted, unchanged from load_runs order by run')).toEqual(
      [
        [FIRST, '1', '0'],
        [SECOND, '1', '0'],
      ],
    );
  },
);

test('a run that became older than a merged one while it waited joins', async () => {
  await bench.write(SECOND, [{ id: 1, title: 'new' }]);
  const other = await bench.writeElsewhere(FIRST, [{ id: 1, title: 'old' }, { id: 2 }]);
  const { loading, release } = await startLoad();
  const second = bench.load({ dataDir: other });
  await waitForNote();
  await release();
  expect((await loading).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
  expect((await second).merged.map(toCounts)).toEqual(['1 0 0 1 0']);
  expect(await bench.rows('select id, title from engagements order by id')).toEqual([
    ['1', 'new'],
    ['2', null],
  ]);
});

test('two schemas do not wait for each other', async () => {
  await bench.write(FIRST, [{ id: 1 }]);
  const { signal } = new AbortController();
  const things = { note() {}, signal };
  const elsewhere = await openDatabase(
    { ...bench.settings, databaseSchema: 'else "where"' },
    things,
  );
  const { loading, release } = await startLoad();
  const notes: string[] = [];
  const progress = { update() {}, note: (message: string) => void notes.push(message) };
  const result = await load(
    { dataDir: bench.dataDir, allowDemo: false },
    { database: elsewhere, clock: systemClock, progress, signal },
  );
  expect(result.merged.map(toCounts)).toEqual(['1 0 0 0 0']);
  expect(notes).toEqual([]);
  expect(await bench.rows('select count(*) from "else ""where""".engagements')).toEqual([['1']]);
  await release();
  expect((await loading).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
});

test('a load that waits can be stopped', async () => {
  await bench.write(FIRST, [{ id: 1 }]);
  const { loading, release } = await startLoad();
  const controller = new AbortController();
  const reason = new Interrupted('SIGINT');
  const second = bench.load({}, controller.signal).catch((error: unknown) => error);
  await waitForNote();
  controller.abort(reason);
  expect(await second).toBe(reason);
  await release();
  expect((await loading).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
});

test('of the loads of several schemas, the right one is named', async () => {
  await bench.write(FIRST, [{ id: 1 }]);
  const holders: Awaited<ReturnType<typeof bench.database.connect>>[] = [];
  for (const schema of ['a', 'b', 'hubspot', 'c', 'd']) {
    const holder = await bench.database.connect(schema);
    await holder.query('begin');
    await holder.query('select pg_advisory_xact_lock($1, hashtext($2))', [0x48554253, schema]);
    holders.push(holder);
  }
  const loading = bench.load();
  expect(await waitForNote()).toMatch(/^waiting for another load: hubspot-engagements hubspot,/);
  for (const holder of holders) await holder.end();
  expect((await loading).merged.map(toCounts)).toEqual(['1 0 0 0 0']);
});
