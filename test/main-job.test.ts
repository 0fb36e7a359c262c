import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Portal, startPortal } from './portal/start-portal.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { type Ended, runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const TOKEN = 'pat-na1-main-job';
const SIZE = 1_500;
const DAY_MS = 86_400_000;

let portal: Portal;
let database: TestDatabase;
let dataDir: string;
let environment: Record<string, string>;
beforeAll(async () => {
  portal = await startPortal({ token: TOKEN, size: SIZE });
  database = await createTestDatabase();
  dataDir = await makeTemporaryFolder();
  environment = {
    HUBSPOT_API_URL: portal.url,
    HUBSPOT_ACCESS_TOKEN: TOKEN,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
  };
});
afterAll(async () => {
  await portal.close();
  await database.close();
  await rm(dataDir, { recursive: true });
});

async function run(...command: string[]): Promise<Ended> {
  const ended = await runCli(command, environment);
  if (ended.exit !== 0) throw new Error(`${command.join(' ')}: ${ended.stderr}`);
  expect(ended.stdout + ended.stderr).not.toContain(TOKEN);
  return ended;
}

/** The CSV of `report --all`, made from the portal's own records by nothing of the product. */
function countByHand(): string {
  const engagements = [...portal.store.after(0n, SIZE).records].map(
    (record) => (record.read() as { engagement: { createdAt: number; type: string } }).engagement,
  );
  const days = engagements.map(({ createdAt }) => Math.floor(createdAt / DAY_MS));
  const first = Math.min(...days);
  const last = Math.max(...days);
  const types = [...new Set(engagements.map(({ type }) => type))].sort();
  const counts = new Map<string, number>();
  for (const [index, { type }] of engagements.entries()) {
    for (const name of [type, 'ALL']) {
      const key = `${days[index]} ${name}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const count = (day: number, type: string): number => counts.get(`${day} ${type}`) ?? 0;
  const lines = ['day,type,count,rolling_average'];
  for (let day = first; day <= last; day++) {
    for (const type of [...types, 'ALL']) {
      let sum = 0;
      for (let back = 0; back < 14; back++) sum += count(day - back, type);
      const average = day - first < 13 ? '' : (sum / 14).toFixed(4);
      const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
      lines.push(`${date},${type},${count(day, type)},${average}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

async function dumpTable(): Promise<string> {
  const { rows } = await database.client.query(
    `select md5(string_agg(e::text, E'\\n' order by id)) as rows, count(*) as count from engagements e`,
  );
  return JSON.stringify(rows[0]);
}

test('from the API to the report, and again', { timeout: 120_000 }, async () => {
  const first = await run('extract', '--json');
  expect(JSON.parse(first.stdout)).toMatchObject({ manifest: { mode: 'full', demo: false } });
  await run('transform');
  const loaded = JSON.parse((await run('load', '--json')).stdout);
  expect(loaded).toMatchObject({
    merged: [{ inserted: SIZE, updated: 0, unchanged: 0, older: 0 }],
  });
  expect((await run('report', '--all', '--format', 'csv')).stdout).toBe(countByHand());

  const table = await dumpTable();
  const again = JSON.parse((await run('load', '--json')).stdout);
  expect(again).toMatchObject({ merged: [], alreadyMerged: 1 });
  await run('extract');
  await run('transform');
  await run('load');
  await run('extract', '--full');
  await run('transform');
  const replayed = JSON.parse((await run('load', '--json')).stdout);
  expect(replayed).toMatchObject({ merged: [{ inserted: 0, updated: 0, unchanged: SIZE }] });
  expect(await dumpTable()).toBe(table);
});

test('an edit is fetched, loaded and seen', { timeout: 60_000 }, async () => {
  const { rows } = await database.client.query<{ id: string }>(
    "select id from engagements where type = 'NOTE' order by id limit 1",
  );
  const id = BigInt(rows[0]?.id ?? 0);
  portal.store.update(id, { metadata: { body: 'edited <b>now</b>' } });
  const { manifest } = JSON.parse((await run('extract', '--json')).stdout);
  expect(manifest).toMatchObject({ mode: 'changes', records: 1 });
  await run('transform');
  await run('load');
  const edited = await database.client.query(
    'select metadata, raw_page from engagements where id = $1',
    [String(id)],
  );
  expect(edited.rows).toEqual([
    {
      metadata: { body: 'edited <b>now</b>' },
      raw_page: `${manifest.run}/engagements-000001.json#0`,
    },
  ]);
});
