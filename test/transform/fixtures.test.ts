import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { normalizePage, normalizePieces } from '../../src/transform/normalize-page.ts';
import type { Batch, PageOrigin } from '../../src/transform/normalize-records.ts';

const folder = new URL('../fixtures/v1/', import.meta.url);
const cases = readdirSync(folder).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);

const read = (name: string) =>
  existsSync(new URL(name, folder)) ? readFileSync(new URL(name, folder), 'utf8') : '';

const toOrigin = (name: string): PageOrigin => ({
  api: 'v1',
  portalId: 62515,
  page: `${name}.json`,
  extractedAt: '2026-11-05T10:15:00.250Z',
});

async function* cut(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const toText = (batches: Batch[]) => ({
  rows: Buffer.concat(batches.map((batch) => batch.lines)).toString(),
  rejects: batches.map((batch) => batch.rejectLines).join(''),
  replaced: batches.reduce((sum, batch) => sum + batch.replacedCharacters, 0),
});

describe.each(cases)('%s', (name) => {
  const page = readFileSync(new URL(`${name}.json`, folder));
  const expected = { rows: read(`${name}.ndjson`), rejects: read(`${name}.rejects.ndjson`) };
  const whole = normalizePage(page, name, toOrigin(name));

  test('gives exactly the expected lines', () => {
    expect(whole).not.toBeNull();
    expect(toText([whole as Batch])).toMatchObject(expected);
  });

  test.each([1, 2, 3, 7, 64, 100_000])('and the same in pieces of %i bytes', async (size) => {
    const batches = await Array.fromAsync(
      normalizePieces(() => cut(page, size), name, toOrigin(name)),
    );
    expect(toText(batches)).toEqual(toText([whole as Batch]));
  });

  test('content_hash is over the line up to archived_at', () => {
    for (const line of expected.rows.split('\n').slice(0, -1)) {
      const content = `${line.slice(0, line.lastIndexOf(',"api":'))}}`;
      const digest = createHash('sha256').update(content).digest('hex');
      expect(JSON.parse(line)['content_hash']).toBe(digest.slice(0, 32));
    }
  });
});

test('refused characters are counted', () => {
  const page = readFileSync(new URL('refused-characters.json', folder));
  const batch = normalizePage(page, 'page', toOrigin('refused-characters'));
  expect(batch?.replacedCharacters).toBe(11);
});

test('a rejected record keeps its place in the page', () => {
  const page = readFileSync(new URL('rejects.json', folder));
  const batch = normalizePage(page, 'page', toOrigin('rejects')) as Batch;
  expect(batch.rejects.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(Buffer.from(batch.lines).toString()).toContain('"raw_page":"rejects.json#20"');
});
