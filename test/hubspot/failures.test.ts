import { describe, expect, test } from 'vitest';
import { HubSpotRefused, HubSpotUnavailable } from '../../src/errors.ts';
import {
  oneLine,
  type Stop,
  toFailure,
  toTokenFailure,
  toWait,
} from '../../src/hubspot/failures.ts';

const ID = '0d5a5f4e-6a4b-4c4b-9f5a-2f6f1f4d3c2b';
const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const HTML =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>cloudflare</body></html>\r\n';

describe('wait and ask again', () => {
  const cases: [string, ReturnType<typeof answer>, object][] = [
    [
      'the ten-second limit',
      answer(429, {
        status: 'error',
        message: 'You have reached your ten_secondly_rolling limit.',
        errorType: 'RATE_LIMIT',
        correlationId: ID,
        policyName: 'TEN_SECONDLY_ROLLING',
      }),
      {
        wait: 'window',
        reason: `HTTP 429: You have reached your ten_secondly_rolling limit., correlation id ${ID}`,
      },
    ],
    [
      'the limit of search, which names no policy',
      answer(429, {
        status: 'error',
        message: 'You have reached your secondly limit.',
        correlationId: ID,
        category: 'RATE_LIMITS',
      }),
      {
        wait: 'second',
        reason: `HTTP 429: You have reached your secondly limit., correlation id ${ID}`,
      },
    ],
    [
      'a secondly limit by its policy',
      answer(429, { policyName: 'SECONDLY' }),
      { wait: 'second', reason: 'HTTP 429' },
    ],
    ['a limit without a body', answer(429), { wait: 'window', reason: 'HTTP 429' }],
    ['a limit told in HTML', answer(429, HTML), { wait: 'window', reason: 'HTTP 429' }],
    [
      'a lock',
      answer(423, { status: 'error', message: 'The resource is locked', correlationId: ID }),
      { wait: 'locked', reason: `HTTP 423: The resource is locked, correlation id ${ID}` },
    ],
    [
      'trouble told by HubSpot',
      answer(500, { status: 'error', message: 'internal error', correlationId: ID }),
      { wait: 'server', reason: `HTTP 500: internal error, correlation id ${ID}` },
    ],
    ...[500, 502, 503, 504, 521, 522, 523, 524].map(
      (status): [string, ReturnType<typeof answer>, object] => [
        `HTML of a gateway with ${status}`,
        answer(status, HTML, { 'x-hubspot-correlation-id': ID }),
        { wait: 'server', reason: `HTTP ${status}, correlation id ${ID}` },
      ],
    ),
    ['a time-out', answer(408), { wait: 'server', reason: 'HTTP 408' }],
    ['an answer without content', answer(204), { wait: 'server', reason: 'HTTP 204' }],
  ];
  test.each(cases)('%s', (_name, given, expected) => {
    expect(toFailure(given)).toEqual({ kind: 'retry', ...expected });
  });
});

describe('Retry-After', () => {
  const retryAfter = (value: string, date?: string) =>
    toFailure(answer(503, '', { 'retry-after': value, ...(date === undefined ? {} : { date }) }));
  test.each([
    ['7', 7_000],
    ['1.5', 1_500],
    [' 120 ', 120_000],
  ])('%j is in seconds', (value, retryAfterMs) => {
    expect(retryAfter(value)).toMatchObject({ retryAfterMs });
  });
  test('may be a date, by the clock of whoever sent it', () => {
    const date = 'Tue, 24 Nov 2026 01:50:00 GMT';
    expect(retryAfter('Tue, 24 Nov 2026 01:50:42 GMT', date)).toMatchObject({
      retryAfterMs: 42_000,
    });
  });
  test.each([
    ['0', undefined],
    ['-5', undefined],
    ['', undefined],
    ['soon', undefined],
    ['9'.repeat(400), undefined],
    ['Tue, 24 Nov 2026 01:50:42 GMT', undefined],
    ['Tue, 24 Nov 2026 01:49:00 GMT', 'Tue, 24 Nov 2026 01:50:00 GMT'],
  ])('%j says nothing', (value, date) => {
    expect(retryAfter(value, date)).toEqual({ kind: 'retry', wait: 'server', reason: 'HTTP 503' });
  });
});

