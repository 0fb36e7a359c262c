import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ReportArguments, runReport } from '../../src/commands/report.ts';
import { toSettings } from '../../src/settings.ts';
import { createLog } from '../../src/terminal/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { insertEngagements, onDays } from './insert-engagements.ts';
import { runCommand, startCommand } from './run-command.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEngagements(database.client, [
    ...onDays('CALL', '2026-01-01', '2026-01-05'),
    ...onDays('=cmd', '2026-01-05'),
  ]);
});
afterAll(() => database.close());

const DEFAULTS: Omit<ReportArguments, 'format'> = {
  by: 'created',
  all: false,
  last: undefined,
  from: undefined,
  to: undefined,
  interval: undefined,
  goal: undefined,
  out: undefined,
  timezone: undefined,
  window: 14,
  align: 'trailing',
  types: undefined,
  portal: undefined,
  includeDeleted: false,
  sql: false,
};

const run = (...args: string[]) => runCommand(database, ['report', ...args]);

test('--last takes days, with and without their unit, and weeks', async () => {
  const csv = `day,type,count,rolling_average
2026-01-04,'=cmd,0,0.0000
2026-01-04,CALL,0,0.0000
2026-01-04,ALL,0,0.0000
2026-01-05,'=cmd,1,0.5000
2026-01-05,CALL,1,0.5000
2026-01-05,ALL,2,1.0000
`;
  const common = ['--window', '2', '--format', 'csv'];
  expect(await run('--last', '2d', ...common)).toStrictEqual({ code: 0, stdout: csv, stderr: '' });
  expect((await run('--last', '2', ...common)).stdout).toBe(csv);
  const days = (await run('--last', '2w', ...common)).stdout.match(/^.*,ALL,/gm);
  expect([days?.length, days?.[0]]).toStrictEqual([14, '2025-12-23,ALL,']);
});

test.each([
  [['--last', '2y'], '--last must be days or weeks such as 90d or 2w; it is 2y'],
  [
    ['--interval', 'week', '--format', 'csv'],
    '--interval is for the table and the page; csv is by day',
  ],
  [['--goal', 'CALL'], '--goal must be such as CALL=40 or CALL=40,ALL=200; it is CALL'],
  [['--goal', 'CALL=0'], '--goal must be such as CALL=40 or CALL=40,ALL=200; it is CALL=0'],
  [['--last', '0d'], 'the number of last days must be a whole number of days from 1 to 3650'],
  [['--last', '2', '--all'], '--all, --last and --from/--to exclude each other'],
  [['--window'], 'Not enough arguments following: window'],
  [['--by'], 'Not enough arguments following: by'],
  [['--types', ','], '--types names no type'],
  [['--types', 'CALL,MEETING'], 'there is no type MEETING'],
  [['--portal', '12'], 'there are no engagements of portal 12'],
])('%j is exit code 2: %s', async (args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stdout]).toStrictEqual([2, '']);
  expect(stderr).toContain(`error: ${message}\n`);
});

test('--types and --portal choose what is counted', async () => {
  const { stdout } = await run('--types', 'call', '--portal', '1', '--last', '1');
  expect(stdout).toBe(`Engagements per day, by the day they were created
2026-01-05 to 2026-01-05, 1 day in UTC; 1 engagement of portal 1
only CALL
avg 14d: the mean of the day and the 13 days before it

                              avg
day              CALL  total  14d
2026-01-05 Mon      1      1    – ████████████████████████████████████████
─────────────────────────────────
total               1      1
`);
});

test('a range without data says where the data are', async () => {
  const { stdout } = await run('--from', '2026/02/01', '--to', '2026-02-28');
  expect(stdout).toBe(`Engagements per day, by the day they were created
2026-02-01 to 2026-02-28, 28 days in UTC: none
The data are of 2026-01-01 to 2026-01-05. Show them with --all.
`);
});

test('--format html --out writes a whole page, readable by its owner alone', async () => {
  const folder = database.settings.dataDir;
  const file = path.join(folder, 'report.html');
  const { code, stdout, stderr } = await run('--format', 'html', '--out', file);
  const page = await readFile(file, 'utf8');
  expect([code, stdout]).toStrictEqual([0, '']);
  expect(stderr).toMatch(/report: [\d,]+ bytes written to .*report\.html/);
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toStrictEqual([]);
  expect((await run('--format', 'html')).stdout).toBe(page);
});

