// The same loader on a Citus coordinator: CITUS_TEST_URL names a database there with the extension. Skipped without.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { type Database, openDatabase } from '../../src/database/open-database.ts';
import { load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';
import { createWorkbench, hashTables, type Workbench } from './workbench.ts';

const databaseUrl = process.env['CITUS_TEST_URL'];
const schema = `hubspot_test_${randomBytes(4).toString('hex')}`;
const { signal } = new AbortController();
const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-full';

describe.skipIf(databaseUrl === undefined)('on Citus', () => {
  let bench: Workbench;
  let citus: Database;
  beforeAll(async () => {
    bench = await createWorkbench();
    const settings = {
      databaseUrl: databaseUrl as string,
      databaseSchema: schema,
      dataDir: bench.dataDir,
    };
    citus = await openDatabase(settings, { note() {}, signal });
  });
  afterAll(async () => {
    const client = await citus.connect('test');
    await client.query(`drop schema ${schema} cascade`);
    await client.end();
    await citus.close();
    await bench.close();
  });

  test('loads, deletions, replays and a rebuild make the same tables as on plain Postgres', async () => {
    const rows = Array.from({ length: 500 }, (_, n) => ({
      id: n + 1,
      title: 'one',
      associations: { contact: [n, n + 1] },
      attachments: [n],
    }));
    const types = { types: { NOTE: 1 } };
    await bench.write(FIRST, rows, types);
    await bench.write(
      SECOND,
      rows.slice(50).map((row) => ({ ...row, title: 'two' })),
      types,
    );
    await bench.load();
    const expected = await hashTables(bench.client);
    const client = await citus.connect('test');
    try {
      const things = { database: citus, clock: systemClock, progress: silent, signal };
      const options = { dataDir: bench.dataDir, allowDemo: false };
      for (const more of [{}, { replay: { from: FIRST } }, { rebuild: true }]) {
        await load({ ...options, ...more }, things);
        expect(await hashTables(client, schema)).toEqual(expected);
      }
      const { rows: distributed } = await client.query(
        `select c.relname::text as name from pg_dist_partition join pg_class c on c.oid = logicalrelid
         where c.relnamespace = $1::regnamespace order by 1`,
        [schema],
      );
      expect(distributed.map(({ name }) => name)).toEqual([
        'engagement_associations',
        'engagement_attachments',
        'engagement_returns',
        'engagements',
      ]);
    } finally {
      await client.end();
    }
  });
});
