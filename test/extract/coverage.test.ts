import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Coverage,
  cover,
  findGaps,
  type IdRange,
  LAST_ID,
  NEXT_ID,
} from '../../src/extract/coverage.ts';

/** Ranges over the first hundred ids, some without end, some empty. */
const range: fc.Arbitrary<IdRange> = fc
  .record({
    from: fc.integer({ min: 0, max: 100 }),
    length: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 20 }),
  })
  .map(({ from, length }) => ({
    from: BigInt(from),
    to: length === null ? null : BigInt(from + length),
  }));

const has = (ranges: readonly IdRange[], id: bigint): boolean =>
  ranges.some(({ from, to }) => id >= from && (to === null || id < to));
const IDS = Array.from({ length: 140 }, (_, id) => BigInt(id));
const coverAll = (ranges: readonly IdRange[]): Coverage =>
  ranges.reduce<Coverage>((coverage, each) => cover(coverage, each), []);

describe('covering', () => {
  test('an id is covered when one of the ranges has it, and else in a gap', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 15, size: 'max' }), (ranges) => {
        const coverage = coverAll(ranges);
        const gaps = findGaps(coverage);
        for (const id of IDS) {
          expect(has(coverage, id)).toBe(has(ranges, id));
          expect(has(gaps, id)).toBe(!has(ranges, id));
        }
      }),
    );
  });

  test('the order of the ranges does not matter, nor do repetitions', () => {
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 15, size: 'max' }),
        fc.infiniteStream(fc.nat()),
        (ranges, keys) => {
          const shuffled = [...ranges, ...ranges]
            .map((each) => ({ each, key: keys.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ each }) => each);
          expect(coverAll(shuffled)).toEqual(coverAll(ranges));
        },
      ),
    );
  });

  test('it stays ascending, without overlaps and without neighbours that touch', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 15, size: 'max' }), (ranges) => {
        const coverage = coverAll(ranges);
        for (const [index, { from, to }] of coverage.entries()) {
          const next = coverage[index + 1];
          if (to === null) expect(next).toBeUndefined();
          else expect(to > from && (next === undefined || next.from > to)).toBe(true);
        }
      }),
    );
  });

  test('all that there is', () => {
    expect(findGaps([])).toEqual([{ from: 0n, to: null }]);
    expect(findGaps(cover([], { from: 0n, to: null }))).toEqual([]);
    const joined = coverAll([
      { from: 7n, to: null },
      { from: 0n, to: 7n },
    ]);
    expect(joined).toEqual([{ from: 0n, to: null }]);
  });
});

describe.each([
  ['the last id returned', LAST_ID],
  ['the id that comes next', NEXT_ID],
])('a cursor that is %s', (_name, rule) => {
  test('asks for where the page that returned it ends', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 70n }), (id) => {
        expect(rule.toCursor(rule.toEnd(String(id)))).toBe(String(id));
        expect(rule.toEnd(rule.toCursor(id + 1n) as string)).toBe(id + 1n);
      }),
    );
  });

  test('is none at the beginning', () => {
    expect(rule.toCursor(0n)).toBeNull();
  });
});

test('after the last id 5 comes 6; the next id 6 is 6', () => {
  expect([LAST_ID.toEnd('5'), LAST_ID.toCursor(6n)]).toEqual([6n, '5']);
  expect([NEXT_ID.toEnd('6'), NEXT_ID.toCursor(6n)]).toEqual([6n, '6']);
});
