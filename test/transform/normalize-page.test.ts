import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/json.ts';
import { normalizePage, normalizePieces } from '../../src/transform/normalize-page.ts';
import type { Batch, PageOrigin } from '../../src/transform/normalize-records.ts';

const origin: PageOrigin = {
  api: 'v1',
  portalId: 62515,
  page: 'run/page.json',
  extractedAt: '2026-11-05T10:15:00.250Z',
};

const whole = (text: string) => normalizePage(Buffer.from(text), 'page.json', origin);
const inPieces = async (text: string, size: number) => {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return Array.fromAsync(normalizePieces(pieces, 'page.json', origin));
};
const linesOf = (batches: Batch[]) => ({
  rows: Buffer.concat(batches.map(({ lines }) => lines)).toString(),
  rejects: batches.map(({ rejectLines }) => rejectLines).join(''),
  replaced: batches.reduce((sum, { replacedCharacters }) => sum + replacedCharacters, 0),
});
const nested = (levels: number, inside: string) =>
  `${'{"a":['.repeat(levels / 2)}${inside}${']}'.repeat(levels / 2)}`;
const toPage = (metadata: string) =>
  `{"results":[{"engagement":{"id":1,"type":"NOTE"},"metadata":${metadata}},{"engagement":{"id":2,"type":"NOTE"}}]}`;

/** No id or instant has as many characters. */
const LIFT_FROM_LEAST = 70;

/** Any JSON text: lone surrogates, U+0000, awkward keys, numbers that a double cannot hold. */
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '[]', '{}', '-0', '1e400', '1.50', '1E5', '""'),
    fc.constantFrom('0.1234567890123456789', '1.00000000000000000001', '1e-400'),
    fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.stringMatching(/^[0-9]{1,25}$/))
      .map(([integer, fraction]) => `-${integer}.${fraction}`),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
    tie('string'),
    fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(tie('string'), tie('json')), { maxLength: 5 })
      .map((members) => `{${members.map(([key, item]) => `${key} : ${item}`).join(',')}}`),
  ),
  string: fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.constantFrom('"__proto__"', '"\\u0000"', '"\\ud83d"', '"\\udE00x"', '"\\ud83d\\ude00"'),
    fc
      .tuple(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\\\\', '\\"', '\\/', '\\u0041', '7', 'é', '\\r\\n'),
      )
      .map(([text, piece]) => `${JSON.stringify(text).slice(0, -1)}${piece.repeat(80)}"`),
    fc.constantFrom('"id"', '"type"', '"10"', '"9"', '"toJSON"', '"contactIds"', '"\\/"'),
  ),
})) as { json: fc.Arbitrary<string> };

const record = fc.oneof(
  json,
  fc
    .tuple(fc.nat(), json, json, json, json)
    .map(
      ([id, owner, metadata, ids, more]) =>
        `{"engagement":{"id":${id},"type":"NOTE","ownerId":${owner},"source":${more}},"metadata":${metadata},"associations":{"contactIds":${ids}},"attachments":${more},"more":${more}}`,
    ),
);

test('any page gives the same lines whole and in pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 4 }),
      fc.integer({ min: 1, max: 40 }),
      async (records, size) => {
        const page = `{"offset":[1,{"results":[7]}],"results":[${records.join(',')}],"hasMore":false}`;
        const lines = linesOf([whole(page) as Batch]);
        expect(linesOf(await inPieces(page, size))).toEqual(lines);
        for (const from of [LIFT_FROM_LEAST, Number.POSITIVE_INFINITY]) {
          const batch = normalizePage(Buffer.from(page), 'page.json', origin, {
            liftFrom: from,
          }) as Batch;
          expect(linesOf([batch])).toEqual(lines);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('nothing is dropped and nothing refused by Postgres is left', () => {
  fc.assert(
    fc.property(fc.tuple(json, json), ([metadata, extra]) => {
      const batch = whole(
        `{"results":[{"engagement":{"id":1,"type":"NOTE","field":${extra}},"metadata":{"field":${metadata}}}]}`,
      ) as Batch;
      const line = Buffer.from(batch.lines).toString();
      expect(line).not.toMatch(/\\u0000|\\ud[89a-f]/);
      const row = parseJson(line) as { metadata: object; extra: object };
      if (batch.replacedCharacters === 0) {
        expect(canonical(row.metadata)).toBe(canonical(parseJson(`{"field":${metadata}}`)));
        expect(canonical(row.extra)).toBe(canonical(parseJson(`{"field":${extra}}`)));
      }
    }),
    { numRuns: 300 },
  );
});

test('the order in which HubSpot sends keys does not matter', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null || 'rawJSON' in value) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    );
  };
  fc.assert(
    fc.property(json, (metadata) => {
      const page = parseJson(toPage(`{"field":${metadata}}`));
      const one = whole(JSON.stringify(page)) as Batch;
      const other = whole(JSON.stringify(reversed(page))) as Batch;
      if (one.replacedCharacters === 0) {
        expect(Buffer.from(other.lines).toString()).toBe(Buffer.from(one.lines).toString());
      }
    }),
    { numRuns: 200 },
  );
});

