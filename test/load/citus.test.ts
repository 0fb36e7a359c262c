// What is different on Citus; all other tests run there as well when CITUS_TEST_URL names a database on its coordinator.
import { expect, test } from 'vitest';
import { load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';
import { createWorkbench, hashTables, NOW } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-full';
const isSet = process.env['CITUS_TEST_URL'] !== undefined;

test.skipIf(!isSet)(
  'on Citus (CITUS_TEST_URL), tables stay distributed together, and all workers hold rows',
  async () => {
    const bench = await createWorkbench();
    try {
      const rows = Array.from({ length: 500 }, (_, n) => ({
        id: n + 1,
        title: 'one',
        associations: { contact: [n, n + 1] },
        attachments: [n],
      }));
      const types = { types: { NOTE: 1 } };
      await bench.bring(FIRST, rows, types);
      const changed = rows.slice(50).map((row) => ({ ...row, title: 'two' }));
      await bench.bring(SECOND, changed, types);
      const expected = await hashTables(bench.client);
      for (const more of [{ from: FIRST }, { rebuild: true }]) {
        await bench.load(more);
        expect(await hashTables(bench.client)).toEqual(expected);
        const distributed = await bench.rows(
          `select logicalrelid::text, colocationid = min(colocationid) over () from pg_dist_partition order by 1`,
        );
        expect(distributed).toEqual(
          ['engagement_associations', 'engagement_attachments', 'engagements'].map((table) => [
            table,
            true,
          ]),
        );
        expect(
          await bench.rows(`select count(distinct (nodename, nodeport)) = (select count(distinct (nodename, nodeport))
            from pg_dist_placement join pg_dist_node using (groupid))
          from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
          where logicalrelid = 'engagements'::regclass`),
        ).toEqual([[true]]);
      }
    } finally {
      await bench.close();
    }
  },
);

test.skipIf(!isSet)('on Citus, no rows of a load are collected on the coordinator', async () => {
  const bench = await createWorkbench();
  try {
    const toRows = (title: string, first: number) =>
      Array.from({ length: 50 }, (_, n) => ({
        id: first + n,
        title,
        associations: { contact: [n, n + 1], deal: [n] },
        attachments: [n],
      }));
    await bench.write(FIRST, toRows('one', 1), { types: { NOTE: 50 } });
    await bench.write(SECOND, toRows('two', 20), {
      types: { NOTE: 50 },
      api: 'objects',
      associationKinds: ['contact'],
    });
    // What Citus's planner says at this level when it does not plan a query for the workers alone.
    const collected: string[] = [];
    const database = {
      ...bench.database,
      async connect(name: string) {
        const client = await bench.database.connect(name);
        client.on('notice', ({ message = '' }) => {
          if (/generating subplan|on coordinator|repartition/i.test(message)) {
            collected.push(message);
          }
        });
        await client.query('set client_min_messages to debug1');
        return client;
      },
    };
    const deps = {
      database,
      clock: { now: () => new Date(NOW), async sleep() {} },
      progress: silent,
      signal: new AbortController().signal,
    };
    const options = { dataDir: bench.dataDir, allowDemo: false };
    for (const more of [{}, { from: FIRST }, { rebuild: true }]) {
      await load({ ...options, ...more }, deps);
    }
    expect(collected).toEqual([]);
    // The test would see them.
    const client = await database.connect('test');
    await client.query(
      'with all_rows as materialized (select * from hubspot.engagements) select from all_rows',
    );
    await client.end();
    expect(collected).toHaveLength(1);
  } finally {
    await bench.close();
  }
});
