import type { ServerResponse } from 'node:http';
import { setImmediate as settle } from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { tenSecondlyLimit } from '../../src/demo/answers.ts';
import { HubSpotRefused, HubSpotUnavailable, Interrupted } from '../../src/errors.ts';
import { type ClientDeps, type ClientOptions, createClient } from '../../src/hubspot/client.ts';
import { parseSearchBody } from '../../src/hubspot/crm-objects.ts';
import { toSearchRequest } from '../../src/hubspot/crm-requests.ts';
import { parsePagedBody, toPagedRequest } from '../../src/hubspot/engagements-v1.ts';
import { missingScopes } from '../portal/faults.ts';
import { startPortal } from '../portal/start-portal.ts';
import { startServer } from '../support/start-server.ts';
import { createTestClock } from '../support/test-clock.ts';

const TOKEN = 'pat-na1-11111111-2222-3333-4444-555555555555';
const REQUEST = toPagedRequest(null, 250);
const PAGE = Buffer.from('{"results":[{"engagement":{"id":7}}],"hasMore":false,"offset":7} \n');

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function serve(...answers: ((outgoing: ServerResponse) => void)[]) {
  const server = await startServer(...answers);
  closers.push(server.close);
  return server;
}

/** A client whose waits take no time, and what it noted. */
function connect(
  { url, token = TOKEN }: { url: string; token?: string },
  things: Partial<ClientDeps> = {},
  answerMs = 5_000,
  options: Partial<ClientOptions> = {},
) {
  const notes: string[] = [];
  const clock = createTestClock('2026-11-24T01:50:00.250Z');
  const client = createClient(
    { apiUrl: url, token },
    {
      clock,
      progress: { update() {}, note: (message) => void notes.push(message) },
      signal: new AbortController().signal,
      random: () => 0,
      ...things,
    },
    { timeouts: { connectMs: 5_000, answerMs }, ...options },
  );
  closers.push(client.close);
  return { notes, clock, fetchPage: () => client.fetchPage(() => REQUEST, parsePagedBody), client };
}

const rejection = async (work: Promise<unknown>): Promise<Error> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it did not fail');
};

const good = (outgoing: ServerResponse): void => {
  outgoing.writeHead(200, { date: 'Tue, 24 Nov 2026 01:49:58 GMT' }).end(PAGE);
};

test('a page: the bytes as they were sent, and what they say', async () => {
  const server = await serve(good);
  const answer = await connect(server).fetchPage();
  expect(answer).toEqual({
    request: REQUEST,
    body: PAGE,
    page: parsePagedBody(PAGE),
    status: 200,
    requestedAt: new Date('2026-11-24T01:50:00.250Z'),
    answeredAt: new Date('2026-11-24T01:49:58.000Z'),
    durationMs: 0,
  });
  const [request] = server.requests;
  expect(request).toMatchObject({
    method: 'GET',
    url: '/engagements/v1/engagements/paged?limit=250',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'hubspot-engagements',
    },
    body: '',
  });
  expect(request?.headers).not.toHaveProperty('content-type');
});

test('a body is sent as JSON, and a path of the host is kept', async () => {
  const server = await serve(good);
  const { client } = connect({ url: `${server.url}/proxy` });
  const body = { inputs: [{ id: 'ü' }] };
  await client.fetchPage(
    () => ({ method: 'POST', path: '/crm/x', query: { 'a b': 'c&d' }, body }),
    parsePagedBody,
  );
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    url: '/proxy/crm/x?a%20b=c%26d',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
});

test.each(['gzip', 'x-gzip', 'GZIP'])('%s on the wire is plain bytes here', async (encoding) => {
  const zipped = gzipSync(PAGE);
  const server = await serve((outgoing) => {
    outgoing.writeHead(200, { 'content-encoding': encoding, 'content-length': zipped.length });
    outgoing.end(zipped);
  });
  expect((await connect(server).fetchPage()).body).toEqual(PAGE);
});

