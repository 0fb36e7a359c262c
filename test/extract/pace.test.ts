import { describe, expect, test } from 'vitest';
import type { PageEntry } from '../../src/archive/journal.ts';
import { LAST_ID } from '../../src/extract/coverage.ts';
import { planAsk } from '../../src/extract/plan-ask.ts';
import { createIdWalk } from '../../src/extract/walk-ids.ts';
import { ID_SHAPES } from '../support/id-shapes.ts';
import { simulateWalks, toStream } from '../support/model-hubspot.ts';

/** All in virtual time, and the same in every run: 1,000 pages of 250, 190 requests per 10 s, over five windows. */
const ROWS = 250_000;

type Shape = keyof typeof ID_SHAPES;

describe('the share of the allowance that is used, and the requests beyond rows / page size', () => {
  test.each<[Shape, number, number, number]>([
    ['uniform', 300, 0.96, 1.03],
    ['dense', 300, 0.96, 1.03],
    ['rising', 300, 0.96, 1.03],
    ['falling', 300, 0.96, 1.03],
    ['cluster', 300, 0.94, 1.04],
    ['steps', 300, 0.95, 1.06],
    ['clumps', 300, 0.96, 1.08],
    ['bursts', 300, 0.88, 1.1],
    ['uniform', 1000, 0.86, 1.05],
    ['dense', 1000, 0.86, 1.05],
    ['rising', 1000, 0.86, 1.05],
    ['falling', 1000, 0.86, 1.05],
    ['cluster', 1000, 0.8, 1.05],
    ['steps', 1000, 0.75, 1.1],
    ['clumps', 1000, 0.75, 1.13],
    ['uniform', 2000, 0.63, 1.05],
  ])('%s ids at a latency of %d ms', async (shape, latencyMs, share, overhead) => {
    const walked = await simulateWalks([ID_SHAPES[shape](ROWS)], { latencyMs });
    expect(walked.share).toBeGreaterThanOrEqual(share);
    expect(walked.overhead).toBeLessThanOrEqual(overhead);
    expect(walked.limited).toBe(0);
  });

  test('the longer it runs, the nearer it comes', async () => {
    const walked = await simulateWalks([ID_SHAPES.uniform(4 * ROWS)], { latencyMs: 1000 });
    expect(walked.share).toBeGreaterThanOrEqual(0.95);
    expect(walked.overhead).toBeLessThanOrEqual(1.03);
  });

  test('no more is under way than the allowance takes', async () => {
    const { mostInFlight } = await simulateWalks([ID_SHAPES.uniform(ROWS)], { latencyMs: 300 });
    // 19 requests a second times 0.3 s, a third more to catch up, and those that wait for their turn.
    expect(mostInFlight).toBeLessThanOrEqual(9);
  });
});

describe('small portals', () => {
  test.each([
    [0, 1],
    [1, 1],
    [250, 1],
    [251, 2],
    [500, 2],
    // The end has to be looked for; that costs a few in vain.
    [5_000, 25],
    [30_000, 136],
  ])('%d engagements take %d requests at most', async (rows, most) => {
    for (const latencyMs of [20, 300, 2000]) {
      const { requests } = await simulateWalks([ID_SHAPES.uniform(rows)], { latencyMs });
      expect(requests).toBeLessThanOrEqual(most);
    }
  });

  test('fast answers are waited for, one after the other: not a request more than pages', async () => {
    const { requests, mostInFlight } = await simulateWalks([ID_SHAPES.uniform(5_000)], {
      latencyMs: 20,
    });
    expect([requests, mostInFlight]).toEqual([20, 1]);
  });
});

test('planning stays cheap when many thousand pages are there', () => {
  // A comparison of counts, not of times: how often the planner looks at a page.
  const count = (pages: number): number => {
    let looks = 0;
    const samples = Array.from({ length: pages }, (_, n) => ({
      from: BigInt(n * 1000),
      to: BigInt((n + 1) * 1000),
      first: BigInt(n * 1000),
      records: 250,
    }));
    const watched = new Proxy(samples, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
        return Reflect.get(target, key);
      },
    });
    const end = BigInt(pages * 1000);
    planAsk({
      coverage: [
        { from: 0n, to: 5_000n },
        { from: end / 2n, to: end },
      ],
      samples: watched,
      asking: [5_000n, end],
      records: pages * 250,
      holes: 0,
      pageSize: 250,
    });
    return looks;
  };
  expect(count(20_000)).toBeLessThan(count(200) + 200);
});

test('a walk that is resumed knows what earlier pages were worth', () => {
  const page = (from: number, to: number): PageEntry =>
    ({
      walk: 'ids',
      cursor: String(from - 1),
      nextCursor: String(to - 1),
      hasMore: true,
      records: 250,
      firstId: from,
    }) as PageEntry;
  const walk = createIdWalk(toStream(LAST_ID, 250), [page(1, 500), page(250, 750)], () => {});
  expect(walk.plan()).toMatchObject({ cursor: null, from: 0n, split: false });
});
