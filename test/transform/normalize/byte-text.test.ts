import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromByteText, toByteText } from '../../../src/transform/normalize/byte-text.ts';

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
