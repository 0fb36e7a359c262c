import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PageGroup } from '../../src/transform/normalize-group.ts';
import { planSplits } from '../../src/transform/plan-splits.ts';

const toGroup = (bytes: number): PageGroup =>
  ({ page: { file: String(bytes), bytes, sha256: '' }, completing: [] }) as unknown as PageGroup;
const plan = (sizes: number[], partBytes: number) =>
  planSplits(sizes.map(toGroup), partBytes).map((split) => split.map(({ page }) => page.bytes));

test.each([
  [[], []],
  [[0], [[0]]],
  [
    [5, 5, 5],
    [[5, 5], [5]],
  ],
  [
    [11, 5, 6],
    [[11], [5], [6]],
  ],
  [
    [100, 0, 0, 3],
    [[100], [0, 0, 3]],
  ],
])('of pages of %j bytes, an eighth of a part being ten, are made %j', (sizes, splits) => {
  expect(plan(sizes, 80)).toEqual(splits);
});

test('a large run has some 64 splits, unless these were larger than a part', () => {
  const thousand = Array.from({ length: 1000 }, () => 1);
  expect(plan(thousand, 100)).toHaveLength(67);
  expect(plan(thousand, 10)).toHaveLength(100);
});

test('all pages are in a split, in their order, and none is larger than a part but by its only page', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 })), fc.integer({ min: 1, max: 300 }), (sizes, part) => {
      const splits = plan(sizes, part);
      expect(splits.flat()).toEqual(sizes);
      for (const split of splits) {
        expect(split.length).toBeGreaterThan(0);
        const sum = split.reduce((total, bytes) => total + bytes, 0);
        if (split.length > 1 && split[0] !== undefined && split[0] <= part)
          expect(sum).toBeLessThanOrEqual(part);
      }
    }),
  );
});
