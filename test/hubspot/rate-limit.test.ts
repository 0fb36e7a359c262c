import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/demo/random.ts';
import { createRateLimit as createServerLimit } from '../../src/demo/rate-limit.ts';
import { type Allowance, createRateLimit, type RateLimit } from '../../src/hubspot/rate-limit.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

const TEN_SECONDS = 10_000;
const { signal } = new AbortController();

interface Account {
  clock: VirtualClock;
  limit: RateLimit;
  /** When requests of ours reached the server, in ms. */
  arrivals: number[];
  refused: number;
  /** Somebody else's request. */
  takeForeign(): boolean;
  change(allowance: Partial<Allowance>): void;
  /** Sends as fast as it may until `endMs`, every answer taking `latencyMs`. */
  sendUntil(endMs: number): Promise<void>;
}

/** An account whose server counts requests as they arrive, each a little longer on its way than another. */
function openAccount({
  max = 190,
  known = { max: 100, intervalMs: TEN_SECONDS },
  jitterMs = 150,
  latencyMs = 200,
  headers = true,
  mostUnderWay = Number.POSITIVE_INFINITY,
  seed = 1,
}: {
  max?: number;
  known?: Allowance;
  jitterMs?: number;
  latencyMs?: number;
  headers?: boolean;
  /** As a caller has them who keeps no more under way than the allowance takes. */
  mostUnderWay?: number;
  seed?: number;
} = {}): Account {
  const clock = createVirtualClock();
  const random = seededRandom(seed);
  const server = createServerLimit(
    { max, intervalMs: known.intervalMs, daily: 1e9, searchesPerSecond: 5 },
    () => clock.elapsedMs,
  );
  const limit = createRateLimit(clock, known);
  const account = {
    clock,
    limit,
    arrivals: [] as number[],
    refused: 0,
    takeForeign: () => server.take('other') === 'allowed',
    change: (allowance: Partial<Allowance>) => server.change(allowance),
    async sendUntil(endMs: number) {
      const underWay = new Set<Promise<void>>();
      // Of the limit nothing is known before the first answer.
      await send();
      while (clock.elapsedMs < endMs) {
        await limit.acquire(signal);
        if (clock.elapsedMs >= endMs) break;
        const request: Promise<void> = travel().finally(() => underWay.delete(request));
        underWay.add(request);
        if (underWay.size >= mostUnderWay) await Promise.race(underWay);
      }
      await Promise.all(underWay);
    },
  };

  async function send(): Promise<void> {
    await limit.acquire(signal);
    await travel();
  }

  async function travel(): Promise<void> {
    await clock.sleep(random.next() * jitterMs);
    const allowed = server.take('other') === 'allowed';
    if (allowed) account.arrivals.push(clock.elapsedMs);
    else account.refused += 1;
    const remaining = Number(server.headers('all')['X-HubSpot-RateLimit-Remaining']);
    const told = Number(server.headers('all')['X-HubSpot-RateLimit-Max']);
    await clock.sleep(latencyMs);
    if (headers) limit.learn({ max: told, intervalMs: known.intervalMs, remaining });
    if (!allowed) limit.backOff(1_000);
  }

  return account;
}

const share = ({ arrivals }: Account, max: number, endMs: number): number =>
  arrivals.length / ((max * endMs) / TEN_SECONDS);

