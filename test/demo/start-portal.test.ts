import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { agent, ask, askPage, PAGED, record } from '../portal/ask.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';

let portal: Portal;
const start = async (options?: PortalOptions) => {
  portal = await startPortal(options);
};
afterEach(() => portal.close());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('paging to the end gives every engagement of the demo portal once, in id order', async () => {
  await start({ rateLimit: { max: 1_000 } });
  const ids: number[] = [];
  let page = await askPage(portal, 'limit=250');
  for (;;) {
    ids.push(...page.results.map(({ engagement }) => engagement.id));
    if (!page.hasMore) break;
    page = await askPage(portal, `limit=250&offset=${page.offset}`);
  }
  expect(new Set(ids).size).toBe(30_167);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0))).toBe(true);
  expect(page.offset).toBe(ids.at(-1));
});

test('the first page is the same for ever', async () => {
  await start();
  const { text } = await ask(portal, `${PAGED}?limit=250`);
  expect(sha256(text)).toBe('c1a1c640e4e17a2b7ff3cdedad512b465d6afc622256caba9efc545b589b6fae');
});

test('a page has 100 records by default and 250 at most', async () => {
  await start({ size: 600 });
  expect((await askPage(portal, '')).results).toHaveLength(100);
  expect((await askPage(portal, 'limit=1000')).results).toHaveLength(250);
  expect((await askPage(portal, 'limit=7')).results).toHaveLength(7);
});

test('the last page has an offset too, and nothing lies beyond it', async () => {
  await start({ engagements: [record(5), record(2)] });
  const { text } = await ask(portal, `${PAGED}?offset=2`);
  expect(text).toBe(`{"results":[${JSON.stringify(record(5))}],"hasMore":false,"offset":5}`);
  expect((await ask(portal, `${PAGED}?offset=77`)).text).toBe(
    '{"results":[],"hasMore":false,"offset":77}',
  );
});

test('an empty portal answers an empty page', async () => {
  await start({ engagements: [] });
  expect(await askPage(portal, '')).toEqual({ results: [], hasMore: false, offset: 0 });
});

test('what the store holds is what is answered, change by change', async () => {
  await start({ engagements: [record(1)] });
  portal.store.add(record(9));
  portal.store.update(1, record(1, { type: 'CALL' }));
  expect((await askPage(portal, '')).results).toEqual([record(1, { type: 'CALL' }), record(9)]);
  expect((await ask(portal, '/engagements/v1/engagements/9')).text).toBe(JSON.stringify(record(9)));
  portal.store.remove(9);
  expect((await ask(portal, '/engagements/v1/engagements/9')).status).toBe(404);
});

test.each([{}, { authorization: 'Bearer other' }, { authorization: 'demo' }])(
  'a missing or wrong token is refused: %j',
  async (headers) => {
    await start({ size: 1 });
    const answer = await ask(portal, PAGED, { headers });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toEqual({
      status: 'error',
      message:
        'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
      correlationId: answer.headers['x-hubspot-correlation-id'],
      category: 'INVALID_AUTHENTICATION',
    });
    expect(answer.headers['x-hubspot-ratelimit-remaining']).toBe('190');
  },
);

test('unknown paths, other methods and bad parameters are told apart', async () => {
  await start({ size: 1 });
  expect((await ask(portal, '/contacts/v1/lists')).status).toBe(404);
  expect((await ask(portal, '/engagements/v1/engagements/x')).status).toBe(404);
  const posted = await ask(portal, PAGED, {
    method: 'POST',
    headers: { authorization: 'Bearer demo' },
  });
  expect([posted.status, posted.headers['allow']]).toEqual([405, 'GET']);
  for (const query of ['offset=abc', 'offset=-1', 'offset=1.5', 'limit=0', 'limit=x', 'offset=']) {
    const answer = await ask(portal, `${PAGED}?${query}`);
    expect(answer.status, query).toBe(400);
    expect(JSON.parse(answer.text), query).toMatchObject({ category: 'VALIDATION_ERROR' });
  }
});

