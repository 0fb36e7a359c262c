import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sliceRecords } from '../../src/transform/slice-records.ts';

test('are the items of results, whatever stands around and within', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\\', '"', '[', ']', '{', '}', ',', 'results') }),
  );
  const json = fc.oneof(fc.jsonValue(), text, fc.dictionary(text, fc.jsonValue()));
  const page = fc.tuple(fc.array(json), json, json, fc.constantFrom(undefined, 1));
  fc.assert(
    fc.property(page, ([results, before, after, indent]) => {
      const written = JSON.stringify({ before, results, after }, null, indent);
      const slices = sliceRecords(written);
      if (slices === null) expect(written).toContain('\\');
      else expect(slices.map((slice) => JSON.parse(slice))).toEqual(JSON.parse(written).results);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['{"results":[1],"results":[2, [3] ]}', ['2', ' [3] ']],
  ['{"results":[ ]}', []],
  ['{"a":{"results":[1]},"results":["]",{}]}', ['"]"', '{}']],
  ['{"a":"results","b":[1],"results":[2]}', ['2']],
  ['{"result\\u0073":[1]}', null],
])('of %s are %j', (page, slices) => {
  expect(sliceRecords(page)).toEqual(slices);
});
