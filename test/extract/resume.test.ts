import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  statfs,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArchiveState } from '../../src/archive/state.ts';
import { dailyLimit } from '../../src/demo/answers.ts';
import { HubSpotUnavailable } from '../../src/errors.ts';
import type { Portal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { countTo, extractFrom, listFiles, readPages, startTestPortal } from './extract-from.ts';

const run = promisify(execFile);

let dataDir: string;
let portal: Portal;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  portal = await startTestPortal(95);
});
afterEach(async () => {
  await portal.close();
  await rm(dataDir, { recursive: true });
});

const options = { pageLimit: 10 };
const PAGES = 10;

/** Extracts until `pageCount` pages are there, then the day's allowance ends. Returns the run's folder. */
async function interruptAfter(pageCount: number): Promise<string> {
  portal.faults.push({ when: ({ number }) => number === pageCount + 1, answer: dailyLimit() });
  await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
  const { runs } = await readArchiveState(dataDir);
  expect(runs.map(({ state }) => state)).toEqual(['interrupted']);
  return runs[0]?.folder ?? '';
}

/** Extracts to the end, and checks that it gives the pages of a run that nothing disturbed. */
async function resume(folder: string, start?: string) {
  const result = await extractFrom(portal, dataDir, options, start);
  expect(result.folder).toBe(folder);
  const asked = portal.requests.length;
  const undisturbed = await extractFrom(portal, path.join(dataDir, 'undisturbed'), options);
  portal.requests.length = asked;
  const names = (await readdir(undisturbed.folder)).sort();
  expect((await readdir(folder)).sort()).toEqual(names);
  for (const name of names.filter((each) => each.startsWith('engagements-'))) {
    expect(await readFile(path.join(folder, name))).toEqual(
      await readFile(path.join(undisturbed.folder, name)),
    );
  }
  const { pages, ids } = await readPages(folder);
  expect(ids).toEqual(countTo(95));
  expect(pages.map((page) => page.file)).toEqual(names.filter((n) => n.startsWith('engagements-')));
  const {
    startedAt: _,
    finishedAt: __,
    run: ___,
    journalSha256: ____,
    ...manifest
  } = result.manifest;
  expect(undisturbed.manifest).toMatchObject(manifest);
  return result;
}

/** The cursors asked with, as numbers. */
const cursors = (): number[] => portal.requests.map(({ cursor }) => Number(cursor));

test.each([1, 4, PAGES - 1])('after %d pages it goes on where it stopped', async (pageCount) => {
  const folder = await interruptAfter(pageCount);
  const before = await listFiles(folder);
  const { resumedPages, manifest } = await resume(folder, '2026-11-25T08:00:00.000Z');
  expect(resumedPages).toBe(pageCount);
  expect(manifest).toMatchObject({ run: '2026/11/24/015000Z-full', pages: PAGES, records: 95 });
  const all = countTo(PAGES).map((n) => (n - 1) * 10);
  expect(cursors()).toEqual(all.toSpliced(pageCount, 0, pageCount * 10));
  delete before['_pages.ndjson'];
  expect(await listFiles(folder)).toMatchObject(before);
});

test('again and again', async () => {
  let folder = '';
  for (const number of [2, 4, 5, 9]) {
    portal.faults.push({ when: (request) => request.number === number, answer: dailyLimit() });
    await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
    folder = (await readArchiveState(dataDir)).runs[0]?.folder ?? '';
  }
  const { resumedPages } = await resume(folder);
  expect(resumedPages).toBe(5);
  expect(cursors()).toEqual([0, 10, 10, 20, 20, 20, 30, 40, 50, 50, 60, 70, 80, 90]);
});

test('an interruption before the first page leaves no run', async () => {
  portal.faults.push({ answer: dailyLimit() });
  await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
  expect(await listFiles(dataDir)).toEqual({});
});

describe('after a crash', () => {
  test('with a torn line in the journal, that page is fetched again', async () => {
    const folder = await interruptAfter(4);
    const journal = path.join(folder, '_pages.ndjson');
    const { length } = await readFile(journal);
    await truncate(journal, length - 40);
    const { resumedPages } = await resume(folder);
    expect(resumedPages).toBe(3);
    expect(cursors()).toEqual([0, 10, 20, 30, 40, 30, 40, 50, 60, 70, 80, 90]);
  });

  test('a page file without its line is written again', async () => {
    const folder = await interruptAfter(4);
    await writeFile(path.join(folder, 'engagements-000005.json'), '{"results":[],"hasMore":false}');
    const { resumedPages } = await resume(folder);
    expect(resumedPages).toBe(4);
  });

  test('half-written files are cleared', async () => {
    const folder = await interruptAfter(4);
    for (const name of ['engagements-000005.json.tmp', 'engagements-000099.json.tmp']) {
      await writeFile(path.join(folder, name), '{"resul');
    }
    await resume(folder);
  });

  test('before the first line: only a plan is there, with or without a journal', async () => {
    const folder = await interruptAfter(1);
    for (const name of ['engagements-000001.json', '_pages.ndjson'])
      await rm(path.join(folder, name));
    portal.requests.length = 0;
    expect((await resume(folder)).resumedPages).toBe(0);
    expect(portal.requests).toHaveLength(PAGES);
  });

  test('between the last page and the manifest, nothing is fetched at all', async () => {
    const { folder, manifest } = await extractFrom(portal, dataDir, options);
    await rm(path.join(folder, '_manifest.json'));
    portal.requests.length = 0;
    const again = await resume(folder, '2026-11-25T08:00:00.000Z');
    expect(again.manifest).toEqual(manifest);
    expect(portal.requests).toHaveLength(0);
  });
});

