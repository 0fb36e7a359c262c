import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromByteText, parsesToByteText, toByteText } from '../../src/transform/byte-text.ts';

const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());

test('there and back again gives the same text, in the order of code points', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(fromByteText(toByteText(a))).toBe(a);
      const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(toByteText(a) > toByteText(b)).toBe(order > 0);
    }),
  );
});

test('JSON.parse of bytes gives the bytes of the values', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      const bytes = Buffer.from(json).toString('latin1');
      if (!parsesToByteText(bytes)) return;
      const again = JSON.stringify(JSON.parse(bytes));
      expect(Buffer.from(again, 'latin1').toString()).toBe(json);
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
])('escapes in %s leave byte text: %s', (json, expected) => {
  expect(parsesToByteText(json)).toBe(expected);
});
