import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

/**
 * An archive as the first version of its format was written: a full run by v1; changes, compressed; a full run by the
 * objects API, compressed. It is never made anew: that this version reads it is the point.
 */
const FIXTURE = fileURLToPath(new URL('fixtures/archive-format-1', import.meta.url));
const RUNS = [
  '2026/11/24/042209Z-full',
  '2026/11/24/042210Z-changes',
  '2026/11/24/042210Z-full',
] as const;

let database: TestDatabase;
let dataDir: string;
beforeEach(async () => {
  database = await createTestDatabase();
  dataDir = await makeTemporaryFolder();
  await cp(FIXTURE, dataDir, { recursive: true });
});
afterEach(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

const run = async (...command: string[]) => {
  const environment = { DATA_DIR: dataDir, DATABASE_URL: database.url };
  const ended = await runCli(command, environment);
  expect(ended).toMatchObject({ exit: 0 });
  return ended;
};
const tables = async () => {
  const { rows: types } = await database.client.query(
    `select type, count(*)::int as rows, count(deleted_at)::int as deleted, sum(id)::text as ids
     from engagements group by type order by type`,
  );
  const { rows: links } = await database.client.query(
    `select object_type, count(*)::int as rows from engagement_associations group by 1 order by 1`,
  );
  return { types, links };
};

test('an archive of the first format is loaded, replayed from an old day, and made anew', async () => {
  expect((await run('verify')).stdout).toContain('all as it should be');
  await run('transform');
  await run('load');
  const loaded = await tables();
  expect(loaded).toMatchSnapshot();

  await database.client.query('delete from engagements where id % 2 = 0');
  await run('load', '--from', '2026/11/24');
  expect(await tables()).toEqual(loaded);

  // From nothing but the raw pages, whatever the normalizer's version.
  await rm(path.join(dataDir, 'ndjson'), { recursive: true });
  await run('transform');
  await run('load', '--rebuild');
  expect(await tables()).toEqual(loaded);
});

test('status and show read it', async () => {
  const { stdout } = await run('status', '--json');
  const { runs, next } = JSON.parse(stdout);
  expect(runs.map(({ run, records }: { run: string; records: number }) => [run, records])).toEqual([
    [RUNS[0], 30],
    [RUNS[1], 2],
    [RUNS[2], 31],
  ]);
  expect(next).toMatchObject({ kind: 'start' });

  const { rows } = await database.client.query('select 1 where false');
  expect(rows).toEqual([]);
  const shown = JSON.parse((await run('show', await changedId(), '--json')).stdout);
  expect(shown.map(({ run }: { run: string }) => run)).toEqual([...RUNS]);
  expect(shown[0].changes).toBeNull();
  expect(shown[1].changes.length).toBeGreaterThan(0);
});

/** An engagement of the full run that the changes run has as well. */
async function changedId(): Promise<string> {
  await run('transform');
  await run('load');
  const { rows } = await database.client.query(
    `select id::text from engagements
     where raw_page like '%changes%' and id in (select id from engagements) order by id limit 1`,
  );
  return rows[0].id;
}