describe('stop, resumable', () => {
  const stop = (given: ReturnType<typeof answer>): HubSpotUnavailable => {
    const failure = toFailure(given);
    if (failure.kind !== 'stop') throw new Error('it would go on');
    expect(failure.error).toBeInstanceOf(HubSpotUnavailable);
    expect(failure.error).toMatchObject({ exitCode: 3, retryable: true });
    return failure.error;
  };
  test("the day's allowance", () => {
    const { message, next } = stop(
      answer(429, {
        status: 'error',
        message: 'You have reached your daily limit.',
        errorType: 'RATE_LIMIT',
        correlationId: ID,
        policyName: 'DAILY',
      }),
    );
    expect(message).toBe(
      `the account's daily request allowance is used up (HTTP 429: You have reached your daily limit., correlation id ${ID})`,
    );
    expect(next).toContain("midnight in the account's time zone");
  });
  test.each([
    [{ 'retry-after': '86400' }, 'Run extract again in 24 hours to go on.'],
    [{ 'retry-after': '1500' }, 'Run extract again in 25 minutes to go on.'],
    [{}, 'Run extract again tomorrow to go on.'],
  ])('an account on the move, %j', (headers, next) => {
    const error = stop(
      answer(477, { message: 'This account is being migrated' }, headers as Record<string, string>),
    );
    expect(error.message).toBe(
      'HubSpot is moving this account to another data centre (HTTP 477: This account is being migrated)',
    );
    expect(error.next).toBe(next);
  });
});

