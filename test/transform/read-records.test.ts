import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/json.ts';
import { findFault } from '../../src/transform/find-fault.ts';
import type { PageOrigin } from '../../src/transform/normalize/records.ts';
import { streamRecords } from '../../src/transform/stream-records.ts';
import { cut, normalizePieces, normalizeWhole, readWhole } from './normalize-bytes.ts';

const origin: PageOrigin = {
  api: 'v1',
  portalId: 62515,
  page: 'run/page.json',
  extractedAt: '2026-11-05T10:15:00.250Z',
};

const whole = (page: string | Uint8Array) => normalizeWhole(page, origin);
const inPieces = (page: string | Uint8Array, size: number) => normalizePieces(page, origin, size);
const nested = (levels: number, inside: string) =>
  `${'{"a":['.repeat(levels / 2)}${inside}${']}'.repeat(levels / 2)}`;
const toPage = (metadata: string) =>
  `{"results":[{"engagement":{"id":1,"type":"NOTE"},"metadata":${metadata}},{"engagement":{"id":2,"type":"NOTE"}}]}`;

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
        expect(await inPieces(page, size)).toEqual(await whole(page));
      },
    ),
    { numRuns: 300 },
  );
});

test('nothing is dropped and nothing refused by Postgres is left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(json, json), async ([metadata, extra]) => {
      const { rows, replacedCharacters } = await whole(
        `{"results":[{"engagement":{"id":1,"type":"NOTE","field":${extra}},"metadata":{"field":${metadata}}}]}`,
      );
      expect(rows).not.toMatch(/\\u0000|\\ud[89a-f]/);
      const row = parseJson(rows) as { metadata: object; extra: object };
      if (replacedCharacters === 0) {
        expect(canonical(row.metadata)).toBe(canonical(parseJson(`{"field":${metadata}}`)));
        expect(canonical(row.extra)).toBe(canonical(parseJson(`{"field":${extra}}`)));
      }
    }),
    { numRuns: 300 },
  );
});

test('the order in which HubSpot sends keys does not matter', async () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null || 'rawJSON' in value) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    );
  };
  await fc.assert(
    fc.asyncProperty(json, async (metadata) => {
      const page = parseJson(toPage(`{"field":${metadata}}`));
      const one = await whole(JSON.stringify(page));
      const other = await whole(JSON.stringify(reversed(page)));
      if (one.replacedCharacters === 0) expect(other.rows).toBe(one.rows);
    }),
    { numRuns: 200 },
  );
});

test('a name with an escape is not taken for another one', async () => {
  const names = [String.raw`"r":0,"\\"`, String.raw`"r":0,"\""`, String.raw`"r":0,"\n"`];
  const records = Array.from({ length: 30 }, (_, n) => {
    const metadata = `{${names[n % 3]}:1}`;
    return `{"engagement":{"id":${n + 1},"type":"NOTE"},"metadata":${metadata}}`;
  });
  const { rows } = await whole(`{"results":[${records.join(',')}]}`);
  const lines = rows.split('\n').slice(0, -1);
  const found = lines.map((line) => /"metadata":\{(.*?)\},"extra"/.exec(line)?.[1]);
  expect(found).toHaveLength(30);
  for (const [n, members] of found.entries()) {
    const [first, second] = (names[n % 3] as string).split(':0,') as [string, string];
    expect([`${first}:0,${second}:1`, `${second}:1,${first}:0`]).toContain(members);
  }
});

describe('deep nesting', () => {
  test('does not hide the record of a reject', async () => {
    const { rejects } = await whole(
      `{"results":[{"engagement":{},"metadata":${nested(2000, '1')}}]}`,
    );
    expect(rejects).toEqual([{ reason: 'nested too deeply', page: 'run/page.json', index: 0 }]);
  });

  test('a thousand levels become a row', async () => {
    const { rows, rejects } = await whole(toPage(nested(998, '1')));
    expect(rejects).toEqual([]);
    expect(rows).toContain(`"metadata":${nested(998, '1')},`);
  });

  test.each([1000, 1001])(
    '%i levels are the same in pieces, and beside other escapes',
    async (levels) => {
      for (const inside of ['1', '"\\u00e9"']) {
        const page = toPage(
          levels === 1000 ? nested(1000, inside) : `{"b":${nested(1000, inside)}}`,
        );
        const { rejects } = await whole(page);
        expect(rejects).toHaveLength(levels - 1000);
        expect((await inPieces(page, 1000)).rejects).toEqual(rejects);
      }
    },
  );

  // With exact numbers inside, JSON.parse cannot read so deep: then the page is streamed.
  test.each(['1', '"\\u0000"', '12345678901234567890'])(
    'ten thousand levels around %s are a reject, and the next record a row',
    async (inside) => {
      const page = toPage(nested(10_000, inside));
      const normalized = await inPieces(page, 1000);
      expect(normalized.rejects).toEqual([
        { reason: 'nested too deeply', page: 'run/page.json', index: 0 },
      ]);
      expect(JSON.parse(normalized.rows)['id']).toBe(2);
      expect(JSON.parse(normalized.rejectLines)['record'].engagement).toEqual({
        id: 1,
        type: 'NOTE',
      });
      expect(await whole(page)).toEqual(normalized);
    },
  );
});

