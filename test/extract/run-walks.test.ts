import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { tenSecondlyLimit } from '../../src/demo/answers.ts';
import { HubSpotRefused, HubSpotUnavailable, Interrupted } from '../../src/errors.ts';
import type { FetchedPage } from '../../src/extract/open-run.ts';
import { runWalks } from '../../src/extract/run-walks.ts';
import { planV1Walks } from '../../src/extract/streams-v1.ts';
import { createClient } from '../../src/hubspot/client.ts';
import type { Portal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { countTo, startTestPortal, TOKEN } from './extract-from.ts';

/** Over real HTTP, with answers so slow that several requests are under way. */
const RECORDS = 1_500;
const LIMIT = 20;

let folder: string;
let portal: Portal;
let underWay: number;
let mostUnderWay: number;
beforeEach(async () => {
  folder = await makeTemporaryFolder();
  underWay = 0;
  mostUnderWay = 0;
  portal = await startTestPortal(RECORDS, {
    latencyMs: 50,
    rateLimit: { max: 1_000, intervalMs: 10_000 },
    clock: { now: () => new Date() },
  });
  portal.faults.push({
    times: Number.POSITIVE_INFINITY,
    when: () => {
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      return false;
    },
  });
});
afterEach(async () => {
  await portal.close();
  await rm(folder, { recursive: true });
});

/** Walks the portal; what was saved is in `saved` even when it throws. */
async function walk({
  saved = [],
  signal = new AbortController().signal,
  onSave = async () => {},
}: {
  saved?: FetchedPage[];
  signal?: AbortSignal;
  onSave?: (page: FetchedPage) => Promise<void>;
} = {}): Promise<FetchedPage[]> {
  const client = createClient(
    { apiUrl: portal.url, token: TOKEN },
    {
      clock: { ...systemClock, sleep: (ms, own) => systemClock.sleep(ms / 20, own) },
      progress: { update() {}, note() {} },
      signal,
      random: () => 0,
    },
  );
  const save = async (page: FetchedPage): Promise<void> => {
    underWay -= 1;
    await onSave(page);
    saved.push(page);
  };
  try {
    const [only] = planV1Walks({ window: null }, [], { pageLimit: LIMIT, note() {} });
    if (only === undefined) throw new Error('v1 has a walk');
    await runWalks([only], { client, save, signal }, LIMIT);
    return saved;
  } finally {
    await client.close();
  }
}

const idsOf = (pages: readonly FetchedPage[]): number[] =>
  [...new Set(pages.flatMap(({ answer }) => answer.page.ids.map(Number)))].sort((a, b) => a - b);
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('several pages at once, each once, but for the crossings', async () => {
  const saved = await walk();
  expect(idsOf(saved)).toEqual(countTo(RECORDS));
  expect(mostUnderWay).toBeGreaterThan(3);
  // pace.test.ts tells how many are in vain; how many here depends on the machine.
  expect(portal.requests.length).toBeLessThanOrEqual(1.5 * (RECORDS / LIMIT));
});

test('before the first answer nothing else is asked', async () => {
  portal.faults.push({ answer: tenSecondlyLimit() });
  await walk();
  // The refused one, and the same once more.
  expect(portal.requests.slice(0, 2).map(({ cursor }) => cursor)).toEqual([null, null]);
});

describe('one page that fails for good', () => {
  const isFatal = ({ query }: { query: Record<string, string> }): boolean =>
    query['offset'] === '40';

  test('because HubSpot is unavailable: the others under way are still saved', async () => {
    portal.faults.push({
      times: Number.POSITIVE_INFINITY,
      when: isFatal,
      answer: { status: 500, body: 'internal error' },
    });
    const saved: FetchedPage[] = [];
    expect(await failureOf(walk({ saved }))).toBeInstanceOf(HubSpotUnavailable);
    const answered = portal.requests.filter(({ status }) => status === 200);
    // A page that another walk has passed meanwhile is not saved.
    expect(saved.length).toBeGreaterThanOrEqual(0.9 * answered.length);
    expect(saved.length).toBeGreaterThan(3);
  });

  test('because it is refused: at once', async () => {
    portal.faults.push({ when: isFatal, answer: { status: 401, body: '{}' } });
    const saved: FetchedPage[] = [];
    expect(await failureOf(walk({ saved }))).toBeInstanceOf(HubSpotRefused);
    expect(idsOf(saved).slice(0, 40)).toEqual(countTo(40));
  });

  test('because it cannot be saved: nothing more is asked', async () => {
    let asked = Number.NaN;
    const saved: FetchedPage[] = [];
    const onSave = async ({ cursor }: FetchedPage): Promise<void> => {
      if (cursor !== '40') return;
      asked = portal.requests.length;
      throw new Error('no space left');
    };
    expect(await failureOf(walk({ saved, onSave }))).toEqual(new Error('no space left'));
    expect(portal.requests.length - asked).toBeLessThanOrEqual(8);
  });
});

test('an interruption drops what is under way, and what is being saved is saved', async () => {
  const stop = new AbortController();
  const saved: FetchedPage[] = [];
  let saving = 0;
  const onSave = async (): Promise<void> => {
    saving += 1;
    if (saved.length >= 10) stop.abort(new Interrupted('SIGINT'));
    await systemClock.sleep(20);
  };
  expect(await failureOf(walk({ saved, signal: stop.signal, onSave }))).toBeInstanceOf(Interrupted);
  expect(saved.length).toBe(saving);
  expect(saved.length).toBeLessThan(30);
});

test('large bodies: no more of them at once than fit into 64 MiB', async () => {
  const padding = ' '.repeat(20 * 2 ** 20);
  portal.faults.push({ times: Number.POSITIVE_INFINITY, changeBody: (body) => body + padding });
  const saved: FetchedPage[] = [];
  const stop = new AbortController();
  let most = 0;
  let held = 0;
  const onSave = async (): Promise<void> => {
    most = Math.max(most, ++held);
    await systemClock.sleep(5);
    held -= 1;
    if (saved.length >= 6) stop.abort(new Interrupted('SIGINT'));
  };
  await failureOf(walk({ saved, signal: stop.signal, onSave }));
  expect(most).toBeLessThanOrEqual(3);
  expect(mostUnderWay).toBeLessThanOrEqual(3);
});
