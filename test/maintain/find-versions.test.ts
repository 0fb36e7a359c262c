import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PageEntry } from '../../src/archive/journal.ts';
import { JOURNAL, MANIFEST } from '../../src/archive/runs.ts';
import { compareVersions } from '../../src/maintain/compare-versions.ts';
import { findVersions } from '../../src/maintain/find-versions.ts';
import { compressRun } from '../support/compress-run.ts';
import { toPage, toSha256, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const RUN = '2026/11/05/101500Z-full';
const CHANGES = '2026/11/06/101500Z-changes';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

const note = (id: unknown, body: string) => ({
  engagement: { id, type: 'NOTE' },
  metadata: { body },
});

/** Fills in what the journal says of each page, as extract would have. */
async function describePages(folder: string, changes: Partial<PageEntry>[]): Promise<void> {
  const lines = (await readFile(path.join(folder, JOURNAL), 'utf8')).split('\n').slice(0, -1);
  const entries = lines.map((line, n) => ({ ...JSON.parse(line), records: 2, ...changes[n] }));
  const journal = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  await writeFile(path.join(folder, JOURNAL), journal);
  const manifest = JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8'));
  const sealed = JSON.stringify({ ...manifest, journalSha256: toSha256(journal) });
  await writeFile(path.join(folder, MANIFEST), sealed);
}

test('all copies, oldest first, and no page is read whose ids rule it out', async () => {
  const full = await writeRawRun(dataDir, RUN, [
    toPage([note(10, 'see 40'), note(20, 'x')]),
    toPage([note(30, 'x'), note(40, 'first')]),
    toPage([note(50, 'x'), note(60, 'x')]),
  ]);
  await describePages(full, [
    { firstId: 10, lastId: 20 },
    { firstId: 30, lastId: 40 },
    { firstId: 50, lastId: 60 },
  ]);
  const changes = await writeRawRun(dataDir, CHANGES, [
    toPage([note(99, '40'), note(40, 'second'), note(3, 'x'), note('40', 'third')]),
    toPage([{ engagement: { id: 40 } }]),
  ]);
  await describePages(changes, [
    { walk: 'chain', firstId: 99, lastId: 3 },
    { walk: 'chain', firstId: 40, lastId: 40 },
  ]);
  await compressRun(changes);

  const found = await findVersions(dataDir, '40');
  expect(found).toMatchObject({ pages: 5, pagesRead: 3 });
  expect(
    found.versions.map(({ rawPage, reject, row }) => [rawPage, reject ?? row?.['metadata']]),
  ).toEqual([
    [`${RUN}/engagements-000002.json#1`, { body: 'first' }],
    [`${CHANGES}/engagements-000001.json.gz#1`, { body: 'second' }],
    [`${CHANGES}/engagements-000001.json.gz#3`, { body: 'third' }],
    [`${CHANGES}/engagements-000002.json.gz#0`, 'no type'],
  ]);
  expect(await findVersions(dataDir, '4')).toMatchObject({ versions: [], pagesRead: 2 });
});

test('an id beyond 2^53 is found digit for digit, and an interrupted run is looked into', async () => {
  const body = toPage([note(1, 'x')]).replace('"id":1', '"id":9007199254740993');
  const folder = await writeRawRun(dataDir, RUN, [body]);
  await describePages(folder, [{ walk: 'chain' }]);
  await writeFile(path.join(folder, '_plan.json'), await readFile(path.join(folder, MANIFEST)));
  await rm(path.join(folder, MANIFEST));
  expect(await findVersions(dataDir, '9007199254740993')).toMatchObject({
    versions: [{ state: 'interrupted', row: { id: { rawJSON: '9007199254740993' } } }],
  });
  expect((await findVersions(dataDir, '9007199254740992')).versions).toEqual([]);
});

test('what changed is told by column and key', () => {
  const before = { id: 1, title: 'a', metadata: { a: 1, b: [1], c: null }, extra: {}, api: 'v1' };
  const after = {
    id: 1,
    title: null,
    metadata: { a: 1, b: [2], d: '' },
    extra: { x: 1 },
    api: 'objects',
  };
  expect(compareVersions(before, after)).toEqual([
    { field: 'title', before: 'a', after: null },
    { field: 'metadata.b', before: [1], after: [2] },
    { field: 'metadata.c', before: null, after: undefined },
    { field: 'metadata.d', before: undefined, after: '' },
    { field: 'extra.x', before: undefined, after: 1 },
  ]);
  expect(compareVersions(after, after)).toEqual([]);
});
