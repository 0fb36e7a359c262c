import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ArchiveError } from '../src/errors.ts';
import { writeFileAtomically } from '../src/files.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const refusal = async (work: Promise<unknown>): Promise<ArchiveError> => {
  const error = await work.then(() => undefined).catch((reason: unknown) => reason);
  if (error instanceof ArchiveError) return error;
  throw error ?? new Error('nothing was refused');
};

test('the bytes as they are, for this user alone, over what was there', async () => {
  const file = path.join(folder, 'page.json');
  await writeFileAtomically(file, 'an older and longer content');
  const bytes = Buffer.from([0, 0xff, 0xfe, 0x0d, 0x0a, 0x80]);
  await writeFileAtomically(file, bytes);
  expect(await readFile(file)).toEqual(bytes);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['page.json']);
});

test('what an earlier crash left under the temporary name is no obstacle', async () => {
  const file = path.join(folder, 'page.json');
  await writeFile(`${file}.tmp`, 'half a pa');
  await writeFileAtomically(file, 'page');
  expect(await readFile(file, 'utf8')).toBe('page');
  expect(await readdir(folder)).toEqual(['page.json']);
});

test('a folder that is missing is named', async () => {
  const file = path.join(folder, 'missing', 'page.json');
  const error = await refusal(writeFileAtomically(file, 'page'));
  expect(error.message).toBe(`cannot write ${file}: no such file or folder`);
  expect(error.exitCode).toBe(4);
});

test('when the name cannot be taken, nothing is left behind', async () => {
  const file = path.join(folder, 'page.json');
  await mkdir(file);
  const error = await refusal(writeFileAtomically(file, 'page'));
  expect(error.message).toBe(`cannot write ${file}: it is a folder`);
  expect(await readdir(folder)).toEqual(['page.json']);
});

test('a full disk leaves what was there before, and says so', async ({ skip }) => {
  const disk = path.join(folder, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  } catch {
    skip('only root can mount a small disk');
  }
  try {
    const file = path.join(disk, 'page.json');
    await writeFileAtomically(file, 'small');
    const error = await refusal(writeFileAtomically(file, Buffer.alloc(100_000, 'x')));
    expect(error.message).toBe(`cannot write ${file}: no space left on the disk`);
    expect(error.next).toMatch(/^Free some space and run the same command again/);
    expect(await readdir(disk)).toEqual(['page.json']);
    expect(await readFile(file, 'utf8')).toBe('small');
  } finally {
    await run('umount', [disk]);
  }
});