test('a name with an escape is not taken for another one', () => {
  const names = [String.raw`"r":0,"\\"`, String.raw`"r":0,"\""`, String.raw`"r":0,"\n"`];
  const records = Array.from({ length: 30 }, (_, n) => {
    const metadata = `{${names[n % 3]}:1}`;
    return `{"engagement":{"id":${n + 1},"type":"NOTE"},"metadata":${metadata}}`;
  });
  const batch = whole(`{"results":[${records.join(',')}]}`) as Batch;
  const lines = Buffer.from(batch.lines).toString().split('\n').slice(0, -1);
  const found = lines.map((line) => /"metadata":\{(.*?)\},"extra"/.exec(line)?.[1]);
  expect(found).toHaveLength(30);
  for (const [n, members] of found.entries()) {
    const [first, second] = (names[n % 3] as string).split(':0,') as [string, string];
    expect([`${first}:0,${second}:1`, `${second}:1,${first}:0`]).toContain(members);
  }
});

describe('deep nesting', () => {
  test('does not hide the record of a reject', () => {
    const batch = whole(`{"results":[{"engagement":{},"metadata":${nested(2000, '1')}}]}`);
    expect(batch?.rejects).toEqual([
      { reason: 'nested too deeply', page: 'run/page.json', index: 0 },
    ]);
  });

  test('a thousand levels become a row', () => {
    const batch = whole(toPage(nested(998, '1'))) as Batch;
    expect(linesOf([batch])).toMatchObject({ rejects: '' });
    expect(Buffer.from(batch.lines).toString()).toContain(`"metadata":${nested(998, '1')},`);
  });

  test.each([1000, 1001])(
    '%i levels are the same in pieces, and beside other escapes',
    async (levels) => {
      for (const inside of ['1', '"\\u00e9"']) {
        const page = toPage(
          levels === 1000 ? nested(1000, inside) : `{"b":${nested(1000, inside)}}`,
        );
        const { rejects } = whole(page) as Batch;
        expect(rejects).toHaveLength(levels - 1000);
        expect((await inPieces(page, 1000)).flatMap((batch) => batch.rejects)).toEqual(rejects);
      }
    },
  );

  test.each(['1', '"\\u0000"', '12345678901234567890'])(
    'ten thousand levels around %s are a reject, and the next record a row',
    async (inside) => {
      const page = toPage(nested(10_000, inside));
      const batches = await inPieces(page, 1000);
      expect(batches.flatMap(({ rejects }) => rejects)).toEqual([
        { reason: 'nested too deeply', page: 'run/page.json', index: 0 },
      ]);
      const { rows, rejects } = linesOf(batches);
      expect(JSON.parse(rows)['id']).toBe(2);
      expect(JSON.parse(rejects)['record'].engagement).toEqual({ id: 1, type: 'NOTE' });
      // At once JSON.parse can read it, but not with exact numbers.
      const atOnce = whole(page);
      if (atOnce !== null) expect(linesOf([atOnce])).toEqual({ rows, rejects, replaced: 0 });
    },
  );

  test('an exact number inside is left to the way in pieces', () => {
    expect(whole(toPage(`{"n":12345678901234567890,"deep":${nested(20_000, '1')}}`))).toBeNull();
  });
});

test.each(['1e20000', '-1E-20000', `1${'0'.repeat(20_000)}`])(
  'a number that jsonb refuses is a reject (%#)',
  (number) => {
    const { rejects } = whole(toPage(`{"n":${number}}`)) as Batch;
    const expected = Number(number) === 0 ? [] : ['a number is out of range'];
    expect(rejects.map(({ reason }) => reason)).toEqual(expected);
  },
);

describe('a page that is no page', () => {
  test.each([
    ['', 'cut short after 0 bytes'],
    ['{"results":[{"secret":"é', 'cut short after 25 bytes'],
    ['{"results":[{"secret":1', 'cut short after 23 bytes'],
    ['{"results":["é" secret]}', 'at byte 17 of 25'],
    ['\ufeff{"results":["é" secret]}', 'at byte 20 of 28'],
    ['{"results":[]}}', 'at byte 14 of 15'],
    ['{"results":[secret]}', 'at byte 12 of 20'],
  ])('%j is told with the byte, and without its content', async (text, where) => {
    const message = `page.json is damaged: it is not JSON (${where})`;
    expect(() => whole(text)).toThrow(expect.objectContaining({ message }));
    await expect(inPieces(text, 3)).rejects.toThrow(expect.objectContaining({ message }));
  });

  test.each([
    '{}',
    '[]',
    'null',
    '7',
    '{"results":null}',
    '{"results":{"0":1}}',
    '[{"results":[]}]',
  ])('%s has no results, at once and in pieces', async (text) => {
    expect(() => whole(text)).toThrow('page.json is damaged: "results" is not an array');
    await expect(inPieces(text, 3)).rejects.toThrow(
      'page.json is damaged: "results" is not an array',
    );
  });

  test('in pieces, every cut short page is an error', async () => {
    const page = toPage('{"a":[1,true,"x\\u0041",{"b":null}],"c":-1.5e3}');
    for (let end = 0; end < page.length; end += 1) {
      await expect(inPieces(page.slice(0, end), 16)).rejects.toThrow('page.json is damaged');
    }
  });

  test('in pieces, what follows the page is an error', async () => {
    await expect(inPieces('{"results":[]} {}', 4)).rejects.toThrow('page.json is damaged');
    await expect(inPieces('{"results":[],"results":[]}', 4)).rejects.toThrow('"results" twice');
  });
});

/** Written apart from the code under test: JSON text with keys sorted by code unit. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null || 'rawJSON' in value)
    return JSON.stringify(value);
  const keys = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))}`)}}`;
}