describe('stop for good', () => {
  const stop = (given: ReturnType<typeof answer>): HubSpotRefused => {
    const failure = toFailure(given);
    if (failure.kind !== 'stop') throw new Error('it would go on');
    expect(failure.error).toBeInstanceOf(HubSpotRefused);
    expect(failure.error).toMatchObject({ exitCode: 3, retryable: false });
    return failure.error as HubSpotRefused;
  };
  test('a token that is not accepted', () => {
    const { message, next } = stop(
      answer(401, {
        status: 'error',
        message: 'Authentication credentials not found.',
        correlationId: ID,
        category: 'INVALID_AUTHENTICATION',
      }),
    );
    expect(message).toBe(
      `HubSpot does not accept the token (HTTP 401: Authentication credentials not found., correlation id ${ID})`,
    );
    expect(next).toMatch(/^Check HUBSPOT_ACCESS_TOKEN: it may be mistyped, revoked or expired\./);
  });

  test('530: a token that is no token at all', () => {
    const { message, next } = stop(answer(530, HTML));
    expect(message).toBe('HubSpot does not accept the token (HTTP 530)');
    expect(next).toMatch(/^Check HUBSPOT_ACCESS_TOKEN/);
  });

  test.each([400, 401, 403])('an OAuth app that gets no token, %d', (status) => {
    const failure = toTokenFailure(
      answer(status, { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' }),
    );
    // Not 400, which a walk takes for a cursor that is refused.
    expect(failure).toMatchObject({ kind: 'stop', error: { status: 401, exitCode: 3 } });
    const { error } = failure as Stop;
    expect(error.message).toBe(
      `HubSpot gives no access token to the OAuth app (HTTP ${status}: missing or unknown refresh token)`,
    );
    expect(error.next).toMatch(/HUBSPOT_CLIENT_SECRET and HUBSPOT_REFRESH_TOKEN/);
  });

  const scopes = (fields: object) =>
    answer(403, {
      status: 'error',
      message: "This app hasn't been granted all required scopes to make this call.",
      correlationId: ID,
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: ['crm.objects.contacts.read', 'sales-email-read'] },
        },
      ],
      ...fields,
    });
  test.each([
    ['as documented', scopes({ category: 'MISSING_SCOPES' })],
    ['in the variant without a category', scopes({})],
  ])('missing scopes are named, %s', (_name, given) => {
    const { message, next } = stop(given);
    expect(message).toMatch(/^HubSpot refuses access \(HTTP 403: This app hasn't been granted/);
    expect(next).toBe(
      'Give the token the scopes crm.objects.contacts.read and sales-email-read, then run extract again.',
    );
  });
  test.each([
    ['no errors', { errors: undefined }],
    ['errors of another shape', { errors: { a: 1 } }],
    ['errors that say nothing', { errors: [null, 'x', {}, { context: null }] }],
  ])('the usual scopes are named when there are %s', (_name, fields) => {
    expect(stop(scopes(fields)).next).toBe(
      'Give the token the scopes crm.objects.contacts.read and sales-email-read, then run extract again.',
    );
  });
  test.each([
    [
      '/crm/objects/2026-09/emails',
      'HubSpot refuses access to emails (HTTP 403)',
      'Give the token the scopes crm.objects.contacts.read and sales-email-read, then run extract again; or leave the e-mails out with --types calls,communications,meetings,notes,postal_mail,tasks.',
    ],
    [
      '/crm/properties/2026-09/emails',
      'HubSpot refuses access to emails (HTTP 403)',
      /or leave the e-mails out with --types calls,/,
    ],
    [
      '/crm/objects/2026-09/calls/search',
      'HubSpot refuses access to calls (HTTP 403)',
      'Give the token the scope crm.objects.contacts.read, then run extract again.',
    ],
    [
      '/crm/associations/2026-09/calls/companies/batch/read',
      'HubSpot refuses access to the companies of calls (HTTP 403)',
      'Give the token the scopes crm.objects.contacts.read and crm.objects.companies.read, then run extract again.',
    ],
    ['/crm/objects/2026-09/constructor', 'HubSpot refuses access (HTTP 403)', /sales-email-read/],
  ])('403 to %s: what is refused, and its scopes', (asked, message, next) => {
    const { error } = toFailure(answer(403), asked) as Stop;
    expect(error.message).toBe(message);
    expect(error.next).toMatch(next);
  });
  test('scopes cannot write to the terminal', () => {
    const context = { requiredGranularScopes: ['a\u001b[2J\nb', 7] };
    expect(stop(scopes({ errors: [{ context }] })).next).toBe(
      'Give the token the scopes a [2J b and 7, then run extract again.',
    );
  });

  test.each([
    [400, { message: 'Invalid offset', category: 'VALIDATION_ERROR' }, /newer version/],
    [404, { message: 'resource not found' }, /^Check HUBSPOT_API_URL and .*--api objects goes on/],
    [410, HTML, /--api objects goes on/],
    [414, HTML, /newer version/],
  ])('HTTP %d', (status, body, next) => {
    const error = stop(answer(status, body));
    expect(error.message).toMatch(new RegExp(`^HubSpot rejects the request \\(HTTP ${status}[:)]`));
    expect(error.next).toMatch(next);
  });

  test.each([301, 302, 307, 308])('a redirect, %d', (status) => {
    const { message, next } = stop(answer(status, '', { location: 'https://elsewhere.example' }));
    expect(message).toBe(
      `the server redirects to another address (HTTP ${status}); the token was not sent there`,
    );
    expect(next).toBe('Check HUBSPOT_API_URL.');
  });
});

test.each(['null', '[]', '"text"', '17', '{"message":7,"correlationId":{},"policyName":[]}'])(
  'a body of %s says nothing more',
  (body) => {
    expect(toFailure(answer(502, body))).toEqual({
      kind: 'retry',
      wait: 'server',
      reason: 'HTTP 502',
    });
  },
);

test('what comes from outside is one line without control characters', () => {
  expect(oneLine(' a\r\n\tb\u001b[31m\u202ec\u0000 ')).toBe('a b [31m c');
  const long = oneLine('x'.repeat(300));
  expect(long).toBe(`${'x'.repeat(199)}…`);
});

test.each([
  [1, 'a minute'],
  [60_001, '2 minutes'],
  [7_140_000, '119 minutes'],
  [7_200_001, '3 hours'],
])('%d ms are %s', (ms, text) => {
  expect(toWait(ms)).toBe(text);
});
