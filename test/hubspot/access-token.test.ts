import { setImmediate as settle } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, type HubSpotClient } from '../../src/hubspot/client.ts';
import { parsePagedBody, toPagedRequest } from '../../src/hubspot/engagements-v1.ts';
import { startServer, type TestServer } from '../support/start-server.ts';
import { createTestClock, type TestClock } from '../support/test-clock.ts';

const APP = {
  clientId: 'b1c2d3e4-client',
  clientSecret: 'secret-5555-6666',
  refreshToken: 'refresh/+&=-7777-8888',
  version: '2026-09',
};
const PAGE = '{"results":[],"hasMore":false}';

let server: TestServer;
let client: HubSpotClient;
let clock: TestClock;
let notes: string[];
/** Answers of the token endpoint, in order; the last one again and again. */
let grants: { status?: number; body: unknown }[];
/** Access tokens that the server takes. */
let accepted: Set<string>;
/** Forms that the token endpoint got. */
let forms: Record<string, string>[];

beforeEach(async () => {
  notes = [];
  forms = [];
  accepted = new Set(['access-token-1']);
  grants = [{ body: grant(1) }];
  clock = createTestClock('2026-11-24T01:50:00.000Z');
  server = await startServer((outgoing) => {
    const { url = '', headers, body } = server.requests.at(-1) ?? {};
    if (url === '/oauth/2026-09/token') {
      forms.push(Object.fromEntries(new URLSearchParams(body)));
      const { status = 200, body: answer } = grants[forms.length - 1] ?? grants.at(-1) ?? {};
      return outgoing.writeHead(status).end(JSON.stringify(answer));
    }
    const token = String(headers?.authorization).replace('Bearer ', '');
    return accepted.has(token) ? outgoing.end(PAGE) : outgoing.writeHead(401).end(`no ${token}`);
  });
  client = createClient(
    { apiUrl: server.url, oauth: APP },
    {
      clock,
      progress: { update() {}, note: (message) => void notes.push(message) },
      signal: new AbortController().signal,
      random: () => 0,
    },
  );
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const grant = (number: number, more: object = {}) => ({
  token_type: 'bearer',
  access_token: `access-token-${number}`,
  expires_in: 1800,
  refresh_token: APP.refreshToken,
  ...more,
});

const fetchPage = () => client.fetchPage(() => toPagedRequest(null, 250), parsePagedBody);

const rejection = (work: Promise<unknown>): Promise<Error & { next?: string }> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );

test('one request gets the token for all who wait, with a form in the body', async () => {
  await Promise.all(Array.from({ length: 9 }, fetchPage));
  expect(forms).toEqual([
    {
      grant_type: 'refresh_token',
      client_id: APP.clientId,
      client_secret: APP.clientSecret,
      refresh_token: APP.refreshToken,
    },
  ]);
  const [first] = server.requests;
  expect(first).toMatchObject({
    method: 'POST',
    url: '/oauth/2026-09/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(first?.headers).not.toHaveProperty('authorization');
  expect(client.counts.requests).toBe(9);
});

test('it is renewed before it ends', async () => {
  grants = [{ body: grant(1) }, { body: grant(2) }];
  await fetchPage();
  await clock.sleep(1_499_000);
  await fetchPage();
  expect(forms).toHaveLength(1);
  accepted = new Set(['access-token-2']);
  await clock.sleep(2_000);
  await fetchPage();
  expect(forms).toHaveLength(2);
});

test('a 401 in mid-run renews it, once for all who got one', async () => {
  grants = [{ body: grant(1) }, { body: grant(2) }];
  await fetchPage();
  accepted = new Set(['access-token-2']);
  await Promise.all(Array.from({ length: 9 }, fetchPage));
  expect(forms).toHaveLength(2);
  expect(notes).toEqual([]);
});

test('a token that is refused after it was renewed ends the run', async () => {
  grants = [{ body: grant(1) }, { body: grant(2) }];
  accepted = new Set();
  const error = await rejection(fetchPage());
  expect(error).toMatchObject({
    message: 'HubSpot does not accept the token (HTTP 401)',
    exitCode: 3,
    retryable: false,
  });
  expect(error.next).toMatch(/Of an OAuth app, check that it is still installed/);
  expect(forms).toHaveLength(2);
});

test('an app that HubSpot does not know is told with the settings to check', async () => {
  grants = [
    { status: 400, body: { status: 'BAD_REFRESH_TOKEN', message: `no ${APP.refreshToken}` } },
  ];
  const error = await rejection(fetchPage());
  expect(error.message).toBe('HubSpot gives no access token to the OAuth app (HTTP 400: no …)');
  expect(server.requests).toHaveLength(1);
});

test('trouble at the token endpoint is asked again', async () => {
  grants = [{ status: 503, body: '' }, { body: { access_token: 'x' } }, { body: grant(1) }];
  await fetchPage();
  expect(notes).toEqual([
    'HTTP 503; asking again in 0.5 s',
    'an answer that is not a page: it lacks access_token and expires_in; asking again in 1.0 s',
  ]);
});

test('another refresh token is used from then on, and said without being shown', async () => {
  grants = [
    { body: grant(1, { refresh_token: 'rotated-9999-0000' }) },
    { body: grant(2, { refresh_token: 'rotated-9999-0000' }) },
  ];
  await fetchPage();
  expect(notes).toEqual([
    expect.stringMatching(/store its refresh token as HUBSPOT_REFRESH_TOKEN/),
  ]);
  accepted = new Set(['access-token-2']);
  await fetchPage();
  expect(forms.map((form) => form['refresh_token'])).toEqual([
    APP.refreshToken,
    'rotated-9999-0000',
  ]);
  expect(notes).toHaveLength(1);
});

test('no secret is in an error or a note', async () => {
  const secrets = [APP.clientSecret, APP.refreshToken, 'access-token-1', 'rotated-9999-0000'];
  grants = [{ body: grant(1, { refresh_token: 'rotated-9999-0000' }) }];
  accepted = new Set();
  const errors = [await rejection(fetchPage())];
  grants = [{ status: 400, body: { message: secrets.join(' ') } }];
  errors.push(await rejection(fetchPage()));
  await settle();
  const said = inspect([errors, notes], { depth: 9, showHidden: true });
  for (const secret of secrets) expect(said).not.toContain(secret);
});
