import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { withArchiveLock } from '../src/archive/lock.ts';
import { FORMAT, writePlan } from '../src/archive/manifest.ts';
import { MANIFEST, ndjsonRoot, rawRoot } from '../src/archive/runs.ts';
import { NORMALIZER } from '../src/transform/transform-run.ts';
import { type Portal, startPortal } from './portal/start-portal.ts';
import { readFiles } from './support/list-files.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { toPage, writeRawRun } from './support/raw-run.ts';
import { type Ended, runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const TOKEN = 'pat-na1-inspect';
// One page: how many records a run has then depends on no timing.
const SIZE = 200;

let portal: Portal;
let database: TestDatabase;
let dataDir: string;
let environment: Record<string, string>;
beforeAll(async () => {
  portal = await startPortal({ token: TOKEN, size: SIZE });
  database = await createTestDatabase();
});
afterAll(async () => {
  await portal.close();
  await database.close();
});
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  environment = {
    HUBSPOT_API_URL: portal.url,
    HUBSPOT_ACCESS_TOKEN: TOKEN,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
  };
  await database.client.query(
    'truncate engagements, engagement_associations, engagement_attachments, load_runs',
  );
  return () => rm(dataDir, { recursive: true });
});

const cli = (...command: string[]): Promise<Ended> => runCli(command, environment);
async function run(...command: string[]): Promise<Ended> {
  const ended = await cli(...command);
  expect(ended).toMatchObject({ exit: 0 });
  return ended;
}
/** All files but the locks, which note who holds them. */
const filesOfRuns = async () =>
  Object.entries(await readFiles(dataDir)).filter(([file]) => !file.endsWith('_lock'));
const listRuns = async (root: string): Promise<string[]> =>
  [...new Set(Object.keys(await readFiles(root)).map((file) => path.dirname(file)))]
    .filter((folder) => folder !== '.')
    .sort();

describe('status', () => {
  test.each([['status'], ['verify'], ['show', '1'], ['load'], ['transform'], ['prune']])(
    '%s of a folder that is no archive says so, and makes nothing',
    async (...command) => {
      const { exit, stdout, stderr } = await cli(...command);
      expect([exit, stdout]).toEqual([2, '']);
      expect(stderr).toContain(` error: there is no archive in ${dataDir}\n`);
      expect(await readdir(dataDir)).toEqual([]);
    },
  );

  test('tells totals, the newest runs, how old the data is, and what runs now, in 80 columns', async () => {
    const started = (day: string) => ({ startedAt: `2020-01-${day}T10:15:00.000Z` });
    await writeRawRun(dataDir, '2020/01/01/101500Z-full', [toPage([])], {
      ...started('01'),
      records: 1_234_567,
      bytes: 5_000_000_000,
    });
    await writeRawRun(dataDir, '2020/01/02/101500Z-changes', [toPage([])], {
      ...started('02'),
      window: { from: '2020-01-01T09:15:00.000Z', to: null },
      records: 12,
    });
    const { DATABASE_URL, ...others } = environment;
    const options = ['--last', '1', '--max-age', '1d', '--full-every', 'never'];
    const old = await runCli(['status', ...options], others);
    expect(old.exit).toBe(6);
    expect(old.stderr).toMatch(/ error: the data is \d+ d \d+ h old, more than 24 h 0 min\n/);
    const lines = old.stdout.split('\n');
    expect(lines.filter((line) => line.length > 80 && !line.startsWith('archive: '))).toEqual([]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'holds:        portal 62515, 2 complete runs',
        '              1,234,579 records, 5.0 GB',
        expect.stringMatching(/^data: {9}fetched up to 2020-01-02 10:15 UTC, \d+ d \d+ h ago$/),
        'next extract: what changed since 2020-01-02 09:15 UTC, by v1',
        expect.stringMatching(/^2020\/01\/02\/101500Z-changes +v1 +12 +\d+ B +fetched$/),
        'and 1 older run: see --last 2',
      ]),
    );
  });

  test('a run that an extract is at is running, and says who', async () => {
    const run = '2020/01/01/101500Z-full';
    const folder = await writeRawRun(dataDir, run, [toPage([])]);
    await rm(path.join(folder, MANIFEST));
    const plan = {
      format: FORMAT,
      run,
      mode: 'full',
      api: 'v1',
      demo: false,
      window: null,
    } as const;
    await writePlan(folder, plan);
    const { stdout } = await withArchiveLock(dataDir, 'extract', () => cli('status'));
    expect(stdout).toMatch(
      new RegExp(`^running: {6}extract, process ${process.pid} on .*, since `, 'm'),
    );
    expect(stdout).toMatch(/-full +v1 +0 +\d+ B +running$/m);
    const { writers, runs } = JSON.parse((await cli('status', '--json')).stdout);
    expect([writers, runs[0].state]).toEqual([[], 'interrupted']);
  });

  test('without a database does not make one', async () => {
    const { DATABASE_URL, ...others } = environment;
    await run('extract', '--compress');
    const { stdout } = await runCli(['status', '--json'], others);
    expect(JSON.parse(stdout)).toMatchObject({
      portalId: 62515,
      demo: false,
      runs: [{ state: 'complete', records: SIZE, ndjson: 'none', rows: null, loaded: null }],
      next: { kind: 'start', mode: 'changes' },
    });
    expect(await readdir(dataDir)).toEqual(['raw']);
  });

  test('follows a run through the stages, and tells a database that does not answer', async () => {
    const stages = async () => {
      const { runs } = JSON.parse((await run('status', '--json')).stdout);
      return runs.map(({ ndjson, loaded }: { ndjson: string; loaded: boolean }) => [
        ndjson,
        loaded,
      ]);
    };
    await run('extract');
    expect(await stages()).toEqual([['none', false]]);
    await run('transform');
    expect(await stages()).toEqual([['current', false]]);
    await run('load');
    expect(await stages()).toEqual([['current', true]]);
    environment['DATABASE_URL'] = 'postgres://nobody@127.0.0.1:9/none';
    const { stdout, stderr } = await run('status');
    expect(stdout).toMatch(/-full +v1 +200 +\S+ [kM]B +0 +normalized\n/);
    expect(stderr).toContain('status: the database cannot be asked what is loaded: ');
  });
});

