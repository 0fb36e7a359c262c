import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveError } from '../../src/errors.ts';
import type { PageGroup } from '../../src/transform/normalize-group.ts';
import { type SplitRunners, startSplitRunners } from '../../src/transform/split-runners.ts';
import type { Split } from '../../src/transform/transform-split.ts';
import { toPage, toSha256 } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  await mkdir(path.join(folder, 'out'));
});
afterEach(() => rm(folder, { recursive: true }));

const note = (id: number) => ({ engagement: { id, type: 'NOTE' }, metadata: { body: 'x' } });

async function toGroup(file: string, text: string): Promise<PageGroup> {
  await writeFile(path.join(folder, file), text);
  return {
    folder,
    page: { file, bytes: Buffer.byteLength(text), sha256: toSha256(text) },
    origin: { api: 'v1', portalId: 62515, page: file, extractedAt: '2026-11-05T10:15:00.250Z' },
    completing: [],
    kinds: [],
    streamAboveBytes: 8 * 2 ** 20,
  };
}

const toSplit = (groups: PageGroup[], change: Partial<Split> = {}): Split => ({
  groups,
  folder: path.join(folder, 'out'),
  number: 7,
  partBytes: 2 ** 20,
  ...change,
});

describe.each([
  ['this thread', 0],
  ['a thread of its own', 1],
])('in %s', (_where, threads) => {
  let runners: SplitRunners;
  beforeEach(() => {
    runners = startSplitRunners(threads);
  });
  afterEach(() => runners.close());

  test('a split becomes parts and rejects under its own names, and all records are told of', async () => {
    const groups = [
      await toGroup('a.json', toPage([note(1), note(2), { engagement: { id: 'x' } }])),
      await toGroup('b.json', toPage([note(3)])),
    ];
    let told = 0;
    const advance = (records: number) => {
      told += records;
    };
    const outcome = await runners.run(toSplit(groups), { advance, signal: undefined });
    expect(outcome).toMatchObject({
      parts: [{ file: '_split-7-1.ndjson', rows: 3 }],
      rejects: '_split-7-rejects.ndjson',
      sum: { counts: { records: 4, rows: 3, rejects: 1 } },
    });
    expect(told).toBe(4);
    const lines = await readFile(path.join(folder, 'out/_split-7-1.ndjson'), 'utf8');
    expect(lines.match(/"id":\d+/g)).toEqual(['"id":1', '"id":2', '"id":3']);
  });

  test('a damaged page is returned, and the next split is none the worse', async () => {
    const groups = [
      await toGroup('a.json', toPage([note(1)])),
      await toGroup('b.json', '{"results":[}'),
      await toGroup('c.json', toPage([note(3)])),
    ];
    const watch = { advance() {}, signal: undefined };
    const outcome = await runners.run(toSplit(groups), watch);
    expect(outcome).toBeInstanceOf(ArchiveError);
    expect(outcome).toMatchObject({
      message: `${folder}/b.json is damaged: it is not JSON (at byte 12 of 13)`,
    });
    const good = groups.filter(({ page }) => page.file !== 'b.json');
    expect(await runners.run(toSplit(good, { number: 8 }), watch)).toMatchObject({
      parts: [{ rows: 2 }],
      rejects: null,
    });
  });

  test('where it cannot write, it throws', async () => {
    const split = toSplit([await toGroup('a.json', toPage([note(1)]))], { folder: '/nowhere' });
    const failed = runners.run(split, { advance() {}, signal: undefined });
    await expect(failed).rejects.toThrow(ArchiveError);
    await expect(failed).rejects.toThrow('/nowhere/_split-7-1.ndjson');
  });

  test('a stop ends it between two batches', async () => {
    const controller = new AbortController();
    const groups = await Promise.all(
      Array.from({ length: 500 }, (_, n) => toGroup(`${n}.json`, toPage([note(n + 1)]))),
    );
    const advance = () => controller.abort(new Error('stop'));
    const stopped = runners.run(toSplit(groups), { advance, signal: controller.signal });
    await expect(stopped).rejects.toThrow('stop');
    expect(await readdir(path.join(folder, 'out'))).toEqual(['_split-7-1.ndjson']);
    const lines = await readFile(path.join(folder, 'out/_split-7-1.ndjson'), 'utf8');
    // A thread hears of it a moment later.
    if (threads === 0) expect(lines.match(/\n/g)).toHaveLength(1);
  });
});

test('a page of more records than a thread has memory for is damage, and the next split is none the worse', async () => {
  const runners = startSplitRunners(1);
  try {
    const page = `{"results":[${'{},'.repeat(2.7e6)}{}]}`;
    const watch = { advance() {}, signal: undefined };
    const outcome = await runners.run(toSplit([await toGroup('a.json', page)]), watch);
    expect(outcome).toBeInstanceOf(ArchiveError);
    expect(outcome).toMatchObject({
      message: `a page from a.json to a.json in ${folder} has more records than a thread has memory for`,
    });
    const good = [await toGroup('b.json', toPage([note(1)]))];
    expect(await runners.run(toSplit(good, { number: 8 }), watch)).toMatchObject({
      parts: [{ rows: 1 }],
    });
  } finally {
    await runners.close();
  }
});
