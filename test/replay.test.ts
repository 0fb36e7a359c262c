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
/** An engagement that all three have. */
const CHANGED = '88787563';

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
  expect(loaded).toMatchInlineSnapshot(`
    {
      "links": [
        {
          "object_type": "company",
          "rows": 11,
        },
        {
          "object_type": "contact",
          "rows": 39,
        },
        {
          "object_type": "content",
          "rows": 2,
        },
        {
          "object_type": "deal",
          "rows": 9,
        },
        {
          "object_type": "marketing_event",
          "rows": 3,
        },
        {
          "object_type": "owner",
          "rows": 5,
        },
        {
          "object_type": "quote",
          "rows": 1,
        },
        {
          "object_type": "ticket",
          "rows": 1,
        },
      ],
      "types": [
        {
          "deleted": 0,
          "ids": "652092799",
          "rows": 1,
          "type": "CALL",
        },
        {
          "deleted": 1,
          "ids": "276535523702",
          "rows": 28,
          "type": "EMAIL",
        },
        {
          "deleted": 0,
          "ids": "49323117",
          "rows": 1,
          "type": "NOTE",
        },
        {
          "deleted": 0,
          "ids": "274361144556",
          "rows": 1,
          "type": "TASK",
        },
      ],
    }
  `);

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

  const shown = JSON.parse((await run('show', CHANGED, '--json')).stdout);
  expect(shown.map(({ run }: { run: string }) => run)).toEqual([...RUNS]);
  expect(shown[0].changes).toBeNull();
  expect(shown[1].changes.length).toBeGreaterThan(0);
});
