// What is different on Citus; all other tests run there as well when CITUS_TEST_URL names a database on its coordinator.
import { expect, test } from 'vitest';
import { createWorkbench, hashTables } from './workbench.ts';

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
