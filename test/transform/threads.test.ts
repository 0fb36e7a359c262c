import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveError } from '../../src/errors.ts';
import type { PageGroup } from '../../src/transform/group-pages.ts';
import type { Task } from '../../src/transform/task.ts';
import { planThreads, startThreads, type Threads } from '../../src/transform/threads.ts';
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
  };
}

const toTask = (groups: PageGroup[], change: Partial<Task> = {}): Task => ({
  groups,
  folder: path.join(folder, 'out'),
  number: 7,
  partBytes: 2 ** 20,
  streamAboveBytes: 32 * 2 ** 20,
  ...change,
});

describe.each([
  ['this thread', 0],
  ['a thread of its own', 1],
])('in %s', (_where, count) => {
  let pool: Threads;
  beforeEach(() => {
    pool = startThreads(count);
  });
  afterEach(() => pool.close());

  test('a task becomes parts and rejects under its own names, and all records are told of', async () => {
    const groups = [
      await toGroup('a.json', toPage([note(1), note(2), { engagement: { id: 'x' } }])),
      await toGroup('b.json', toPage([note(3)])),
    ];
    let told = 0;
    const advance = (records: number) => {
      told += records;
    };
    const outcome = await pool.run(toTask(groups), { advance, signal: undefined });
    expect(outcome).toMatchObject({
      parts: [{ file: '_task-7-1.ndjson', rows: 3 }],
      rejects: '_task-7-rejects.ndjson',
      sum: { counts: { records: 4, rows: 3, rejects: 1 } },
    });
    expect(told).toBe(4);
    const lines = await readFile(path.join(folder, 'out/_task-7-1.ndjson'), 'utf8');
    expect(lines.match(/"id":\d+/g)).toEqual(['"id":1', '"id":2', '"id":3']);
  });

  test('a damaged page is returned, and the next task is none the worse', async () => {
    const groups = [
      await toGroup('a.json', toPage([note(1)])),
      await toGroup('b.json', '{"results":[}'),
      await toGroup('c.json', toPage([note(3)])),
    ];
    const watch = { advance() {}, signal: undefined };
    const outcome = await pool.run(toTask(groups), watch);
    expect(outcome).toBeInstanceOf(ArchiveError);
    expect(outcome).toMatchObject({
      message: `${folder}/b.json is damaged: it is not JSON (at byte 12 of 13)`,
    });
    const good = groups.filter(({ page }) => page.file !== 'b.json');
    expect(await pool.run(toTask(good, { number: 8 }), watch)).toMatchObject({
      parts: [{ rows: 2 }],
      rejects: null,
    });
  });

  test('where it cannot write, it throws', async () => {
    const task = toTask([await toGroup('a.json', toPage([note(1)]))], { folder: '/nowhere' });
    const failed = pool.run(task, { advance() {}, signal: undefined });
    await expect(failed).rejects.toThrow(ArchiveError);
    await expect(failed).rejects.toThrow('/nowhere/_task-7-1.ndjson');
  });

  test('a stop ends it between two batches', async () => {
    const controller = new AbortController();
    const groups = await Promise.all(
      Array.from({ length: 500 }, (_, n) => toGroup(`${n}.json`, toPage([note(n + 1)]))),
    );
    const advance = () => controller.abort(new Error('stop'));
    const stopped = pool.run(toTask(groups), { advance, signal: controller.signal });
    await expect(stopped).rejects.toThrow('stop');
    expect(await readdir(path.join(folder, 'out'))).toEqual(['_task-7-1.ndjson']);
    const lines = await readFile(path.join(folder, 'out/_task-7-1.ndjson'), 'utf8');
    // A thread hears of it a moment later.
    if (count === 0) expect(lines.match(/\n/g)).toHaveLength(1);
  });
});

test('threads are started for much work only', () => {
  expect([planThreads(8, 1e6), planThreads(8, 40e6), planThreads(8, 1e12)]).toEqual([0, 1, 8]);
});