test('without a Date header, this clock tells when the answer was made', async () => {
  const server = await serve((outgoing) => {
    outgoing.sendDate = false;
    outgoing.end(PAGE);
  });
  const { answeredAt } = await connect(server).fetchPage();
  expect(answeredAt).toEqual(new Date('2026-11-24T01:50:00.250Z'));
});

describe('trouble on the way is asked again', () => {
  const zipped = gzipSync(PAGE);
  const cutShort = (headers: Record<string, string | number>, body: Buffer) => {
    return (outgoing: ServerResponse): void => {
      outgoing.writeHead(200, headers);
      outgoing.write(body.subarray(0, body.length >> 1), () => outgoing.destroy());
    };
  };
  const stall = (outgoing: ServerResponse): void => {
    outgoing.writeHead(200, { 'content-length': PAGE.length });
    outgoing.write(PAGE.subarray(0, 9));
  };
  const send = (body: string | Buffer, headers: Record<string, string> = {}) => {
    return (outgoing: ServerResponse): void => void outgoing.writeHead(200, headers).end(body);
  };
  const cases: [string, (outgoing: ServerResponse) => void, string][] = [
    ['a cut', cutShort({ 'content-length': PAGE.length }, PAGE), 'the connection was cut'],
    ['a cut of chunks', cutShort({}, PAGE), 'the connection was cut'],
    [
      'a cut of gzip',
      cutShort({ 'content-length': zipped.length, 'content-encoding': 'gzip' }, zipped),
      'the connection was cut',
    ],
    [
      'a cut of gzip in chunks',
      cutShort({ 'content-encoding': 'gzip' }, zipped),
      'the connection was cut',
    ],
    [
      'gzip that ends too soon though HTTP is well',
      send(zipped.subarray(0, -9), { 'content-encoding': 'gzip' }),
      'the answer was cut short',
    ],
    [
      'gzip that is none',
      send(PAGE, { 'content-encoding': 'gzip' }),
      'an answer that is not the gzip it claims to be',
    ],
    [
      'JSON that ends too soon though HTTP is well',
      send(PAGE.subarray(0, -9)),
      'an answer that is not a page: it is not JSON',
    ],
    ['HTML with 200', send('<html>\n</html>'), 'an answer that is not a page: it is not JSON'],
    ['other JSON', send('{}'), 'an answer that is not a page: it lacks results and hasMore'],
    ['nothing with 200', send(''), 'an answer that is not a page: it is not JSON'],
    ['silence in mid-body', stall, 'the answer stalled for 0.2 s'],
    ['silence', () => {}, 'no answer within 0.2 s'],
    ['a reset', (outgoing) => outgoing.socket?.resetAndDestroy(), 'the connection was cut'],
    ['204', (outgoing) => void outgoing.writeHead(204).end(), 'HTTP 204'],
    ['502', (outgoing) => void outgoing.writeHead(502).end('<html>'), 'HTTP 502'],
  ];
  test.each(cases)('%s', async (_name, bad, reason) => {
    const server = await serve(bad, good);
    const { notes, clock, fetchPage } = connect(server, {}, 200);
    expect((await fetchPage()).body).toEqual(PAGE);
    expect(server.requests).toHaveLength(2);
    expect(clock.slept).toEqual([500]);
    expect(notes).toEqual([`${reason}; asking again in 0.5 s`]);
  });
});

test('the limit that the answers tell is kept: none is refused', async () => {
  const clock = createTestClock('2026-11-24T01:50:00.000Z');
  const portal = await startPortal({
    size: 5,
    clock,
    rateLimit: { max: 3 },
    keepRequests: true,
  });
  closers.push(portal.close);
  const { notes, fetchPage } = connect(portal, { clock });
  for (let n = 0; n < 7; n++) await fetchPage();
  expect(portal.requests.map((request) => request.status)).toEqual(Array(7).fill(200));
  expect(notes).toEqual([]);
});

