import { describe, expect, test } from 'vitest';
import type { PageEntry } from '../../src/archive/journal.ts';
import { LAST_ID } from '../../src/extract/coverage.ts';
import { planAsk } from '../../src/extract/plan-ask.ts';
import { createIdWalk } from '../../src/extract/walk-ids.ts';
import { ID_SHAPES } from '../support/id-shapes.ts';
import { simulateWalks, toStream } from '../support/model-hubspot.ts';

/** All in virtual time, and the same in every run, with 190 requests allowed in any 10 s. */
type Shape = keyof typeof ID_SHAPES;

describe('a first full run: times the shortest possible time, and requests to full pages', () => {
  test.each<[Shape, number, number, number, number]>([
    ['uniform', 400, 300, 1.2, 1.15],
    ['days', 400, 300, 1.25, 1.2],
    ['farSteps', 300, 300, 2.3, 1.34],
    ['uniform', 400, 1000, 1.45, 1.22],
    ['days', 400, 1000, 1.75, 1.3],
    ['farSteps', 300, 1000, 3.3, 1.48],
  ])(
    '%s ids, %d pages, at a latency of %d ms',
    async (shape, pages, latencyMs, times, overhead) => {
      const walked = await simulateWalks([ID_SHAPES[shape](pages * 250)], { latencyMs });
      expect(walked.timesShortest).toBeLessThanOrEqual(times);
      expect(walked.overhead).toBeLessThanOrEqual(overhead);
      expect(walked.limited).toBe(0);
    },
  );
});

describe('a run over five windows of ten seconds: the same', () => {
  const ROWS = 250_000;

  test.each<[Shape, number, number, number]>([
    ['uniform', 300, 1.1, 1.05],
    ['dense', 300, 1.1, 1.05],
    ['rising', 300, 1.1, 1.05],
    ['falling', 300, 1.1, 1.05],
    ['steps', 300, 1.3, 1.15],
    ['clumps', 300, 1.2, 1.12],
    ['bursts', 300, 1.3, 1.15],
    ['uniform', 1000, 1.25, 1.1],
    ['cluster', 1000, 1.3, 1.1],
    ['clumps', 1000, 1.65, 1.2],
  ])('%s ids at a latency of %d ms', async (shape, latencyMs, times, overhead) => {
    const walked = await simulateWalks([ID_SHAPES[shape](ROWS)], { latencyMs });
    expect(walked.timesShortest).toBeLessThanOrEqual(times);
    expect(walked.overhead).toBeLessThanOrEqual(overhead);
    expect(walked.limited).toBe(0);
  });

  test('the longer it runs, the fewer requests are in vain', async () => {
    // 4,000 pages; small ones, so that the test is not about memory.
    const walked = await simulateWalks([ID_SHAPES.uniform(200_000)], {
      latencyMs: 1000,
      pageSize: 50,
    });
    expect(walked.share).toBeGreaterThanOrEqual(0.95);
    expect(walked.overhead).toBeLessThanOrEqual(1.05);
  });

  test('no more is under way than uses the allowance 3.4 times as fast as it comes', async () => {
    const { mostInFlight } = await simulateWalks([ID_SHAPES.uniform(ROWS)], { latencyMs: 300 });
    // 19 requests a second times 0.3 s, and what waits for its turn; answers take up to 0.36 s.
    expect(mostInFlight).toBeLessThanOrEqual(24);
  });
});

describe('small portals', () => {
  test.each([
    [0, 1],
    [1, 1],
    [250, 1],
    // The end is looked for with two requests.
    [251, 4],
    [500, 4],
    [5_000, 30],
    [30_000, 160],
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
