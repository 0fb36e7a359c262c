import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact } from '../../src/transform/parse-exact.ts';

const awkward = fc.string({ unit: fc.constantFrom('\\', '"', ':', '\n', 'a', ' ', 'é') });
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    awkward,
    fc.integer(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(awkward, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
  ),
})).value;

test('whatever was written is read again, whatever was read before', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1), (written, indent) => {
      expect(parseExact(JSON.stringify(written, null, indent))).toEqual(written);
    }),
    { numRuns: 1000 },
  );
});

test('names that differ in their escapes are told apart', () => {
  for (const name of ['\\', '"', '\n', '\\"', '"\\', ':"', 'a\\', '\\a']) {
    const text = `{"first":1,${JSON.stringify(name)} :0}`;
    expect(Object.keys(parseExact(text) as object)).toEqual(['first', name]);
  }
});

test.each(['[1],[2]', '{"\\n":1}]', '1]},{"a":[1', '', '{"\\n":1'])('%s is no JSON', (text) => {
  expect(() => parseExact(text)).toThrow(SyntaxError);
});