test('a limit that others have used up is waited for', async () => {
  const portal = await startPortal({ size: 5, keepRequests: true });
  closers.push(portal.close);
  portal.faults.push({ answer: tenSecondlyLimit() });
  const { clock, notes, fetchPage } = connect(portal);
  await fetchPage();
  expect(portal.requests.map((request) => request.status)).toEqual([429, 200]);
  expect(clock.slept).toContain(2_000);
  expect(notes).toEqual([
    expect.stringMatching(
      /^HTTP 429: You have reached your ten_secondly_rolling limit\..*; asking/,
    ),
  ]);
});

test('Retry-After is waited for; a very long one ends the run', async () => {
  const portal = await startPortal({ size: 5, keepRequests: true });
  closers.push(portal.close);
  const later = (seconds: string) => ({
    answer: { ...tenSecondlyLimit(), headers: { 'Retry-After': seconds } },
  });
  portal.faults.push(later('3'), later('3600'));
  const { clock, fetchPage } = connect(portal);
  const error = await rejection(fetchPage());
  expect(clock.slept).toEqual([3000]);
  expect(error).toBeInstanceOf(HubSpotUnavailable);
  expect(error).toMatchObject({
    message: expect.stringContaining(`gave up on ${portal.url}/ after 2 attempts: HTTP 429: `),
    next: 'Run extract again in 60 minutes to go on; what was fetched is kept.',
  });
});

test("HubSpot's own wait holds for all requests", async () => {
  const portal = await startPortal({ size: 5 });
  closers.push(portal.close);
  portal.faults.push({ answer: { ...tenSecondlyLimit(), headers: { 'Retry-After': '7' } } });
  const slept: number[] = [];
  const { promise: morning, resolve: wake } = Promise.withResolvers<void>();
  let nowMs = 0;
  const clock = {
    now: () => new Date(nowMs),
    sleep(ms: number) {
      slept.push(ms);
      return morning;
    },
  };
  const { notes, fetchPage } = connect(portal, { clock });
  const first = fetchPage();
  while (notes.length === 0) await systemClock.sleep(1);
  const second = fetchPage();
  while (slept.length < 2) await systemClock.sleep(1);
  expect(slept).toEqual([7_000, 7_000]);
  nowMs += 7_000;
  wake();
  await Promise.all([first, second]);
});

test('the limit of the day ends the run, also where its policy is not named', async () => {
  const portal = await startPortal({ size: 5 });
  closers.push(portal.close);
  const body = '{"status":"error","message":"You have reached your daily limit."}';
  portal.faults.push({ answer: { status: 429, body } });
  const error = await rejection(connect(portal).fetchPage());
  expect(error).toBeInstanceOf(HubSpotUnavailable);
  expect(error.message).toContain("the account's daily request allowance is used up");
});

test('limits do not use up the patience with trouble', async () => {
  const portal = await startPortal({ size: 5, keepRequests: true });
  closers.push(portal.close);
  portal.faults.push({ answer: tenSecondlyLimit(), times: 30 });
  portal.faults.push({ answer: { status: 500, body: '' }, times: 9 });
  const { client, fetchPage } = connect(portal);
  await fetchPage();
  expect(client.counts).toEqual({ requests: 40, limited: 30 });
});

