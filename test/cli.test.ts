import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ndjsonRoot } from '../src/archive/runs.ts';
import { openDatabase } from '../src/commands/open-database.ts';
import { findPostmaster } from '../src/embedded/postmaster.ts';
import { connectClient } from '../src/postgres/connect.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { toPage, writeRawRun } from './support/raw-run.ts';
import { CLI, runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const NOWHERE = 'postgres://nobody:secret@127.0.0.1:1/none';

describe('what is wrong is said in a few lines, with its exit code, and nothing is written', () => {
  test.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['no command', ['--data-dir=x'], {}, 2, /Name a command/],
    [
      'an unknown command',
      ['extarct'],
      {},
      2,
      /Unknown argument: extarct\n.*Did you mean extract\?/,
    ],
    [
      'an unknown option',
      ['extract', '--ful'],
      {},
      2,
      /Unknown argument: ful\n.*Did you mean full\?/,
    ],
    ['stages out of order', ['load', 'extract'], {}, 2, /stages run in the order extract, /],
    ['a stage twice', ['load', 'load'], {}, 2, /each once/],
    [
      'an option of one stage for several',
      ['extract', 'load', '--full'],
      {},
      2,
      /Unknown argument: full for several stages together/,
    ],
    ['an option without a value', ['report', '--from'], {}, 2, /from/],
    [
      'an empty token',
      ['extract'],
      { HUBSPOT_ACCESS_TOKEN: '' },
      2,
      /HUBSPOT_ACCESS_TOKEN is set but empty/,
    ],
    ['an empty token of load', ['load'], { HUBSPOT_ACCESS_TOKEN: ' ' }, 2, /set but empty/],
    ['an empty database', ['report'], { DATABASE_URL: '' }, 2, /DATABASE_URL is set but empty/],
    [
      'a database without a token',
      ['extract'],
      { DATABASE_URL: NOWHERE },
      2,
      /HUBSPOT_ACCESS_TOKEN is not/,
    ],
    [
      'a host without a token',
      ['extract'],
      { HUBSPOT_API_URL: 'https://x.test' },
      2,
      /HUBSPOT_ACCESS_TOKEN is not/,
    ],
    [
      'plain http',
      ['extract'],
      { HUBSPOT_ACCESS_TOKEN: 'pat-na1', HUBSPOT_API_URL: 'http://x.test' },
      2,
      /https/,
    ],
    [
      'an unreachable host',
      ['extract'],
      { HUBSPOT_ACCESS_TOKEN: 'pat-na1', HUBSPOT_API_URL: 'http://127.0.0.1:1' },
      3,
      /nothing listens/,
    ],
    [
      'an unreachable database of report',
      ['report'],
      { DATABASE_URL: NOWHERE },
      5,
      /127\.0\.0\.1:1/,
    ],
    [
      'no Postgres at all',
      ['load'],
      { DATABASE_URL: 'mysql://x' },
      2,
      /DATABASE_URL must look like/,
    ],
    [
      'settings that are not there',
      ['status', '--settings-file', '/nowhere/.env'],
      {},
      2,
      /cannot read the settings file \/nowhere\/\.env: no such file or folder\n/,
    ],
    [
      'a misspelt token that would lead to the demo portal',
      ['extract'],
      { HUBSPOT_TOKEN: 'pat-na1-secret' },
      2,
      /the environment has HUBSPOT_TOKEN, which is no setting\n {2}Did you mean HUBSPOT_ACCESS_TOKEN\?/,
    ],
    ['a window of nothing', ['report', '--window', '0'], {}, 2, /--window must be/],
    [
      'a range backwards of report',
      ['report', '--from', '2026-02-02', '--to', '2026-02-01'],
      {},
      2,
      /is after --to/,
    ],
    ['no instant', ['extract', '--since', 'yesterday'], {}, 2, /--since must be an instant/],
    ['two wishes', ['extract', '--since', '2026-01-01', '--full'], {}, 2, /exclude each other/],
    ['a page too large', ['extract', '--page-limit', '251'], {}, 2, /--page-limit/],
    ['no step of the demo', ['extract', '--demo-step', '-1'], {}, 2, /--demo-step/],
    ['no count of rejects', ['transform', '--max-rejects', 'few'], {}, 2, /--max-rejects/],
    ['no log format', ['transform'], { LOG_FORMAT: 'xml' }, 2, /LOG_FORMAT/],
    ['a schema of Postgres itself', ['load'], { DATABASE_SCHEMA: 'pg_x' }, 2, /DATABASE_SCHEMA/],
  ])('%s', async (_name, command, environment, exit, message) => {
    const ended = await runCli(command, { DATA_DIR: path.join(folder, 'data'), ...environment });
    expect(ended.stderr).toMatch(message);
    expect(ended).toMatchObject({ exit, stdout: '' });
    const lines = ended.stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !/asking again in/.test(line));
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(ended.stderr).not.toMatch(/secret|\n\s+at /);
    const written = await readdir(folder, { recursive: true });
    expect(written.filter((name) => /json|postgres/.test(name))).toEqual([]);
  });
});

