import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let folder: string;
beforeEach(async () => {
  // On a disk: the package is large.
  folder = await mkdtemp(path.join(tmpdir(), 'hubspot-engagements-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
}

function run(
  file: string,
  args: string[],
  env: Record<string, string | undefined>,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('./engagements runs the command line', () => {
  /** A program called `node` that says this version, and what else it is called with. */
  async function writeNode(file: string, version: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    const script = `[ "$1" = --version ] && echo v${version} || echo "$0 as $ENGAGEMENTS_NAME:" "$@"`;
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  const script = () => path.join(folder, 'clone', 'engagements');
  const start = (...args: string[]) =>
    run(script(), args, { PATH: `${folder}/machine:${process.env['PATH']}` });

  beforeEach(async () => {
    await mkdir(path.join(folder, 'clone', 'src'), { recursive: true });
    await cp(path.join(ROOT, 'engagements'), script());
    await writeFile(path.join(folder, 'clone', 'src', 'cli.ts'), '');
  });

  test('with the Node of npm ci, whatever the machine has', async () => {
    const node = path.join(folder, 'clone', 'node_modules', '.bin', 'node');
    await writeNode(node, '24.21.0');
    await writeNode(path.join(folder, 'machine', 'node'), '20.20.2');
    expect(await start('load', '--from', 'a b')).toEqual({
      exit: 0,
      stdout: `${node} as ${script()}: ${folder}/clone/src/cli.ts load --from a b\n`,
      stderr: '',
    });
  });

  test.each([
    ['20.20.2', 2],
    ['22.18.0', 2],
    ['22.19.0', 0],
    ['23.0.0', 0],
    ['100.1.0', 0],
  ])('the machine’s Node %s is exit %d', async (version, exit) => {
    await mkdir(path.join(folder, 'clone', 'node_modules'));
    await writeNode(path.join(folder, 'machine', 'node'), version);
    const ended = await start('status');
    expect(ended.exit).toBe(exit);
    expect(ended.stderr).toBe(
      exit === 0 ? '' : `error: Node v${version} is too old: install Node 22.19 or newer\n`,
    );
  });

  test('not before it is installed', async () => {
    expect(await start('status')).toEqual({
      exit: 2,
      stdout: '',
      stderr: 'error: not installed yet: run make setup first (it needs npm)\n',
    });
  });
});

// Takes the packages from npm's cache, where npm ci left them, but asks the registry for their names.
test('the npm package runs where it is installed', { timeout: 600_000 }, async () => {
  const npm = (...args: string[]) => promisify(execFile)('npm', args, { cwd: ROOT });
  await npm('pack', '--pack-destination', folder);
  const { name, version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const prefix = path.join(folder, 'prefix');
  await npm(
    ...['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'],
    path.join(folder, `${name}-${version}.tgz`),
  );
  const env = { PATH: `${prefix}/bin:${process.env['PATH']}` };
  const job = await run(name, ['extract', 'load', 'report', '--data-dir', 'archive'], env);
  expect(job.stderr).toMatch(/Z load 30,167 rows of 1 run: 30,167 inserted in /);
  expect(job).toMatchObject({ exit: 0, stdout: expect.stringMatching(/\ntotal +[\d,]/) });
  const page = ['report', '--format', 'html', '--data-dir', 'archive'];
  expect((await run(name, page, env)).stdout).toMatch(/^<!doctype html>[\s\S]*<style>/i);
  expect((await run(name, ['--help'], env)).stdout).toMatch(/^hubspot-engagements <command>/);
});
