import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal, type PageEntry, readJournal } from '../../src/archive/journal.ts';
import { ArchiveError } from '../../src/errors.ts';
import { parseJson } from '../../src/json.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  file = path.join(folder, '_pages.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

const toEntry = (n: number, change: Partial<PageEntry> = {}): PageEntry => ({
  file: `engagements-00000${n}.json`,
  stream: 'engagements',
  walk: 'ids',
  completes: null,
  request: { method: 'GET', path: '/paged', query: { limit: '250' }, body: null },
  status: 200,
  requestedAt: '2026-11-05T10:15:00.250Z',
  answeredAt: '2026-11-05T10:15:00.000Z',
  durationMs: 12,
  bytes: 2,
  sha256: 'ab'.repeat(32),
  records: 1,
  types: { 'Größe 漢字': 1 },
  portalId: 62515,
  newestUpdate: null,
  cursor: null,
  nextCursor: '1',
  hasMore: false,
  firstId: 1,
  lastId: 1,
  ...change,
});

async function write(...entries: PageEntry[]): Promise<void> {
  const journal = await openJournal(folder);
  for (const entry of entries) await journal.append(entry);
  await journal.close();
}

test('a line for each page, private, in the order they were given', async () => {
  const journal = await openJournal(folder);
  expect(journal.pages).toEqual([]);
  await Promise.all([1, 2, 3].map((n) => journal.append(toEntry(n))));
  await journal.close();
  const text = await readFile(file, 'utf8');
  expect(text).toBe([1, 2, 3].map((n) => `${JSON.stringify(toEntry(n))}\n`).join(''));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readJournal(folder)).toEqual({
    pages: [toEntry(1), toEntry(2), toEntry(3)],
    sha256: createHash('sha256').update(text).digest('hex'),
    torn: false,
  });
});

test('lines of any length, longer than what is read at once', async () => {
  const properties = 'größe,'.repeat(200_000);
  const entries = [1, 2, 3].map((n) => {
    const { request, ...entry } = toEntry(n);
    return { ...entry, request: { ...request, query: { properties, after: `${n}` } } };
  });
  await write(...entries);
  const text = await readFile(file, 'utf8');
  expect(await readJournal(folder)).toEqual({
    pages: entries,
    sha256: createHash('sha256').update(text).digest('hex'),
    torn: false,
  });
  await writeFile(file, text + text.slice(0, 1_100_000));
  expect(await readJournal(folder, { torn: 'accept' })).toMatchObject({ torn: true });
  await write(toEntry(4));
  expect((await readJournal(folder)).pages).toEqual([...entries, toEntry(4)]);
});

test('ids beyond 2^53 keep all digits', async () => {
  const lastId = parseJson('9007199254740993') as PageEntry['lastId'];
  await write(toEntry(1, { lastId }));
  expect(await readFile(file, 'utf8')).toContain('"lastId":9007199254740993}');
  const { pages } = await readJournal(folder);
  expect(JSON.stringify(pages[0]?.lastId)).toBe('9007199254740993');
});

describe('a last line that a crash cut short', () => {
  test.each([1, 20, -1])('is damage to a reader, and cut off when opened (%d)', async (length) => {
    await write(toEntry(1), toEntry(2));
    const whole = await readFile(file);
    const line = Buffer.from(`${JSON.stringify(toEntry(3))}\n`);
    await writeFile(file, Buffer.concat([whole, line.subarray(0, length)]));
    await expect(readJournal(folder)).rejects.toThrow(`${file} is damaged: line 3 is cut short`);
    const { pages, torn } = await readJournal(folder, { torn: 'accept' });
    expect([pages, torn]).toEqual([[toEntry(1), toEntry(2)], true]);

    await write();
    expect(await readFile(file)).toEqual(whole);
    await write(toEntry(3));
    expect(await readFile(file)).toEqual(Buffer.concat([whole, line]));
  });

  test('also within a character, and when it is the only line', async () => {
    const line = Buffer.from(JSON.stringify(toEntry(1)));
    await writeFile(file, line.subarray(0, line.indexOf('漢') + 1));
    await write(toEntry(1));
    expect((await readJournal(folder)).pages).toEqual([toEntry(1)]);
  });

  test('stays as it is when there is damage before it', async () => {
    const damaged = Buffer.concat([Buffer.from([0xff, 0xfe, 0x80, 0x0a]), Buffer.from('{"fi')]);
    await writeFile(file, damaged);
    await expect(openJournal(folder)).rejects.toThrow(`${file} is damaged: line 1 is not`);
    expect(await readFile(file)).toEqual(damaged);
  });
});

test.each([
  ['no JSON', 'nonsense', 'it is not JSON'],
  ['another object', '{"file":"engagements-000001.json"}', 'stream is missing'],
  ['null', 'null', 'it is not an object'],
  ['nothing', '', 'it is not JSON'],
])('a line of %s is damage, by its number', async (_name, line, problem) => {
  await write(toEntry(1));
  await writeFile(file, `${await readFile(file, 'utf8')}${line}\n${JSON.stringify(toEntry(3))}\n`);
  const error: unknown = await readJournal(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ArchiveError);
  const { message, next, exitCode } = error as ArchiveError;
  expect(message).toBe(`${file} is damaged: line 2 is not a page entry: ${problem}`);
  expect(next).toContain('Restore it from a backup');
  expect(exitCode).toBe(4);
});

test('the sha256 is that of the bytes, whatever they are', async () => {
  await write(toEntry(1));
  const bytes = await readFile(file);
  bytes[bytes.indexOf('漢')] = 0xff;
  await writeFile(file, bytes);
  const { sha256 } = await readJournal(folder);
  expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('a journal that is missing, or cannot be made, is named', async () => {
  await expect(readJournal(folder)).rejects.toThrow(`cannot read ${file}: no such file or folder`);
  await mkdir(file);
  await expect(openJournal(folder)).rejects.toThrow(`cannot write ${file}: it is a folder`);
});
