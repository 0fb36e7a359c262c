import { afterEach, expect, test } from 'vitest';
import { exactNumber } from '../../src/json.ts';
import { ask, askJson, record } from '../portal/ask.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';

let portal: Portal;
const start = async (options: PortalOptions) => {
  portal = await startPortal({ rateLimit: { max: 100_000 }, ...options });
};
afterEach(() => portal.close());

const MODIFIED = '/engagements/v1/engagements/modified/after';
const modified = (query: string) => askJson(portal, `${MODIFIED}?${query}`);
type Page = { results: { engagement: { id: number } }[] };
const idsOf = ({ results }: Page) => results.map(({ engagement }) => engagement.id);
const updatedAt = (id: number, lastUpdated: number) => record(id, { lastUpdated });

/** Walks to the end, `limit` records a page. */
async function walk(since: number, limit: number) {
  const ids: number[] = [];
  const sizes: number[] = [];
  for (let after = String(since); ; ) {
    const page = await modified(`after=${after}&limit=${limit}`);
    ids.push(...idsOf(page));
    sizes.push(page.results.length);
    if (!page.hasMore) return { ids, sizes, page };
    after = page.after;
  }
}

test('answers the records modified at or after an instant, and no cursor on the last page', async () => {
  await start({ engagements: [updatedAt(1, 5_000), updatedAt(2, 4_999), updatedAt(3, 4_000)] });
  expect((await ask(portal, `${MODIFIED}?after=5000`)).text).toBe(
    `{"results":[${JSON.stringify(updatedAt(1, 5_000))}],"hasMore":false}`,
  );
  expect((await ask(portal, `${MODIFIED}?after=5001`)).text).toBe('{"results":[],"hasMore":false}');
});

test('has 100 records a page by default and 1,000 at most, each once, in no order', async () => {
  await start({ size: 2_500 });
  expect((await modified('after=0')).results).toHaveLength(100);
  const { ids, sizes, page } = await walk(0, 5_000);
  expect(sizes).toEqual([1_000, 1_000, 500]);
  expect(page.after).toBeUndefined();
  const sorted = ids.toSorted((a, b) => a - b);
  expect(sorted).toEqual(portal.store.after(0, 2_500).records.map(({ id }) => Number(id)));
  expect(ids).not.toEqual(sorted);
  const lastUpdated = new Map(
    portal.store.after(0, 2_500).records.map((stored) => [Number(stored.id), stored.lastUpdated]),
  );
  const instants = ids.map((id) => lastUpdated.get(id) ?? 0);
  expect(instants).not.toEqual(instants.toSorted((a, b) => a - b));
});

test('goes on beyond 10,000 records', async () => {
  await start({ size: 10_500 });
  expect(new Set((await walk(0, 1_000)).ids).size).toBe(10_500);
});

test('the cursor is a string that looks like no instant, and keeps the instant it began with', async () => {
  await start({ engagements: Array.from({ length: 9 }, (_, n) => updatedAt(n + 1, 1_000 * n)) });
  const first = await modified('after=4000&limit=2');
  expect([first.results.length, first.hasMore]).toEqual([2, true]);
  expect(first.after).toMatch(/^[\w-]+$/);
  expect(first.after).not.toMatch(/^\d+$/);
  const rest = await modified(`after=${first.after}&limit=9`);
  expect([...idsOf(first), ...idsOf(rest)].sort()).toEqual([5, 6, 7, 8, 9]);
});

test('ids beyond 2^53 keep their digits, also in the cursor', async () => {
  const long = [3, 5].map((last) => {
    const id = exactNumber(2 ** 53, `900719925474099${last}`);
    return record(id, { lastUpdated: 7 });
  });
  await start({ engagements: long });
  const first = await ask(portal, `${MODIFIED}?after=7&limit=1`);
  const { after } = JSON.parse(first.text);
  const second = await ask(portal, `${MODIFIED}?after=${after}&limit=1`);
  const ids = (first.text + second.text).match(/"id":\d+/g);
  expect(ids?.toSorted()).toEqual(['"id":9007199254740993', '"id":9007199254740995']);
});

test.each(['', 'after=', 'after=yesterday', 'after=-1', 'after=0&limit=0', 'after=0&limit=x'])(
  'refuses %j',
  async (query) => {
    await start({ size: 1 });
    const answer = await ask(portal, `${MODIFIED}?${query}`);
    expect([answer.status, JSON.parse(answer.text).category]).toEqual([400, 'VALIDATION_ERROR']);
  },
);