test('a run that an older normalizer made is made anew by itself, and merged again', async () => {
  await run('extract');
  await run('transform');
  await run('load');
  const [name = ''] = await listRuns(ndjsonRoot(dataDir));
  const folder = path.join(ndjsonRoot(dataDir), name);
  const manifest = await readFile(path.join(folder, MANIFEST), 'utf8');
  const ledger = async () =>
    (await database.client.query('select ndjson_sha256, loaded_at from load_runs')).rows;
  const before = await ledger();
  // As an older version would have left it: other rows, another normalizer, another sha256 in the ledger.
  await writeFile(
    path.join(folder, MANIFEST),
    manifest.replace(`"normalizer": ${NORMALIZER}`, '"normalizer": 0'),
  );
  await database.client.query(`update load_runs set ndjson_sha256 = repeat('0', 64)`);
  await database.client.query(`update engagements set title = 'old', content_hash = 'old'`);
  expect((await run('transform')).stderr).toContain('transform 200 rows of 1 run');
  expect(await readFile(path.join(folder, MANIFEST), 'utf8')).toBe(manifest);
  expect((await run('load')).stderr).toContain(
    'All runs are merged again: 1 of them is new or was made anew',
  );
  expect((await ledger()).map((row) => row.ndjson_sha256)).toEqual(
    before.map((row) => row.ndjson_sha256),
  );
  const { rows } = await database.client.query(`select from engagements where title = 'old'`);
  expect(rows).toEqual([]);
});

describe('damage', () => {
  test('is listed by verify with exit 4, refused by transform, and the other runs are loaded', async () => {
    await run('extract');
    const [first = ''] = await listRuns(rawRoot(dataDir));
    await run('extract', '--full');
    const page = path.join(rawRoot(dataDir), first, 'engagements-000001.json');
    await truncate(page, 1000);

    const verified = await cli('verify');
    expect(verified.exit).toBe(4);
    expect(verified.stdout).toContain(`damaged       ${page} is damaged: it has 1000 bytes, `);
    expect(verified.stdout).toMatch(/: 1 problem\n$/);
    expect(verified.stderr).toContain(`error: the archive in ${dataDir} has 1 problem\n`);
    const { problems } = JSON.parse((await cli('verify', '--json')).stdout);
    expect(problems).toMatchObject([{ kind: 'damaged', path: page }]);

    const transformed = await cli('transform');
    expect(transformed.exit).toBe(4);
    expect(transformed.stderr).toContain(page);
    await run('load');
    const { rows } = await database.client.query('select run, records from load_runs');
    expect(rows).toMatchObject([{ records: String(SIZE) }]);
    expect(rows[0].run).not.toBe(first);
  });
});

