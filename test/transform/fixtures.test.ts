import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PageOrigin } from '../../src/transform/normalize/records.ts';
import { normalizePieces, normalizeWhole } from './normalize-bytes.ts';

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

describe.each(cases)('%s', (name) => {
  const page = readFileSync(new URL(`${name}.json`, folder));
  const expected = { rows: read(`${name}.ndjson`), rejectLines: read(`${name}.rejects.ndjson`) };

  test('gives exactly the expected lines', async () => {
    expect(await normalizeWhole(page, toOrigin(name))).toMatchObject(expected);
  });

  test.each([1, 2, 3, 7, 64, 100_000])('and the same in pieces of %i bytes', async (size) => {
    const whole = await normalizeWhole(page, toOrigin(name));
    expect(await normalizePieces(page, toOrigin(name), size)).toEqual(whole);
  });

  test('content_hash is over the line up to archived_at', () => {
    for (const line of expected.rows.split('\n').slice(0, -1)) {
      const content = `${line.slice(0, line.lastIndexOf(',"api":'))}}`;
      const digest = createHash('sha256').update(content).digest('hex');
      expect(JSON.parse(line)['content_hash']).toBe(digest.slice(0, 32));
    }
  });
});

test('refused characters are counted', async () => {
  const page = readFileSync(new URL('refused-characters.json', folder));
  const { replacedCharacters } = await normalizeWhole(page, toOrigin('refused-characters'));
  expect(replacedCharacters).toBe(11);
});

test('a rejected record keeps its place in the page', async () => {
  const page = readFileSync(new URL('rejects.json', folder));
  const { rows, rejects } = await normalizeWhole(page, toOrigin('rejects'));
  expect(rejects.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(rows).toContain('"raw_page":"rejects.json#20"');
});
