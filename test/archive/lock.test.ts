import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ARCHIVE_LOCKS, type LockingCommand, withArchiveLock } from '../../src/archive/lock.ts';
import { rawRoot } from '../../src/archive/runs.ts';
import { GuardRefused } from '../../src/errors.ts';
import { runCli } from '../support/run-cli.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

test('the second is told who is at work, and may work once the first has ended', async () => {
  const result = await withArchiveLock(dataDir, 'extract', async () => {
    const refused: unknown = await withArchiveLock(dataDir, 'extract', async () => 'never').catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(GuardRefused);
    const { message, exitCode } = refused as GuardRefused;
    const since = /since (\S+)$/.exec(message)?.[1] ?? '';
    expect(message).toBe(
      `another program is at work on ${rawRoot(dataDir)}: extract, process ${process.pid} on ${hostname()}, since ${since}`,
    );
    expect(new Date(since).toISOString()).toBe(since);
    expect(exitCode).toBe(6);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await withArchiveLock(dataDir, 'extract', async () => 'done, too')).toBe('done, too');
});

test('work that fails gives its locks back, and so does a command that got only the first', async () => {
  const work = () => withArchiveLock(dataDir, 'prune', () => Promise.reject(new Error('failed')));
  await expect(work()).rejects.toThrow('failed');
  await expect(work()).rejects.toThrow('failed');
  await withArchiveLock(dataDir, 'transform', async () => {
    await expect(work()).rejects.toThrow(GuardRefused);
    expect(await withArchiveLock(dataDir, 'extract', async () => 'done')).toBe('done');
  });
});

describe('two commands at once', () => {
  const commands = Object.keys(ARCHIVE_LOCKS) as LockingCommand[];
  const pairs = commands.flatMap((first) => commands.map((second) => [first, second] as const));

  test.each(pairs)('%s, then %s: refused when they change the same part', async (first, second) => {
    const parts: readonly string[] = ARCHIVE_LOCKS[first];
    const isRefused = ARCHIVE_LOCKS[second].some((part) => parts.includes(part));
    const outcome = withArchiveLock(dataDir, first, () =>
      withArchiveLock(dataDir, second, async () => 'both'),
    );
    if (isRefused) await expect(outcome).rejects.toThrow(`${first}, process ${process.pid}`);
    else expect(await outcome).toBe('both');
  });

  test.each([...commands, 'status', 'verify'])(
    '%s takes the locks of the table',
    async (command) => {
      const environment = { HUBSPOT_ACCESS_TOKEN: 'demo', DATA_DIR: dataDir };
      const { exit, stderr } = await withArchiveLock(dataDir, 'prune', () =>
        runCli([command], environment),
      );
      const isLocked = command in ARCHIVE_LOCKS;
      expect(exit).toBe(isLocked ? 6 : 0);
      if (isLocked) expect(stderr).toContain(`: prune, process ${process.pid} `);
    },
  );
});

test('a folder that cannot be made, or a lock that cannot, is exit 4 and named', async () => {
  const root = rawRoot(dataDir);
  await mkdir(`${root}/_lock`, { recursive: true });
  const error = { exitCode: 4, message: expect.stringContaining(`cannot write ${root}/_lock: `) };
  const work = () => withArchiveLock(dataDir, 'extract', async () => 'never');
  await expect(work()).rejects.toMatchObject(error);
  await rm(root, { recursive: true });
  await writeFile(root, '');
  await expect(work()).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(`cannot write ${root}: `),
  });
});