test('every answer has the headers of HubSpot', async () => {
  await start({ size: 1, clock: { now: () => new Date('2018-04-11T08:09:10.987Z') } });
  expect((await ask(portal, PAGED)).headers).toMatchObject({
    date: 'Wed, 11 Apr 2018 08:09:10 GMT',
    'content-type': 'application/json;charset=utf-8',
    'x-hubspot-ratelimit-max': '190',
    'x-hubspot-ratelimit-remaining': '189',
    'x-hubspot-ratelimit-interval-milliseconds': '10000',
    'x-hubspot-ratelimit-secondly': '19',
    'x-hubspot-ratelimit-daily': '650000',
    'x-hubspot-ratelimit-daily-remaining': '649999',
    'x-hubspot-correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('more than the limit within any 10 seconds is refused, and allowed again as they roll on', async () => {
  let now = 1_000_000;
  const clock = { now: () => new Date(now) };
  await start({ size: 1, clock, rateLimit: { max: 2 } });
  const remaining = async () => {
    const { status, headers } = await ask(portal, PAGED);
    return [status, headers['x-hubspot-ratelimit-remaining']];
  };
  expect(await remaining()).toEqual([200, '1']);
  now += 6_000;
  expect(await remaining()).toEqual([200, '0']);
  const refused = await ask(portal, PAGED);
  expect(refused.status).toBe(429);
  expect(JSON.parse(refused.text)).toEqual({
    status: 'error',
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    correlationId: refused.headers['x-hubspot-correlation-id'],
    category: 'RATE_LIMITS',
    policyName: 'TEN_SECONDLY_ROLLING',
  });
  expect(refused.headers['retry-after']).toBeUndefined();
  now += 3_999;
  expect(await remaining()).toEqual([429, '0']);
  now += 1;
  expect(await remaining()).toEqual([200, '0']);
});

test('search has a limit of its own, by the second, and the daily headers only', async () => {
  let now = 1_000_000;
  await start({ size: 9, clock: { now: () => new Date(now) }, rateLimit: { max: 1 } });
  const search = () => ask(portal, '/crm/objects/2026-09/emails/search', { body: '{}' });
  for (let n = 0; n < 5; n++) expect((await search()).status).toBe(200);
  const refused = await search();
  expect([refused.status, JSON.parse(refused.text)]).toEqual([
    429,
    {
      status: 'error',
      message: 'You have reached your secondly limit.',
      correlationId: refused.headers['x-hubspot-correlation-id'],
      category: 'RATE_LIMITS',
    },
  ]);
  const limits = Object.entries(refused.headers).filter(([name]) => name.includes('ratelimit'));
  expect(Object.fromEntries(limits)).toEqual({
    'x-hubspot-ratelimit-daily': '650000',
    'x-hubspot-ratelimit-daily-remaining': '649995',
  });
  // Searches have not touched the bucket of the others.
  expect((await ask(portal, PAGED)).headers['x-hubspot-ratelimit-remaining']).toBe('0');
  now += 1_000;
  expect((await search()).status).toBe(200);
});

test('every endpoint but search shares the bucket of 10 seconds', async () => {
  await start({ size: 9, clock: { now: () => new Date(1_000_000) } });
  const remaining = async (path: string, body?: string) =>
    (await ask(portal, path, body ? { body } : {})).headers['x-hubspot-ratelimit-remaining'];
  expect(await remaining(PAGED)).toBe('189');
  expect(await remaining('/engagements/v1/engagements/modified/after?after=0')).toBe('188');
  expect(await remaining('/crm/objects/2026-09/notes')).toBe('187');
  expect(await remaining('/crm/properties/2026-09/notes')).toBe('186');
  expect(await remaining('/account-info/2026-09/details')).toBe('185');
  const batch = '/crm/associations/2026-09/notes/deals/batch/read';
  expect(await remaining(batch, '{"inputs":[]}')).toBe('184');
});

test('an URL that is too long ends at the gateway', async () => {
  await start({ size: 1 });
  const path = '/crm/objects/2026-09/notes?properties=';
  expect((await ask(portal, path.padEnd(8_000, 'x'))).status).toBe(200);
  const answer = await ask(portal, path.padEnd(40_000, 'x'));
  expect([answer.status, answer.headers['content-type']]).toEqual([414, 'text/html']);
  expect(answer.text).toMatch(/^<html>\r\n<head><title>414 Request-URI Too Large/);
  expect(answer.headers['x-hubspot-ratelimit-max']).toBeUndefined();
});

test('the allowance of a day is over until the next one', async () => {
  let now = Date.parse('2026-01-01T23:59:00Z');
  await start({ size: 1, clock: { now: () => new Date(now) }, rateLimit: { daily: 1 } });
  expect((await ask(portal, PAGED)).headers['x-hubspot-ratelimit-daily-remaining']).toBe('0');
  const refused = await ask(portal, PAGED);
  expect(refused.status).toBe(429);
  expect(JSON.parse(refused.text)).toMatchObject({ policyName: 'DAILY' });
  now += 60_000;
  expect((await ask(portal, PAGED)).status).toBe(200);
});

test('a client that takes gzip gets the same body compressed', async () => {
  await start({ size: 20 });
  const headers = { authorization: 'Bearer demo', 'accept-encoding': 'gzip, deflate' };
  const answer = await request(portal.url + PAGED, { headers, dispatcher: agent });
  expect(answer.headers['content-encoding']).toBe('gzip');
  const packed = Buffer.from(await answer.body.arrayBuffer());
  expect(packed.length).toBe(Number(answer.headers['content-length']));
  expect(gunzipSync(packed).toString()).toBe((await ask(portal, PAGED)).text);
});
