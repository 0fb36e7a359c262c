import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { putTextsBack } from '../../src/transform/lift-texts.ts';
import { liftTexts, slicePage } from '../../src/transform/slice-page.ts';

const fromBytes = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
const putBack = (json: string, texts: string[]) => {
  const pieces: string[] = [];
  putTextsBack(json, texts, (piece) => pieces.push(piece));
  return pieces.join('');
};

/** The page as it is sliced, each record with its texts lifted; null when it cannot be sliced. */
function slice(text: string, liftFrom = 1e9) {
  const page = Buffer.from(text);
  const sliced = slicePage(page, liftFrom);
  if (sliced === null) return null;
  const records = sliced.records.map((record) => ({
    ...record,
    ...liftTexts(page, record),
    whole: page.toString('utf8', record.start, record.end),
  }));
  return { ...sliced, records };
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', '"', '[', ']', '{', '}', ',', 'results') }),
);
const json = fc.oneof(fc.jsonValue(), text, fc.dictionary(text, fc.jsonValue()));

test('records are the items of results, whatever stands around and within', () => {
  const page = fc.tuple(fc.array(json), json, json, fc.constantFrom(undefined, 1));
  fc.assert(
    fc.property(page, ([results, before, after, indent]) => {
      const written = JSON.stringify({ before, results, after }, null, indent);
      const sliced = slice(written);
      if (sliced === null) {
        expect(written).toContain('\\');
        return;
      }
      expect(sliced.records.map(({ whole }) => JSON.parse(whole))).toEqual(
        JSON.parse(written).results,
      );
      expect(JSON.parse(sliced.frame)).toEqual({
        ...JSON.parse(written),
        results: results.map(() => 0),
      });
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['{"results":[1, [2] ,{}]}', ['1', ' [2] ', '{}'], '{"results":[0,0,0]}'],
  ['{"results":[ ]}', [], '{"results":[ ]}'],
  ['{"results":[],"results":[2]}', ['2'], '{"results":[],"results":[0]}'],
  [
    '{"a":{"results":[1]},"results":["]",{}]}',
    ['"]"', '{}'],
    '{"a":{"results":[1]},"results":[0,0]}',
  ],
  ['{"a":"results","b":[1],"results":[2]}', ['2'], '{"a":"results","b":[1],"results":[0]}'],
])('of %s, records are %j, and the rest is %s', (page, records, frame) => {
  const sliced = slice(page, 4);
  expect(sliced?.records.map(({ whole }) => whole)).toEqual(records);
  expect(sliced?.frame).toBe(frame);
});

test.each(['{"result\\u0073":[1]}', '{"results":[1],"results":[2]}'])(
  'which array is results is in doubt in %s',
  (page) => expect(slice(page)).toBeNull(),
);

test.each([
  ['{"a":["\\"",{"b":"\\""}]}', false],
  ['{"a":[{"\\"":0}]}', true],
  ['{"a\\\\" : 0}', true],
])('whether a name in %s has an escape: %s', (record, expected) => {
  const sliced = slice(`{"results":[7,${record},8]}`);
  expect(sliced?.records.map((one) => one.hasEscapedKey)).toEqual([false, expected, false]);
});

test('what is lifted and put back is what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.array(json), fc.integer({ min: 0, max: 9 }), (results, minLength) => {
      const sliced = slice(JSON.stringify({ results }), minLength);
      if (!sliced?.isByteText) return;
      // JSON.parse is not to be trusted with others: see normalize-page.ts.
      if (sliced.records.some((record) => record.hasEscapedKey)) return;
      const back = sliced.records.map((record) =>
        putBack(JSON.stringify(JSON.parse(record.json)), record.texts),
      );
      expect(back.map(fromBytes)).toEqual(results.map((record) => JSON.stringify(record)));
      for (const lifted of sliced.records.flatMap(({ texts }) => texts))
        expect(lifted.length).toBeGreaterThanOrEqual(minLength);
    }),
    { numRuns: 1000 },
  );
});

test('a page is JSON when its frame and its records are', () => {
  const piece = fc.constantFrom(
    ...'" \\ \\" \\\\ \\u0041 \\x { } [ ] : , a é 1 [] {} "results" "results":['.split(' '),
    ' ',
    '\n',
  );
  const isJson = (own: string): boolean => {
    try {
      JSON.parse(own);
      return true;
    } catch {
      return false;
    }
  };
  const page = fc.oneof(
    fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 12 }).map((pieces) => `{"results":[${pieces.join('')}]}`),
  );
  fc.assert(
    fc.property(page, (own) => {
      for (const liftFrom of [0, 1e9]) {
        const sliced = slice(own, liftFrom);
        if (sliced === null) continue;
        const parts = [sliced.frame, ...sliced.records.map((record) => record.json)];
        expect(parts.every(isJson)).toBe(isJson(own));
      }
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['{"abcd":"abcd", "abcd"  :"abc"}', ['abcd']],
  ['{"abcde"\n:"abcd","abcdf"\t:1,"abcdg"\r\n :2}', ['abcd']],
  ['["a\\"bc","ab\\\\","\\\\\\"\\n"]', ['a\\"bc', 'ab\\\\', '\\\\\\"\\n']],
  ['["ab\\/cd","ab\\u0041","abcd"]', ['abcd']],
  ['"abcd"', ['abcd']],
])('of the record %s, %j are lifted', (record, texts) => {
  const sliced = slice(`{"abcd":"abcde","results":[${record}],"abcd":"abcde"}`, 4);
  expect(sliced?.records.map((one) => one.texts)).toEqual([texts]);
});

describe('byte text', () => {
  test('JSON.parse of bytes gives the bytes of the values', () => {
    fc.assert(
      fc.property(json, (value) => {
        const sliced = slice(JSON.stringify({ results: [value] }));
        const [record] = sliced?.records ?? [];
        if (!sliced?.isByteText || record === undefined) return;
        expect(fromBytes(JSON.stringify(JSON.parse(record.json)))).toBe(JSON.stringify(value));
      }),
    );
  });

  test.each([
    ['a \\u0041 b', true],
    ['\\u001f', true],
    ['\\u007F', true],
    ['\\u0000', false],
    ['\\u0080', false],
    ['\\u00e9', false],
    ['\\u2028', false],
    ['\\ud83d\\ude00', false],
    ['\\\\u00e9', true],
    ['\\\\\\u00e9', false],
    ['\\', true],
  ])('is left by the escapes in "%s": %s', (own, expected) => {
    expect(slice(`{"results":["${own}"]}`)?.isByteText).toBe(expected);
  });
});

test.each([
  ['{"a":[-1234567890.25,0.1,true,false,null],"b":"12345678901234567890 1e5"}', false],
  ['1234567890123456', true],
  ['[-0.123456789012345]', true],
  ['{"a":{"b":1e5}}', true],
  ['1E+400', true],
])('whether %s has a number that a double might not hold: %s', (record, expected) => {
  const sliced = slice(`{"a":1e5,"results":[7,${record},8],"b":1e5}`);
  expect(sliced?.records.map((one) => one.hasLongNumber)).toEqual([false, expected, false]);
});

test('what a parser would refuse is not lifted', () => {
  const sliced = slice('{"results":["abcd","ab\ncd"]}', 4);
  expect(sliced?.records.flatMap((record) => record.texts)).toEqual(['abcd']);
});
