import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/commands/open-database.ts';
import { writeNdjsonRun } from '../support/ndjson-run.ts';
import { runCli } from '../support/run-cli.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

/** More than a file of the WAL has, and less than what is staged. */
const FILE_BYTES = 20 * 2 ** 20;

let dataDir: string;
beforeAll(async () => {
  dataDir = await makeTemporaryFolder();
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Titles of the rows, runs of the ledger, and tables that a load leaves behind. */
async function readTables(): Promise<unknown[]> {
  const things = { note() {}, signal: new AbortController().signal };
  const database = await openDatabase(
    { databaseUrl: null, databaseSchema: 'hubspot', dataDir },
    things,
  );
  const client = await database.connect('test');
  const { rows } = await client.query(`select
    (select array_agg(distinct title) from hubspot.engagements) as titles,
    (select count(*)::int from hubspot.engagements) as rows,
    (select count(*)::int from hubspot.load_runs) as runs,
    (select count(*)::int from pg_class where relname like 'load\\_staging%') as left_behind`);
  await client.end();
  await database.close();
  return rows;
}

// A server whose files must not grow beyond a size refuses just where one refuses whose disk is full.
test('what is staged does not fit: nothing is changed, and the next load succeeds', async () => {
  const environment = { DATA_DIR: dataDir };
  await writeNdjsonRun(dataDir, '2026/11/05/101500Z-full', [{ id: 1, title: 'before' }], {
    demo: true,
  });
  expect(await runCli(['load'], environment)).toMatchObject({ exit: 0 });
  const rows = Array.from({ length: 3000 }, (_, n) => ({
    id: n + 1,
    title: 'after',
    updated_at: '2026-11-06T00:00:00.000Z',
    metadata: { text: 'x'.repeat(10_000) },
  }));
  await writeNdjsonRun(dataDir, '2026/11/06/101500Z-full', rows, { demo: true });

  const { exit, stderr } = await runCli(['load'], environment, { fileBytes: FILE_BYTES });
  expect(exit).toBe(5);
  expect(stderr).toContain(
    'loading run 2026/11/06/101500Z-full: the database says: could not extend file',
  );
  expect(await readTables()).toEqual([{ titles: ['before'], rows: 1, runs: 1, left_behind: 0 }]);

  expect(await runCli(['load'], environment)).toMatchObject({ exit: 0 });
  expect(await readTables()).toEqual([{ titles: ['after'], rows: 3000, runs: 2, left_behind: 0 }]);
}, 120_000);
