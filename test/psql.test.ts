import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { CLI, runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

let folder: string;
let database: TestDatabase;
let environment: Record<string, string>;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  database = await createTestDatabase();
  environment = {
    PATH: `${folder}:${process.env['PATH']}`,
    DATABASE_URL: database.url,
    DATA_DIR: folder,
  };
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

/** Puts a program of that name and content where it is found first. */
const standIn = (script: string) =>
  writeFile(path.join(folder, 'psql'), `#!/bin/sh\n${script}\n`, { mode: 0o700 });

test('psql is given the database, what follows --, and the password where nobody else reads it', async () => {
  await standIn('printf "%s\\n" "$@" "$PGPASSWORD" "$PGOPTIONS"; exit 3');
  const url = new URL(database.url);
  const { password } = url;
  const run = (DATABASE_URL: string) =>
    runCli(['psql', '--', '-c', 'select 1'], { ...environment, DATABASE_URL });
  const expected = [
    '-c',
    'select 1',
    decodeURIComponent(password),
    ' -c search_path="hubspot",public',
  ];
  const inUser = await run(url.href);
  url.password = '';
  expect(inUser).toEqual({
    exit: 3,
    stderr: '',
    stdout: `${[url.href, ...expected].join('\n')}\n`,
  });
  const options = 'options=-c%20geqo%3Doff';
  url.search = `${options}&password=${password}`;
  const inQuery = await run(url.href);
  url.search = options;
  expect(inQuery.stdout).toBe(`${[url.href, ...expected].join('\n')}\n`);
});

test('where there is none, it says what serves instead', async () => {
  const { exit, stderr } = await runCli(['psql'], { ...environment, PATH: folder });
  expect(exit).toBe(5);
  expect(stderr).toMatch(
    /^\S+Z error: psql is not installed on this machine\n {2}Install it.*make db/,
  );
});

test("Ctrl-C is psql's as often as it is pressed; SIGTERM ends both", async () => {
  await standIn('trap "echo cancelled" INT; echo "$$"; while :; do sleep 0.05; done');
  const argv = [CLI, 'psql', '--settings-file=/dev/null'];
  const child = spawn(process.execPath, argv, { env: environment, stdio: 'pipe' });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const psql = Number((await lines.next()).value);
  for (let press = 1; press <= 3; press++) {
    // A terminal sends it to both.
    child.kill('SIGINT');
    process.kill(psql, 'SIGINT');
    expect((await lines.next()).value).toBe('cancelled');
  }
  expect(await end(child, 'SIGTERM')).toEqual([143, null]);
  expect(() => process.kill(psql, 0)).toThrow('ESRCH');
});

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const exited = once(child, 'exit');
  child.kill(signal);
  return exited;
}