describe('room for others', () => {
  test('a cap counts searches and all other requests together', async () => {
    const portal = await startPortal({ size: 5, rateLimit: { max: 1_000, searchesPerSecond: 99 } });
    closers.push(portal.close);
    const { client, clock, fetchPage } = connect(portal, {}, 5_000, { maxRequestsPer10s: 6 });
    const search = toSearchRequest(
      { version: '2026-09', type: 'calls', properties: [] },
      {
        window: { from: '2026-11-24T00:00:00Z', to: '2026-11-24T01:00:00Z' },
        above: null,
        upTo: null,
      },
      10,
    );
    for (let n = 0; n < 12; n++) {
      await fetchPage();
      await client.fetchPage(
        () => search,
        (body) => parseSearchBody('calls', body),
      );
    }
    // Four intervals of six.
    const waits = clock.slept.filter((ms) => ms > 5_000);
    expect(waits).toHaveLength(3);
    expect(client.rate).toBeCloseTo(6 / 10_200, 6);
  });

  test('a cap holds after a pause, too: what waited does not leave at once', async () => {
    let nowMs = 0;
    const wakers: (() => void)[] = [];
    const clock = {
      now: () => new Date(nowMs),
      sleep: () => new Promise<void>((wake) => wakers.push(wake)),
    };
    const pause = (outgoing: ServerResponse) =>
      void outgoing.writeHead(429, { 'retry-after': '60' }).end();
    const server = await serve(pause, good);
    const { client, fetchPage } = connect(server, { clock }, 5_000, { maxRequestsPer10s: 5 });
    const fetches = [fetchPage()];
    while (wakers.length < 1) await systemClock.sleep(1);
    fetches.push(...Array.from({ length: 9 }, fetchPage));
    while (wakers.length < 2) await systemClock.sleep(1);
    const counts: number[] = [];
    while (client.counts.requests < 11) {
      nowMs += 60_000;
      for (const wake of wakers.splice(0)) wake();
      await settle();
      counts.push(client.counts.requests);
    }
    await Promise.all(fetches);
    expect(counts).toEqual([6, 11]);
  });

  test('a reserve for the day holds though later answers do not tell what is left', async () => {
    let requests = 0;
    const server = await serve((outgoing) => {
      requests += 1;
      const headers = requests === 1 ? { 'x-hubspot-ratelimit-daily-remaining': '12' } : {};
      outgoing.writeHead(200, headers).end(PAGE);
    });
    const { fetchPage } = connect(server, {}, 5_000, { dailyReserve: 10 });
    for (let n = 0; n < 3; n++) await fetchPage();
    expect(await rejection(fetchPage())).toMatchObject({
      message: 'the account has 10 requests left for today, and 10 are to be spared',
    });
    expect(requests).toBe(3);
  });

  test('a reserve for the day: it stops before, and the pages under way still come', async () => {
    const portal = await startPortal({ size: 5, rateLimit: { daily: 20 } });
    closers.push(portal.close);
    const { client, fetchPage } = connect(portal, {}, 5_000, { dailyReserve: 15 });
    await fetchPage();
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, fetchPage));
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(4).fill('fulfilled'),
      ...Array(5).fill('rejected'),
    ]);
    expect(await rejection(fetchPage())).toMatchObject({
      message: 'the account has 15 requests left for today, and 15 are to be spared',
      next: 'Run extract again tomorrow to go on, or lower --daily-reserve.',
      exitCode: 3,
      retryable: true,
    });
    expect(client.counts.requests).toBe(5);
  });
});

test('an error that comes zipped is read all the same', async () => {
  const portal = await startPortal({ size: 5 });
  closers.push(portal.close);
  portal.faults.push({ answer: missingScopes(['sales-email-read']) });
  const error = await rejection(connect(portal).fetchPage());
  expect(error).toBeInstanceOf(HubSpotRefused);
  expect(error).toMatchObject({
    next: 'Give the token the scope sales-email-read, then run extract again.',
  });
});

test('a server that keeps failing is given up after ten attempts', async () => {
  const server = await serve((outgoing) => void outgoing.writeHead(500).end());
  const { clock, fetchPage } = connect(server);
  expect(await rejection(fetchPage())).toMatchObject({
    message: `gave up on ${server.url}/ after 10 attempts: HTTP 500`,
    next: 'Run extract again to go on; what was fetched is kept.',
    exitCode: 3,
    retryable: true,
  });
  expect(server.requests).toHaveLength(10);
  expect(clock.slept).toHaveLength(9);
});

test('a server that is not there is given up after four', async () => {
  const server = await serve(good);
  await server.close();
  const { clock, fetchPage } = connect(server);
  expect(await rejection(fetchPage())).toMatchObject({
    message: `gave up on ${server.url}/ after 4 attempts: nothing listens at that address`,
    next: 'Check the network and HUBSPOT_API_URL.',
    exitCode: 3,
  });
  expect(clock.slept).toEqual([500, 1000, 2000]);
});