describe('alone on the account', () => {
  test.each([50, 100, 110, 190, 250])(
    'of %d per ten seconds at least 95 %% are used, and none refused',
    async (max) => {
      const account = openAccount({ max });
      await account.clock.run(account.sendUntil(100_000));
      expect(account.refused).toBe(0);
      expect(share(account, max, 100_000)).toBeGreaterThanOrEqual(0.95);
    },
  );

  test('whatever the way of the requests, none is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 250 }),
        fc.integer({ min: 0, max: 199 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.nat(),
        async (max, jitterMs, latencyMs, seed) => {
          const account = openAccount({ max, jitterMs, latencyMs, seed });
          await account.clock.run(account.sendUntil(25_000));
          expect(account.refused).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('without headers it keeps to the least that HubSpot grants', async () => {
    const account = openAccount({ max: 100, headers: false });
    await account.clock.run(account.sendUntil(50_000));
    expect(account.refused).toBe(0);
    expect(share(account, 100, 50_000)).toBeGreaterThanOrEqual(0.95);
  });

  test('search has five a second', async () => {
    const account = openAccount({
      max: 5,
      known: { max: 5, intervalMs: 1_000 },
      jitterMs: 15,
      headers: false,
    });
    await account.clock.run(account.sendUntil(20_000));
    expect(account.refused).toBe(0);
    expect(account.arrivals.length).toBeGreaterThanOrEqual(95);
  });
});

describe('a limit that changes in mid-run', () => {
  test('upwards: the new one is used', async () => {
    const account = openAccount({ max: 100, mostUnderWay: 10 });
    const work = account.sendUntil(120_000);
    await account.clock.run(
      Promise.all([work, account.clock.sleep(40_000).then(() => account.change({ max: 250 }))]),
    );
    expect(account.refused).toBe(0);
    const after = account.arrivals.filter((at) => at >= 60_000 && at < 110_000);
    expect(after.length / (250 * 5)).toBeGreaterThanOrEqual(0.95);
  });

  test('downwards: what is under way may be refused, nothing else', async () => {
    const account = openAccount({ max: 190, mostUnderWay: 8 });
    await account.clock.run(
      Promise.all([
        account.sendUntil(120_000),
        account.clock.sleep(43_000).then(() => account.change({ max: 100 })),
      ]),
    );
    expect(account.refused).toBeLessThanOrEqual(8);
    const after = account.arrivals.filter((at) => at >= 70_000 && at < 110_000);
    expect(after.length / (100 * 4)).toBeGreaterThanOrEqual(0.85);
  });
});

describe('others on the same account', () => {
  test.each([5, 15, 60])(
    '%d of 190 are theirs: fewer than 1 in 100 of ours are refused',
    async (theirs) => {
      const account = openAccount({ max: 190, mostUnderWay: 8 });
      const endMs = 300_000;
      let refusedThem = 0;
      const others = async (): Promise<void> => {
        while (account.clock.elapsedMs < endMs) {
          if (!account.takeForeign()) refusedThem += 1;
          await account.clock.sleep(TEN_SECONDS / theirs);
        }
      };
      await account.clock.run(Promise.all([account.sendUntil(endMs), others()]));
      expect(account.refused / account.arrivals.length).toBeLessThan(0.01);
      expect(share(account, 190 - theirs, endMs)).toBeGreaterThanOrEqual(0.85);
      expect(refusedThem / ((theirs * endMs) / TEN_SECONDS)).toBeLessThan(0.2);
    },
  );
});

test('a clock that is set back an hour delays nothing', async () => {
  const clock = createVirtualClock();
  let backMs = 0;
  const limit = createRateLimit(
    { sleep: clock.sleep, now: () => new Date(clock.now().getTime() - backMs) },
    { max: 1, intervalMs: 1_000 },
  );
  const sent: number[] = [];
  const send = () => limit.acquire(signal).then(() => sent.push(clock.elapsedMs));
  await clock.run(send());
  limit.backOff(2_000);
  backMs = 3_600_000;
  await clock.run(Promise.all([send(), send()]));
  expect(sent).toEqual([0, 2_000, 3_021]);
});

test('a 429 keeps everyone waiting', async () => {
  const { clock, limit } = openAccount();
  limit.learn({ max: 190, intervalMs: TEN_SECONDS, remaining: 189 });
  limit.backOff(1_000);
  const sent: number[] = [];
  const send = () => limit.acquire(signal).then(() => sent.push(clock.elapsedMs));
  await clock.run(Promise.all([send(), send(), send()]));
  expect(sent).toEqual([1_000, 1_000, 1_000]);
});

test('first come, first served; who gives up makes room', async () => {
  const clock = createVirtualClock();
  const limit = createRateLimit(clock, { max: 1, intervalMs: 1_000 });
  const order: string[] = [];
  const impatient = new AbortController();
  const take = (name: string, own = signal) => limit.acquire(own).then(() => order.push(name));
  const work = [
    take('a'),
    take('b', impatient.signal).catch(() => order.push('b left')),
    take('c'),
  ];
  expect(limit.waiting).toBe(3);
  const leaving = clock.sleep(10).then(() => impatient.abort(new Error('enough')));
  await clock.run(Promise.all([...work, leaving]));
  expect(order).toEqual(['a', 'b left', 'c']);
  expect([limit.waiting, clock.elapsedMs]).toEqual([0, 1_021]);
});

test('an aborted wait rejects with the reason', async () => {
  const clock = createVirtualClock();
  const limit = createRateLimit(clock, { max: 1, intervalMs: 1_000 });
  await limit.acquire(signal);
  const stop = new AbortController();
  const waiting = limit.acquire(stop.signal);
  stop.abort(new Error('stopped by SIGINT'));
  await expect(waiting).rejects.toThrow('stopped by SIGINT');
});

test('a limit shared by two buckets holds for both together, also after a pause of one of them', async () => {
  const clock = createVirtualClock();
  const shared = createRateLimit(clock, { max: 5, intervalMs: TEN_SECONDS });
  const general = createRateLimit(clock, { max: 100, intervalMs: TEN_SECONDS }, shared);
  const search = createRateLimit(clock, { max: 3, intervalMs: 1_000 }, shared);
  general.backOff(20_000);
  const sent: number[] = [];
  const send = async (limit: RateLimit) => {
    await limit.acquire(signal);
    sent.push(clock.elapsedMs);
  };
  const requests = [...Array(20).fill(general), ...Array(8).fill(search)].map(send);
  await clock.run(Promise.all(requests));
  expect(sent).toHaveLength(28);
  for (const start of sent) {
    const window = sent.filter((at) => at >= start && at < start + TEN_SECONDS);
    expect(window.length).toBeLessThanOrEqual(5);
  }
});