test('the program alone shows its help, and is wrong usage to a scheduler', async () => {
  const env = { PATH: process.env['PATH'] };
  const child = spawn(process.execPath, [CLI], { env, stdio: 'pipe' });
  const [stdout, stderr, [exit]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect([stdout, exit]).toEqual(['', 2]);
  expect(stderr).toMatch(/^node src\/cli\.ts <command> \[options\]\n.*\n\nCommands:\n/);
});

test.each([[], ['extract'], ['load'], ['report']])(
  'the help of %s fits 80 columns',
  async (...command) => {
    const { stdout } = await runCli([...command, '--help']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  },
);

test('--version is that of package.json', async () => {
  const { version } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  expect((await runCli(['--version'])).stdout).toBe(`${version}\n`);
});

test('errors are JSON lines when logs are', async () => {
  const environment = { LOG_FORMAT: 'json', DATABASE_URL: NOWHERE, DATA_DIR: folder };
  const { stderr, exit } = await runCli(['report'], environment);
  expect(exit).toBe(5);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ level: 'error', code: 'ERR_DATABASE', retryable: true });
  expect(lines.at(-1).next).toMatch(/Start the server/);
});

test.each<[string, string[], Record<string, string>]>([
  ['wrong usage', ['extract', '--ful'], { LOG_FORMAT: 'json' }],
  ['wrong usage with the format as an option', ['extract', '--ful', '--log-format=json'], {}],
  ['wrong settings', ['extract'], { LOG_FORMAT: 'json', HUBSPOT_ACCESS_TOKEN: '' }],
])('%s is told as a JSON line, too', async (_name, command, environment) => {
  const { stderr, exit } = await runCli(command, { DATA_DIR: folder, ...environment });
  expect(exit).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', code: 'ERR_SETTINGS' });
});

test.each(['extract', 'transform', 'load', 'report', 'db', 'psql'])(
  'the help of %s has an example',
  async (command) => {
    const { stdout, exit } = await runCli([command, '--help']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/Examples:\n.*src\/cli\.ts /);
  },
);