test.each([301, 302, 303, 307, 308])('a redirect with %d is not followed', async (status) => {
  const elsewhere = await serve(good);
  const server = await serve((outgoing) => {
    outgoing.writeHead(status, { location: `${elsewhere.url}/paged` }).end();
  });
  const error = await rejection(connect(server).fetchPage());
  expect(error).toBeInstanceOf(HubSpotRefused);
  expect(error.message).toContain('the token was not sent there');
  expect([server.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
});

describe('an interruption ends it with its reason', () => {
  const reason = new Interrupted('SIGINT');

  test.each<[string, (outgoing: ServerResponse) => void]>([
    ['before the answer', () => {}],
    [
      'in mid-answer',
      (outgoing) => void outgoing.writeHead(200, { 'content-length': 99 }).write('{"results":['),
    ],
    ['in a wait', (outgoing) => void outgoing.writeHead(503, { 'retry-after': '600' }).end()],
  ])('%s', async (name, answer) => {
    const abort = new AbortController();
    const server = await serve((outgoing) => {
      answer(outgoing);
      if (name !== 'in a wait') setTimeout(() => abort.abort(reason), 20);
    });
    let notes = 0;
    const note = () => {
      notes++;
      setTimeout(() => abort.abort(reason), 20);
    };
    const { fetchPage } = connect(server, {
      signal: abort.signal,
      clock: systemClock,
      progress: { update() {}, note },
    });
    expect(await rejection(fetchPage())).toBe(reason);
    expect(server.requests).toHaveLength(1);
    expect(notes).toBe(name === 'in a wait' ? 1 : 0);
  });

  test('and nothing is asked when it came before', async () => {
    const server = await serve(good);
    const { fetchPage } = connect(server, { signal: AbortSignal.abort(reason) });
    expect(await rejection(fetchPage())).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});

test('closed, it ends what is under way or waits, without a word', async () => {
  const server = await serve(
    (outgoing) => void outgoing.writeHead(503).end(),
    () => {},
  );
  const { notes, client, fetchPage } = connect(server, { clock: systemClock });
  const waiting = rejection(fetchPage());
  while (notes.length === 0) await systemClock.sleep(1);
  const asking = rejection(fetchPage());
  while (server.requests.length < 2) await systemClock.sleep(1);
  await client.close();
  expect([await waiting, await asking].map(({ message }) => message)).toEqual(
    Array(2).fill('the client is closed'),
  );
  expect(notes).toHaveLength(1);
});

describe('the token is in no error and no note, even when the server quotes it', () => {
  const quote = `Bearer ${TOKEN} is not known`;
  test.each<[string, (outgoing: ServerResponse) => void]>([
    ...[401, 403, 400, 404, 500].map((status): [string, (outgoing: ServerResponse) => void] => [
      `${status}`,
      (outgoing) => {
        const errors = [{ context: { requiredGranularScopes: [TOKEN] } }];
        const body = { message: quote, correlationId: TOKEN, errors };
        outgoing.writeHead(status).end(JSON.stringify(body));
      },
    ]),
    ['200 with a text', (outgoing) => void outgoing.end(TOKEN)],
    ['200 with half a page', (outgoing) => void outgoing.end(`{"results":${TOKEN}`)],
    ['a reset', (outgoing) => outgoing.socket?.resetAndDestroy()],
    ['no HTTP', (outgoing) => void outgoing.socket?.end(`${TOKEN}\r\n\r\n`)],
    ['a strange header', (outgoing) => void outgoing.socket?.end(`HTTP/1.1 2${TOKEN}\r\n\r\n`)],
  ])('%s', async (_name, answer) => {
    const server = await serve(answer);
    const { notes, fetchPage } = connect(server);
    const error = await rejection(fetchPage());
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const said = inspect([error, notes], { depth: 9, showHidden: true });
    expect(said).not.toContain(TOKEN.slice(0, 7));
  });
});
