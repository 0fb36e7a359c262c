import { randomUUID } from 'node:crypto';
import { answerRequest, isSearch } from './answer-request.ts';
import {
  type Answer,
  dailyLimit,
  gatewayPage,
  secondlyLimit,
  tenSecondlyLimit,
  unauthorized,
} from './answers.ts';
import { openPortalData, type PortalData, type PortalDataOptions } from './portal-data.ts';
import { type Allowance, createRateLimit, PROFESSIONAL } from './rate-limit.ts';
import type { PortalRequest } from './serve.ts';

/** What a portal is like; with nothing given it is the demo portal. */
export interface PortalOptions extends PortalDataOptions {
  /** What `Authorization: Bearer` must carry; `demo` by default. */
  token?: string;
  rateLimit?: Partial<Allowance>;
}

/** A portal without its server. */
export interface Portal {
  token: string;
  /** What it holds, to be changed as users of a real portal do. */
  data: PortalData;
  /** The answer to a request, which counts against the limits. */
  answer(request: PortalRequest): Answer;
  /** The headers that go with an answer now. */
  headersOf(answer: Answer): Record<string, string>;
}

/** The longest URL that HubSpot's gateway lets through, in characters. */
const URL_LIMIT = 8_000;

/** A portal that answers HubSpot's v1 engagements API and its CRM objects API. */
export function createPortal(options: PortalOptions = {}): Portal {
  const { token = 'demo', clock = { now: () => new Date() } } = options;
  const data = openPortalData(options);
  const limit = createRateLimit({ ...PROFESSIONAL, ...options.rateLimit }, () => +clock.now());

  const refuse = (request: PortalRequest): Answer | undefined => {
    if (request.url.length > URL_LIMIT) return gatewayPage(414, '414 Request-URI Too Large');
    if (request.headers.authorization !== `Bearer ${token}`) return unauthorized();
    switch (limit.take(isSearch(request) ? 'search' : 'other')) {
      case 'allowed':
        return undefined;
      case 'daily':
        return isSearch(request) ? { ...dailyLimit(), limits: 'daily' } : dailyLimit();
      case 'secondly':
        return secondlyLimit();
      case 'ten-secondly':
        return tenSecondlyLimit();
    }
  };

  return {
    token,
    data,
    answer: (request) => refuse(request) ?? answerRequest(request, data),
    headersOf: ({ limits = 'all', headers }) => ({
      Date: clock.now().toUTCString(),
      'Content-Type': 'application/json;charset=utf-8',
      ...(limits !== 'none' && {
        'X-HubSpot-Correlation-Id': randomUUID(),
        ...limit.headers(limits),
      }),
      ...headers,
    }),
  };
}
