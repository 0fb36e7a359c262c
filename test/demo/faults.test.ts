import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  badGateway,
  dailyLimit,
  htmlPage,
  internalError,
  locked,
  migrating,
  missingScopes,
  otherJson,
  redirectTo,
  secondlyLimit,
  tenSecondlyLimit,
  unauthorized,
  unavailable,
} from '../../src/demo/answers.ts';
import { type Fault, stuckCursor } from '../../src/demo/faults.ts';
import { type Portal, startPortal } from '../../src/demo/start-portal.ts';
import { agent, ask, askJson, askPage, PAGED } from './ask.ts';

let portal: Portal;
beforeAll(async () => {
  portal = await startPortal({ size: 60, keepRequests: true, rateLimit: { max: 10_000 } });
});
afterAll(() => portal.close());
beforeEach(() => {
  portal.faults.clear();
  portal.requests.length = 0;
});

const impatient = new Agent({ headersTimeout: 300, bodyTimeout: 300 });
const open = (dispatcher = agent) =>
  request(portal.url + PAGED, { headers: { authorization: 'Bearer demo' }, dispatcher });

describe('answers by HubSpot', () => {
  test.each([
    ['10 seconds', tenSecondlyLimit(), 429, { policyName: 'TEN_SECONDLY_ROLLING' }],
    ['a day', dailyLimit(), 429, { errorType: 'RATE_LIMIT', policyName: 'DAILY' }],
    ['search', secondlyLimit(), 429, { category: 'RATE_LIMITS' }],
    ['unauthorized', unauthorized(), 401, { category: 'INVALID_AUTHENTICATION' }],
    ['missing scopes', missingScopes(), 403, { category: 'MISSING_SCOPES' }],
    ['locked', locked(), 423, {}],
    ['migrating', migrating(), 477, {}],
    ['internal error', internalError(), 500, {}],
    ['unavailable', unavailable(), 503, {}],
  ])('%s', async (_name, ordered, status, fields) => {
    portal.faults.push({ answer: ordered });
    const answer = await ask(portal, PAGED);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({
      status: 'error',
      message: expect.any(String),
      correlationId: answer.headers['x-hubspot-correlation-id'],
      ...fields,
    });
    expect(answer.headers['x-hubspot-ratelimit-daily']).toBe('650000');
    expect(answer.headers['x-hubspot-ratelimit-max']).toBe(
      ordered.limits === 'daily' ? undefined : '10000',
    );
  });

  test('missing scopes are named, a migration says how long', async () => {
    portal.faults.push({ answer: missingScopes(['sales-email-read']) });
    portal.faults.push({ answer: migrating(3_600) });
    expect(JSON.parse((await ask(portal, PAGED)).text).errors).toEqual([
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: ['sales-email-read'] },
      },
    ]);
    expect((await ask(portal, PAGED)).headers['retry-after']).toBe('3600');
  });
});

describe('answers by others', () => {
  test.each([
    ['a bad gateway', badGateway(), 502],
    ['a page', htmlPage(), 200],
  ])('%s in HTML, with none of the headers of HubSpot', async (_name, ordered, status) => {
    portal.faults.push({ answer: ordered });
    const answer = await ask(portal, PAGED);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('text/html');
    expect(answer.text).toMatch(/^<html>/);
    expect(Object.keys(answer.headers).filter((header) => header.includes('hubspot'))).toEqual([]);
  });

  test('JSON of another shape', async () => {
    portal.faults.push({ answer: otherJson({ results: 'none' }) });
    const answer = await ask(portal, PAGED);
    expect([answer.status, answer.text]).toEqual([200, '{"results":"none"}']);
  });

  test('a redirect to another host', async () => {
    portal.faults.push({ answer: redirectTo('http://127.0.0.2:9/elsewhere') });
    const answer = await ask(portal, PAGED);
    expect([answer.status, answer.headers['location']]).toEqual([
      307,
      'http://127.0.0.2:9/elsewhere',
    ]);
  });
});

describe('broken connections', () => {
  test('a body is cut after so many bytes, whose length was promised', async () => {
    portal.faults.push({ cutAfterBytes: 1_000 });
    const { statusCode, headers, body } = await open();
    expect(statusCode).toBe(200);
    expect(Number(headers['content-length'])).toBe(portal.requests[0]?.bytes);
    let received = 0;
    const reading = (async () => {
      for await (const chunk of body) received += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect(received).toBe(1_000);
  });

  test('a body is cut before its first byte', async () => {
    portal.faults.push({ cutAfterBytes: 0 });
    const { statusCode, body } = await open();
    expect(statusCode).toBe(200);
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  test('a body stalls after so many bytes', async () => {
    portal.faults.push({ stallAfterBytes: 1_000 });
    const { statusCode, body } = await open(impatient);
    expect(statusCode).toBe(200);
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
  });

  test('not even headers come', async () => {
    portal.faults.push({ noAnswer: 'stall' });
    await expect(open(impatient)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
    expect(portal.requests).toMatchObject([{ status: 0, fault: { noAnswer: 'stall' } }]);
  });

  test('the connection is reset', async () => {
    portal.faults.push({ noAnswer: 'reset' });
    await expect(open()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

test('the cursor does not move while more is promised', async () => {
  const first = await askPage(portal, 'limit=10');
  portal.faults.push(stuckCursor);
  const stuck = await askPage(portal, `limit=10&offset=${first.offset}`);
  expect(stuck.results).toHaveLength(10);
  expect([stuck.hasMore, stuck.offset]).toEqual([true, first.offset]);
});

test('the other cursors can stand still too', async () => {
  const objects = '/crm/objects/2026-09/emails';
  const list = await askJson(portal, `${objects}?limit=2`);
  const modified = await askJson(
    portal,
    '/engagements/v1/engagements/modified/after?after=0&limit=2',
  );
  portal.faults.push({ ...stuckCursor, times: 3 });
  const { after } = list.paging.next;
  const stuck = await askJson(portal, `${objects}?limit=2&after=${after}`);
  expect([stuck.results.length, stuck.paging]).toEqual([2, { next: { after } }]);
  const stuckSearch = await askJson(portal, `${objects}/search`, { after: '2' });
  expect(stuckSearch.paging).toEqual({ next: { after: '2' } });
  const query = `after=${modified.after}&limit=2`;
  expect(
    await askJson(portal, `/engagements/v1/engagements/modified/after?${query}`),
  ).toMatchObject({ hasMore: true, after: modified.after });
});

test('orders are taken by the requests they are for, as often as they say, in the order given', async () => {
  const order: Fault = {
    answer: unavailable(),
    when: ({ query }) => query['offset'] === '7',
  };
  portal.faults.push({ ...order, times: 2 }, { ...order, answer: internalError() });
  const status = async (query: string) => (await ask(portal, `${PAGED}?${query}`)).status;
  expect(await status('')).toBe(200);
  expect(portal.faults.length).toBe(2);
  expect(await status('offset=7')).toBe(503);
  expect(await status('offset=7')).toBe(503);
  expect(await status('offset=7')).toBe(500);
  expect(await status('offset=7')).toBe(200);
  expect(portal.faults.length).toBe(0);
});

test('an order for good stays until it is taken back', async () => {
  portal.faults.push({ answer: unavailable(), times: Infinity });
  for (let n = 0; n < 3; n++) expect((await ask(portal, PAGED)).status).toBe(503);
  portal.faults.clear();
  expect((await ask(portal, PAGED)).status).toBe(200);
});