describe('prune', () => {
  test('lists first, then removes what is loaded and superseded, and nothing else', async () => {
    await run('extract');
    await run('transform');
    expect((await run('prune', '--keep-runs', '1')).stdout).toBe('');
    await run('load');
    await run('extract', '--full');
    const [first = '', second = ''] = await listRuns(rawRoot(dataDir));
    const notYet = await run('prune', '--keep-runs', '1');
    expect(notYet.stdout).toBe(`kept  ${first}: no later full run that is loaded supersedes it\n`);
    await run('transform');
    await run('load');
    const before = await filesOfRuns();
    const listed = await run('prune', '--before', '2100/01/01');
    expect(listed.stdout).toBe(
      `would remove  ${path.join(rawRoot(dataDir), first)}\nkept  ${second}: no later full run that is loaded supersedes it\n`,
    );
    expect(listed.stderr).toContain('would remove 1 run; to remove them, add --yes');
    expect(await filesOfRuns()).toEqual(before);

    expect((await run('prune')).stdout).toBe(listed.stdout);

    // What a killed prune left: of this run, and of one that is gone but for it.
    const left = path.join(
      rawRoot(dataDir),
      path.dirname(first),
      `_${path.basename(first)}.pruned`,
    );
    await mkdir(left);
    await mkdir(path.join(ndjsonRoot(dataDir), '2020/01/01/_000000Z-full.pruned'), {
      recursive: true,
    });
    await run('prune', '--yes');
    expect(await listRuns(rawRoot(dataDir))).toEqual([second]);
    expect(await listRuns(ndjsonRoot(dataDir))).toEqual([second]);
    expect(await readdir(path.dirname(left))).toEqual([path.basename(second)]);
    expect(await readdir(ndjsonRoot(dataDir))).not.toContain('2020');
    await run('verify');
    expect((await run('load')).stderr).toContain('load nothing to do');
  });

  test.each([
    [
      ['--keep-runs', '1', '--before', '2026/11/24'],
      'prune takes --keep-runs or --before, not both',
    ],
    [['--keep-runs', '0'], '--keep-runs must be a whole number from 1 on'],
    [['--before', 'yesterday'], '--before must be a day such as 2026/11/24; it is yesterday'],
  ])('with %j is wrong usage', async (options, message) => {
    const { exit, stderr } = await cli('prune', ...options);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test('without a database removes nothing', async () => {
    const { DATABASE_URL, ...others } = environment;
    await run('extract');
    const { exit } = await runCli(['prune', '--keep-runs', '1', '--yes'], others);
    expect(exit).toBe(5);
  });
});

test('show prints a version, and refuses what is no id', async () => {
  await run('extract');
  await run('transform');
  const file = path.join(ndjsonRoot(dataDir), (await listRuns(ndjsonRoot(dataDir)))[0] ?? '');
  const line = (await readFile(path.join(file, 'engagements-0001.ndjson'), 'utf8')).split('\n')[70];
  const row = JSON.parse(line ?? '');
  const { stdout, stderr } = await run('show', String(row.id));
  expect(stdout).toContain(`${row.extracted_at}  ${row.raw_page}\n`);
  expect(stdout).toContain(`  type: ${row.type}\n`);
  expect(stderr).toContain(` show: 1 version of ${row.id}; 1 of 1 page`);
  const [version] = JSON.parse((await run('show', String(row.id), '--json')).stdout);
  expect(version).toMatchObject({ row, reject: null, changes: null, rawPage: row.raw_page });
  expect((await cli('show', 'x1')).exit).toBe(2);
  expect(await cli('show', '7')).toMatchObject({
    exit: 2,
    stdout: '',
    stderr: expect.stringContaining(` error: the archive in ${dataDir} has no engagement 7\n`),
  });
});

test('DuckDB counts the same from the NDJSON as the report does from the tables', async () => {
  await run('extract');
  await run('extract', '--full');
  await run('transform');
  await run('load');
  const { stdout } = await run('report', '--all', '--format', 'csv');
  const report = stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(','))
    .filter(([, type, count]) => type !== 'ALL' && count !== '0')
    .map(([day, type, count]) => [day, type, Number(count)]);

  const page = await readFile(new URL('../docs/archive.md', import.meta.url), 'utf8');
  const [, query = ''] = /duckdb -c "([^"]+)"/.exec(page) ?? [];
  expect(query).not.toBe('');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(query.replace('data/', `${dataDir}/`));
  const counted = reader
    .getRowsJS()
    .map(([day, type, count]) => [(day as Date).toISOString().slice(0, 10), type, Number(count)]);
  connection.closeSync();
  instance.closeSync();
  expect(counted).toEqual(report);
});