test.each(['1e20000', '-1E-20000', `1${'0'.repeat(20_000)}`])(
  'a number that jsonb refuses is a reject (%#)',
  async (number) => {
    const { rejects } = await whole(toPage(`{"n":${number}}`));
    const expected = Number(number) === 0 ? [] : ['a number is out of range'];
    expect(rejects.map(({ reason }) => reason)).toEqual(expected);
  },
);

describe('bytes that are not UTF-8', () => {
  const inText = (...bytes: (string | number[])[]) =>
    Buffer.concat([
      Buffer.from('{"results":[{"engagement":{"id":1,"type":"NOTE"},"metadata":{"body":"'),
      ...bytes.map((part) => Buffer.from(part as string)),
      Buffer.from('"}}]}'),
    ]);

  test.each([
    ['a byte that begins nothing', inText('a', [0xff], 'é'), 'a\ufffdé', 1],
    ['Latin-1', inText('caf', [0xe9], ' cr', [0xe8], 'me'), 'caf\ufffd cr\ufffdme', 2],
    ['a surrogate', inText([0xed, 0xa0, 0x80]), '\ufffd\ufffd\ufffd', 3],
    ['one beside a U+FFFD that was sent', inText('\ufffd', [0x80]), '\ufffd\ufffd', 1],
    ['a U+FFFD that was sent', inText('\ufffd'), '\ufffd', 0],
  ])('%s: each becomes U+FFFD and is counted', async (_case, page, body, invalidUtf8) => {
    const normalized = await whole(page);
    expect(normalized).toMatchObject({ invalidUtf8, replacedCharacters: 0 });
    expect(JSON.parse(normalized.rows)['metadata']).toEqual({ body });
    for (const size of [1, 2, 3, 50]) expect(await inPieces(page, size)).toEqual(normalized);
  });

  test('at the end of a page that streams, they are no JSON', async () => {
    const page = Buffer.concat([Buffer.from('{"results":[]}'), Buffer.from([0xe2, 0x82])]);
    await expect(inPieces(page, 4)).rejects.toThrow(SyntaxError);
    await expect(whole(page)).rejects.toThrow('page.json is damaged');
  });
});

describe('what could not be held', () => {
  test('of a page with a million values, the records come one piece after the other', async () => {
    const [first] = await Array.fromAsync(take(`{"results":[${'1,'.repeat(1.1e6)}1]}`));
    expect(first?.values.length).toBeLessThan(1e6);
  });

  test.each([
    ['a million values', () => `[${'1,'.repeat(1.1e6)}1]`],
    ['32 MiB', () => `"${'x'.repeat(33 * 2 ** 20)}"`],
  ])('a record of more than %s is damage', async (_size, toRecord) => {
    const page = Buffer.from(`{"results":[${toRecord()}]}`);
    await expect(Array.fromAsync(streamRecords(cut(page, 32_768)))).rejects.toThrow(
      'a record of it is too large',
    );
  });

  async function* take(page: string) {
    for await (const records of readWhole(page, origin)) {
      yield records;
      return;
    }
  }
});

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
    await expect(whole(text)).rejects.toThrow(expect.objectContaining({ message }));
    expect(await findFault(cut(Buffer.from(text), 3))).toBe(where);
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
    await expect(whole(text)).rejects.toThrow('page.json is damaged: "results" is not an array');
    await expect(inPieces(text, 3)).rejects.toThrow('"results" is not an array');
  });

  test('in pieces, every cut short page is an error', async () => {
    const page = toPage('{"a":[1,true,"x\\u0041",{"b":null}],"c":-1.5e3}');
    for (let end = 0; end < page.length; end += 1) {
      await expect(inPieces(page.slice(0, end), 16)).rejects.toThrow(SyntaxError);
    }
  });

  test('in pieces, what follows the page is an error', async () => {
    await expect(inPieces('{"results":[]} {}', 4)).rejects.toThrow(SyntaxError);
    await expect(inPieces('{"results":[],"results":[]}', 4)).rejects.toThrow('"results" twice');
  });
});

test('a document breaks where JSON.parse and the verifier say it does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        json,
        fc
          .tuple(json, fc.nat(), fc.constantFrom('', '"', '}', ',', '\\', 'x', '\u0001', '1'))
          .map(([text, at, piece]) => {
            const place = at % (text.length + 1);
            return text.slice(0, place) + piece + text.slice(place + 1);
          }),
      ),
      fc.integer({ min: 1, max: 40 }),
      async (text, size) => {
        const isJson = ((): boolean => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        const fault = await findFault(cut(Buffer.from(text), size));
        expect(fault === null).toBe(isJson);
        expect(await findFault([Buffer.from(text)])).toBe(fault);
      },
    ),
    { numRuns: 300 },
  );
});

/** Written apart from the code under test: JSON text with keys sorted by code unit. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null || 'rawJSON' in value)
    return JSON.stringify(value);
  const keys = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))}`)}}`;
}
