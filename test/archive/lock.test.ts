import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withArchiveLock } from '../../src/archive/lock.ts';
import { GuardRefused } from '../../src/errors.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  root = path.join(folder, 'raw', 'engagements');
});
afterEach(() => rm(folder, { recursive: true }));

test('the second is told who is at work, and may work once the first has ended', async () => {
  const result = await withArchiveLock(root, 'extract', async () => {
    const refused: unknown = await withArchiveLock(root, 'extract', async () => 'never').catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(GuardRefused);
    const { message, exitCode } = refused as GuardRefused;
    const since = /since (\S+)$/.exec(message)?.[1] ?? '';
    expect(message).toBe(
      `another program is writing to ${root}: extract, process ${process.pid} on ${hostname()}, since ${since}`,
    );
    expect(new Date(since).toISOString()).toBe(since);
    expect(exitCode).toBe(6);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await withArchiveLock(root, 'extract', async () => 'done, too')).toBe('done, too');
});

test('work that fails gives the lock back', async () => {
  const work = () => withArchiveLock(root, 'extract', () => Promise.reject(new Error('failed')));
  await expect(work()).rejects.toThrow('failed');
  await expect(work()).rejects.toThrow('failed');
});

test('one root does not lock the other', async () => {
  const other = path.join(folder, 'ndjson', 'engagements');
  const both = await withArchiveLock(root, 'extract', () =>
    withArchiveLock(other, 'transform', async () => 'both'),
  );
  expect(both).toBe('both');
});

test('a folder that cannot be made, or a lock that cannot, is exit 4 and named', async () => {
  await mkdir(path.join(root, '_lock'), { recursive: true });
  const error = { exitCode: 4, message: expect.stringContaining(`cannot write ${root}/_lock: `) };
  await expect(withArchiveLock(root, 'extract', async () => 'never')).rejects.toMatchObject(error);
  await rm(root, { recursive: true });
  await writeFile(root, '');
  await expect(withArchiveLock(root, 'extract', async () => 'never')).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(`cannot write ${root}: `),
  });
});