describe('db', () => {
  const hold = async () => {
    const env = { PATH: process.env['PATH'], DATA_DIR: folder };
    const argv = [CLI, 'db', '--settings-file=/dev/null'];
    const child = spawn(process.execPath, argv, { env, stdio: 'pipe' });
    const [url] = await once(child.stdout, 'data');
    const client = await connectClient(String(url).trim(), 'test');
    const { rows } = await client.query('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
    await client.end();
    return { child, ended: Promise.all([text(child.stderr), once(child, 'exit')]) };
  };
  const findServer = async () =>
    findPostmaster(path.join(await realpath(folder), 'postgres', 'data'));

  test('keeps the embedded server up until Ctrl-C, for others to connect', async () => {
    const { child, ended } = await hold();
    child.kill('SIGINT');
    expect(await ended).toEqual([
      expect.stringMatching(/^\S+Z The tables are in schema hubspot\. Ctrl-C ends the server\.\n$/),
      [0, null],
    ]);
    expect(await findServer()).toBeUndefined();
  });

  test('ends when the server is killed', async () => {
    const { ended } = await hold();
    process.kill((await findServer())?.pid ?? 0, 'SIGKILL');
    const [said, exit] = await ended;
    expect(said).toMatch(/error: the embedded Postgres has ended\n/);
    expect(exit).toEqual([5, null]);
  });
});

test('a reader that leaves early ends the embedded server no less', async () => {
  const signal = new AbortController().signal;
  const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir: folder };
  await (await openDatabase(settings, { note() {}, signal })).close();
  const command = ['report', '--format', 'csv', '--settings-file=/dev/null'];
  const env = { PATH: process.env['PATH'], DATA_DIR: folder };
  const child = spawn(process.execPath, [CLI, ...command], { env, stdio: 'pipe' });
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await findPostmaster(path.join(await realpath(folder), 'postgres', 'data'))).toBe(
    undefined,
  );
});

test.skipIf(process.platform !== 'linux')('a result that cannot be written is said', async () => {
  const argv = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, CLI, 'status'];
  await mkdir(ndjsonRoot(folder), { recursive: true });
  const env = { PATH: process.env['PATH'], DATA_DIR: folder };
  const child = spawn('sh', [...argv, '--settings-file=/dev/null'], { env, stdio: 'pipe' });
  const [said, [exit]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(said).toMatch(
    /^\d{4}-\S+T\S+Z error: cannot write the result: no space left on the disk\n$/,
  );
  expect(exit).toBe(2);
});

describe('with a database', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.close());

  test('nothing to load, nothing to report', async () => {
    const environment = { DATABASE_URL: database.url, DATA_DIR: folder };
    await mkdir(ndjsonRoot(folder), { recursive: true });
    expect(await runCli(['load'], environment)).toMatchObject({ exit: 0, stdout: '' });
    const empty = await runCli(['report', '--format', 'csv'], environment);
    expect(empty).toMatchObject({ exit: 0, stdout: 'day,type,count,rolling_average\n' });
    const backwards = ['report', '--from', '2026-02-02', '--to', '2026-02-01'];
    expect(await runCli(backwards, environment)).toMatchObject({ exit: 2, stdout: '' });
    const zone = await runCli(['report', '--timezone', 'Mars/Olympus'], environment);
    expect(zone).toMatchObject({ exit: 2 });
  });

  test('load --transform loads what could be transformed, and ends with what could not', async () => {
    const environment = { DATABASE_URL: database.url, DATA_DIR: folder };
    const record = (id: number) => ({ engagement: { id, portalId: 62515, type: 'NOTE' } });
    const damaged = await writeRawRun(folder, '2026/11/04/101500Z-full', [toPage([record(1)])]);
    await writeRawRun(folder, '2026/11/05/101500Z-full', [toPage([record(2)])]);
    await writeFile(path.join(damaged, 'engagements-000001.json'), '{}');
    const { exit, stdout, stderr } = await runCli(['load', '--transform', '--json'], environment);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/error: .*101500Z-full\/engagements-000001\.json is damaged/);
    expect(JSON.parse(stdout)).toMatchObject({ merged: [{ run: '2026/11/05/101500Z-full' }] });
    const { rows } = await database.client.query('select id from engagements');
    expect(rows).toEqual([{ id: '2' }]);
  });

  test('db prints the connection string', async () => {
    const { stdout } = await runCli(['db'], { DATABASE_URL: database.url, DATA_DIR: folder });
    expect(stdout).toBe(`${database.url}\n`);
  });
});
