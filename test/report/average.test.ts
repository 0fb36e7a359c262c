import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAverage, parseAverage, toAverage } from '../../src/report/average.ts';

const tally = (inWindow: number | null) => ({ count: 0, inWindow });

test.each([
  [0, 14, '0.0000'],
  [1, 14, '0.0714'],
  [29, 14, '2.0714'],
  [14, 14, '1.0000'],
  [1, 32, '0.0313'],
  [1, 160, '0.0063'],
  [3, 160, '0.0188'],
  [199_999, 20_000, '10.0000'],
])('%d over %d days is %s', (inWindow, window, text) => {
  expect(formatAverage(tally(inWindow), window, 4)).toBe(text);
});

test('without a full window there is no average', () => {
  expect(formatAverage(tally(null), 14, 4)).toBeNull();
  expect(toAverage(tally(null), 14)).toBeNull();
  expect(parseAverage(null, 14)).toBeNull();
});

test('the mean is the quotient itself', () => {
  expect(toAverage(tally(29), 14)).toBe(29 / 14);
});

test('four decimals give the sum back', () => {
  const sums = fc.integer({ min: 0, max: 2_000_000_000 });
  fc.assert(
    fc.property(sums, fc.integer({ min: 1, max: 3650 }), (inWindow, window) => {
      const text = formatAverage(tally(inWindow), window, 4);
      expect(parseAverage(text, window)).toBe(inWindow);
    }),
  );
});