test('an empty folder of a run that was killed at once is left alone', async () => {
  const empty = path.join(dataDir, 'raw/engagements/2026/11/24/015000Z-full');
  await mkdir(empty, { recursive: true });
  const { manifest } = await extractFrom(portal, dataDir, options);
  expect(manifest.run).toBe('2026/11/24/015001Z-full');
  expect(await readdir(empty)).toEqual([]);
});

test('an abandoned run is not gone on with', async () => {
  const folder = await interruptAfter(4);
  await writeFile(path.join(folder, '_abandoned.json'), '{}');
  const before = await listFiles(folder);
  const later = await extractFrom(portal, dataDir, options, '2026-11-25T08:00:00.000Z');
  expect(later).toMatchObject({ resumedPages: 0, manifest: { run: '2026/11/25/080000Z-full' } });
  expect(await listFiles(folder)).toEqual(before);
});

test('a complete run is never touched again', async () => {
  const { folder } = await extractFrom(portal, dataDir, options);
  const before = await listFiles(folder);
  const second = await extractFrom(portal, dataDir, options);
  expect(second.manifest.run).toBe('2026/11/24/015001Z-full');
  expect(await listFiles(folder)).toEqual(before);
});

test('a journal with damage before its end is refused, and nothing is asked', async () => {
  const folder = await interruptAfter(2);
  const journal = path.join(folder, '_pages.ndjson');
  await writeFile(journal, (await readFile(journal, 'utf8')).replace('{"file"', '{"fil'));
  const before = await listFiles(dataDir);
  portal.requests.length = 0;
  await expect(extractFrom(portal, dataDir, options)).rejects.toMatchObject({
    message: `${journal} is damaged: line 1 is not a page entry: it is not JSON`,
    exitCode: 4,
  });
  expect(await listFiles(dataDir)).toEqual(before);
  expect(portal.requests).toHaveLength(0);
  // Linux lists what a process has open.
  const open = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(
    open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(targets).not.toContain(journal);
});

test('a full run is not begun when the disk lacks the room that the last one took', async () => {
  const { manifest } = await extractFrom(portal, dataDir, options);
  const { bavail, bsize } = await statfs(dataDir);
  // Others use the disk, too: a gigabyte more or less.
  const spareBytes = bavail * bsize + 1e9;
  const before = await listFiles(dataDir);
  portal.requests.length = 0;
  await expect(extractFrom(portal, dataDir, { ...options, spareBytes })).rejects.toMatchObject({
    message: expect.stringMatching(/^the disk of .* has \d+ MB free, and \d+ MB are needed$/),
    next: expect.stringMatching(/^Free some space/),
    exitCode: 4,
  });
  expect(portal.requests).toHaveLength(0);
  expect(await listFiles(dataDir)).toEqual(before);
  expect(manifest.bytes).toBeGreaterThan(0);
});

test('a disk that fills up stops the run before all is used up; with room it goes on', async ({
  skip,
}) => {
  const disk = path.join(dataDir, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]);
  } catch {
    skip('only root can mount a small disk');
  }
  try {
    portal.faults.push({
      when: ({ number }) => {
        // Somebody else's file.
        if (number === 4) writeFileSync(path.join(disk, 'other'), Buffer.alloc(40 * 2 ** 20));
        return false;
      },
    });
    await expect(extractFrom(portal, disk, options)).rejects.toMatchObject({
      message: `the disk of ${disk} has 42 MB free, and 68 MB are needed`,
      exitCode: 4,
    });
    expect(portal.requests).toHaveLength(4);
    await rm(path.join(disk, 'other'));
    const { folder, resumedPages } = await extractFrom(portal, disk, options);
    expect(resumedPages).toBe(3);
    expect((await readPages(folder)).ids).toEqual(countTo(95));
  } finally {
    await run('umount', [disk]);
  }
});

test('a disk that is full stops the run; with room it goes on', async ({ skip }) => {
  const disk = path.join(dataDir, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]);
  } catch {
    skip('only root can mount a small disk');
  }
  try {
    // As if others filled it between the look and the write.
    const toTheLast = { ...options, spareBytes: Number.NEGATIVE_INFINITY };
    await expect(extractFrom(portal, disk, toTheLast)).rejects.toMatchObject({
      message: expect.stringMatching(/^cannot write .*: no space left on the disk$/),
      next: expect.stringMatching(/^Free some space/),
      exitCode: 4,
    });
    const asked = portal.requests.length;
    expect(asked).toBeGreaterThan(1);
    await run('mount', ['-o', 'remount,size=8m', disk]);
    const { folder, resumedPages } = await extractFrom(portal, disk, toTheLast);
    // The page that found no room is asked for once more.
    expect(resumedPages).toBe(asked - 1);
    expect(portal.requests).toHaveLength(PAGES + 1);
    expect((await readPages(folder)).ids).toEqual(countTo(95));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  } finally {
    await run('umount', [disk]);
  }
});