test('--out keeps the rights of a file, follows links, and writes to what is no file', async () => {
  const folder = await mkdtemp(path.join(database.settings.dataDir, 'out-'));
  const [file, link, pipe] = ['report.csv', 'link.csv', 'pipe'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  const csv = (await run('--format', 'csv')).stdout;
  await writeFile(file, 'old');
  await chmod(file, 0o644);
  await symlink('report.csv', link);
  expect((await run('--format', 'csv', '--out', link)).code).toBe(0);
  expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toStrictEqual([
    csv,
    0o644,
  ]);
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  await promisify(execFile)('mkfifo', [pipe]);
  const [read, written] = await Promise.all([
    readFile(pipe, 'utf8'),
    run('--format', 'csv', '--out', pipe),
  ]);
  expect([read, written.code, (await lstat(pipe)).isFIFO()]).toStrictEqual([csv, 0, true]);
  expect(await readdir(folder)).toStrictEqual(['link.csv', 'pipe', 'report.csv']);
});

test('--out /dev/stdout is stdout, whatever that is', async () => {
  const { stdout } = await run('--format', 'csv');
  expect(await run('--format', 'csv', '--out', '/dev/stdout')).toStrictEqual({
    code: 0,
    stdout,
    stderr: '',
  });
});

test('--out where nothing can be written is exit code 2, and leaves nothing', async () => {
  const folder = await mkdtemp(path.join(database.settings.dataDir, 'out-'));
  const missing = path.join(folder, 'nowhere', 'report.csv');
  for (const [out, reason] of [
    [missing, 'no such file or folder'],
    [folder, 'it is a folder'],
  ] as const) {
    expect(await run('--out', out)).toStrictEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(` error: cannot write the report to ${out}: ${reason}\n`),
    });
  }
  expect(await readdir(folder)).toStrictEqual([]);
});

test('what would steer a terminal goes to files and pipes as it is, to a terminal in letters', async () => {
  await insertEngagements(database.client, onDays('\x1b]0;owned\x07\u202e', '2026-01-05'));
  try {
    const piped = await run('--last', '1', '--format', 'csv');
    expect(piped.stdout).toContain('\n2026-01-05,\x1b]0;owned\x07\u202e,1,\n');
    for (const format of ['csv', 'json', 'html', 'table'] as const) {
      const written: string[] = [];
      const output = {
        write: (text: string) => void written.push(text),
        columns: 80,
        rows: 24,
        color: false,
      };
      const environment = { DATABASE_URL: database.url, DATA_DIR: database.settings.dataDir };
      const context = {
        settings: toSettings({ ...environment, HUBSPOT_ACCESS_TOKEN: 'demo' }, {}, '/'),
        log: createLog(
          'text',
          () => {},
          () => new Date(),
        ),
        output,
        signal: new AbortController().signal,
        watch: () => expect.unreachable(),
        explain: () => expect.unreachable(),
        conclude: () => expect.unreachable(),
        leaveInterrupts() {},
      };
      await runReport(context, { ...DEFAULTS, format });
      const shown = written.join('');
      expect(shown).toMatch(/\\x1b\]0;owned|\\u001b\]0;owned/);
      expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  } finally {
    await database.client.query(`delete from engagements where type like '%owned%'`);
  }
});

test('SIGINT ends a query under way, and exits with 130', async () => {
  const { client } = database;
  const findQueries = async (): Promise<number> => {
    await client.query('select pg_stat_clear_snapshot()');
    const { rowCount } = await client.query(
      `select from pg_stat_activity where application_name = 'hubspot-engagements report'
         and datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount ?? 0;
  };
  await client.query('begin; lock table engagements');
  try {
    const { child, outcome } = startCommand(database, ['report']);
    await vi.waitUntil(async () => (await findQueries()) === 1, 60_000);
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ code: 130, stdout: '' });
    await vi.waitUntil(async () => (await findQueries()) === 0, 60_000);
  } finally {
    await client.query('rollback');
  }
}, 120_000);
