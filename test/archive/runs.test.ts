import { mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createRun,
  isComplete,
  isRunId,
  listRuns,
  runMode,
  toRunId,
} from '../../src/archive/runs.ts';
import { exists, makeFolder } from '../../src/files.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { createTestClock } from '../support/test-clock.ts';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  root = path.join(folder, 'raw', 'engagements');
});
afterEach(() => rm(folder, { recursive: true }));

test('a run is named by the UTC second it started', () => {
  expect(toRunId(new Date('2026-11-24T01:50:07.999Z'), 'full')).toBe('2026/11/24/015007Z-full');
  expect(toRunId(new Date('2026-12-31T23:30:00-05:00'), 'changes')).toBe(
    '2027/01/01/043000Z-changes',
  );
  expect(runMode('2026/11/24/015007Z-full')).toBe('full');
  expect(runMode('2027/01/01/043000Z-changes')).toBe('changes');
  expect(isRunId('2026/11/24/015007Z-full')).toBe(true);
  expect(isRunId('2026/11/24/_015007Z-full')).toBe(false);
});

describe('createRun', () => {
  const clock = createTestClock('2026-11-24T01:50:07.300Z');

  test('makes the folder and those above it, private', async () => {
    const run = await createRun(root, 'full', clock.now(), clock);
    expect(run).toBe('2026/11/24/015007Z-full');
    for (const part of ['', '2026', '2026/11', '2026/11/24', run]) {
      expect((await stat(path.join(root, part))).mode & 0o777).toBe(0o700);
    }
    expect(clock.slept).toEqual([]);
  });

  test('waits out a second that is taken', async () => {
    const made = [];
    for (let n = 0; n < 3; n++) made.push(await createRun(root, 'full', clock.now(), clock));
    expect(made).toEqual([
      '2026/11/24/015007Z-full',
      '2026/11/24/015008Z-full',
      '2026/11/24/015009Z-full',
    ]);
    expect(clock.slept).toEqual([1000, 1000]);
  });

  test('names the folder that cannot be made', async () => {
    await mkdir(path.dirname(root), { recursive: true });
    await writeFile(root, '');
    await expect(createRun(root, 'full', clock.now(), clock)).rejects.toMatchObject({
      message: expect.stringMatching(/^cannot write .*: a part of its path is not a folder$/),
      next: 'Make it writable, or set DATA_DIR to a folder that is.',
      exitCode: 4,
    });
  });
});

describe('makeFolder', () => {
  test('does nothing where the folder is', async () => {
    await makeFolder(root);
    await makeFolder(root);
    await makeFolder('/');
    expect((await stat(root)).mode & 0o777).toBe(0o700);
  });

  test('takes a link to a folder, and refuses one to nothing', async () => {
    await symlink(folder, path.join(folder, 'link'));
    await makeFolder(path.join(folder, 'link', 'a', 'b'));
    expect(await exists(path.join(folder, 'a', 'b'))).toBe(true);
    const dangling = path.join(folder, 'dangling');
    await symlink(path.join(folder, 'nowhere'), dangling);
    await expect(makeFolder(path.join(dangling, 'a'))).rejects.toThrow(`cannot write ${dangling}`);
  });

  test('names the file that is in the way', async () => {
    await writeFile(path.join(folder, 'raw'), '');
    await expect(makeFolder(path.join(folder, 'raw'))).rejects.toThrow(
      `cannot write ${folder}/raw: a file of that name is there already`,
    );
  });
});

describe('listRuns', () => {
  test('is empty where there is nothing', async () => {
    expect(await listRuns(root)).toEqual([]);
  });

  test('gives the runs oldest first, and nothing else', async () => {
    const runs = [
      '2025/12/31/235959Z-changes',
      '2026/01/01/000000Z-full',
      '2026/11/24/015007Z-changes',
      '2026/11/24/015007Z-full',
    ];
    const others = [
      '_lock',
      'README',
      '2026/11/24/_015008Z-full',
      '2026/11/24/015007Z-full.tmp',
      '2026/11/24/015007Z',
      '2026/11/24/15007Z-full',
      '2026/11/2x/015007Z-full',
      '2026/11/_24/015007Z-full',
      '_2026/11/24/015007Z-full',
      'backup/2026/11/24/015007Z-full',
    ];
    for (const name of [...runs.toReversed(), ...others]) {
      await mkdir(path.join(root, name), { recursive: true });
    }
    for (const file of ['.DS_Store', '2027', '2026/.DS_Store', '2026/12', '2026/11/24/notes.txt']) {
      await writeFile(path.join(root, file), '');
    }
    expect(await listRuns(root)).toEqual(runs);
  });
});

test('a run is complete by its manifest', async () => {
  expect(await isComplete(folder)).toBe(false);
  expect(await exists(path.join(folder, '_manifest.json'))).toBe(false);
  await writeFile(path.join(folder, '_manifest.json'), '');
  expect(await isComplete(folder)).toBe(true);
  expect(await isComplete(path.join(folder, '_manifest.json'))).toBe(false);
});
