import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Retry } from '../../src/hubspot/failures.ts';
import { type RetryInput, retryDelay } from '../../src/hubspot/retry-delay.ts';

const delays = (wait: Retry['wait'], change: Partial<RetryInput> = {}): (number | undefined)[] =>
  Array.from({ length: 61 }, (_, index) =>
    retryDelay({
      attempt: index + 1,
      failure: { kind: 'retry', wait, reason: 'x' },
      everAnswered: true,
      random: 0,
      ...change,
    }),
  );

describe('the waits of one page, without their random part', () => {
  test.each<[Retry['wait'], number[]]>([
    ['locked', [2000, 4000, 6000, 8000, 10000, 12000, 14000, 16000, 18000]],
    ['server', [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000]],
  ])('%s', (wait, expected) => {
    expect(delays(wait).slice(0, 10)).toEqual([...expected, undefined]);
  });

  test.each<[Retry['wait'], number[]]>([
    ['window', [2000, 4000, 6000, 8000, 10_000, 10_000]],
    ['second', [1000, 2000, 3000, 4000, 5000, 6000]],
  ])('%s: what others use up is waited for some ten minutes', (wait, expected) => {
    const all = delays(wait);
    expect(all.slice(0, 6)).toEqual(expected);
    expect(all.slice(57)).toEqual([10_000, 10_000, undefined, undefined]);
  });
});

test('a server that never answered is given up sooner', () => {
  expect(delays('server', { everAnswered: false }).slice(0, 5)).toEqual([
    500,
    1000,
    2000,
    undefined,
    undefined,
  ]);
});

test.each([
  [1, 1],
  [30_000, 30_000],
  [900_000, 900_000],
  [900_001, undefined],
  [2 ** 40, undefined],
])('HubSpot asking for %d ms is given %s', (retryAfterMs, delay) => {
  const failure: Retry = { kind: 'retry', wait: 'window', reason: 'x', retryAfterMs };
  expect(retryDelay({ attempt: 1, failure, everAnswered: true, random: 0.5 })).toBe(delay);
  expect(retryDelay({ attempt: 60, failure, everAnswered: true, random: 0.5 })).toBeUndefined();
});

test('chance only ever lengthens a wait that a limit asks for, and no wait is above 40 s', () => {
  const input = fc.record({
    attempt: fc.integer({ min: 1, max: 9 }),
    wait: fc.constantFrom('window', 'second', 'server', 'locked'),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  const least = { window: 2_000, second: 1_000, locked: 2_000, server: 500 };
  fc.assert(
    fc.property(input, ({ attempt, wait, random }) => {
      const failure: Retry = { kind: 'retry', wait, reason: 'x' };
      const delay = retryDelay({ attempt, failure, everAnswered: true, random });
      expect(delay).toBeGreaterThanOrEqual(least[wait]);
      expect(delay).toBeLessThanOrEqual(40_000);
    }),
  );
});
