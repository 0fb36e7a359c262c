import { expect, test } from 'vitest';
import { capHeight } from '../../src/report/cap-height.ts';

const usual = Array.from({ length: 60 }, (_, index) => 60 + (index % 40));

test.each<[string, number[], number]>([
  ['usual days are all shown in full', usual, 99],
  ['one day of an import is cut', [...usual, 26_622], 108.9],
  ['a day four times as high as the others is not', [...usual, 396], 396],
  ['of a hundred days, three can be cut', [...usual, ...usual, 5000, 9000, 700], 108.9],
  [
    'several high days are not exceptions where little else is',
    [9000, 5000, ...Array(60).fill(0), 1],
    9000,
  ],
  ['few bars are all shown in full', [1, 2, 3, 1000], 1000],
  ['nothing but one day', [...Array(20).fill(0), 7], 7],
  ['nothing at all', [0, 0], 1],
])('%s', (_what, means, height) => {
  expect(capHeight(means, [null])).toBeCloseTo(height);
});

test('there is room for the average, but not for one of days that are not shown or are cut', () => {
  expect(capHeight([10, 20], [null, 25])).toBe(25);
  expect(capHeight([10, 20], [500, null])).toBe(20);
  expect(capHeight([0, 0], [3, 3])).toBe(3);
});
