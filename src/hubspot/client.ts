import type { Clock } from '../clock.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { withoutSecrets } from '../settings.ts';
import {
  type Access,
  createAccessToken,
  parseTokenBody,
  type TokenAnswer,
} from './access-token.ts';
import { readDate, readLeftToday, readLimit } from './answer-headers.ts';
import {
  type Answer,
  oneLine,
  type Retry,
  type Stop,
  toFailure,
  toTokenFailure,
} from './failures.ts';
import { createRateLimit, type RateLimit, SEARCH, UNKNOWN_ACCOUNT } from './rate-limit.ts';
import { isRetry, type RetryDeps, retry } from './retry.ts';
import {
  describeNetworkError,
  type HttpAnswer,
  type HttpRequest,
  openConnections,
  type Timeouts,
} from './send-request.ts';

/** A request for one page; `path` begins with `/`. */
export interface PageRequest {
  method: 'GET' | 'POST';
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** A page, fully read, after content decoding. */
export interface PageAnswer<T> {
  /** As it was asked at last. */
  request: PageRequest;
  body: Buffer;
  /** What `parse` made of the body. */
  page: T;
  status: number;
  /** Of the attempt that succeeded, this machine's clock. */
  requestedAt: Date;
  /** HubSpot's clock (`Date` header, whole seconds); ours when it sent none. */
  answeredAt: Date;
  durationMs: number;
}

/** What a caller hears of a page on its way. */
export interface FetchHooks {
  /** Ends this page, in place of the client's own signal. */
  signal?: AbortSignal;
  /** The allowance is there, and a request goes out. */
  onSent?(): void;
  /** An attempt failed on HubSpot's side or on the way; `failures` in a row, from 1. */
  onTrouble?(failures: number): void;
}

/** Answers so far. */
export interface ClientCounts {
  /** Requests sent, answered or not. */
  requests: number;
  /** Answers 429. */
  limited: number;
}

/** HubSpot, as the stages see it. */
export interface HubSpotClient {
  /**
   * Asks, within HubSpot's allowance, until a whole page that `parse` accepts is there. `toRequest` is called for each
   * attempt. `parse` throws when the body is not the promised JSON, which counts as trouble on the way.
   * Throws HubSpotRefused, HubSpotUnavailable, or the signal's reason.
   */
  fetchPage<T>(
    toRequest: () => PageRequest,
    parse: (body: Buffer, request: PageRequest) => T,
    hooks?: FetchHooks,
  ): Promise<PageAnswer<T>>;
  /** Requests that wait for the allowance, and what it comes to in requests per ms. Search's own is left out. */
  readonly waiting: number;
  readonly rate: number;
  readonly counts: Readonly<ClientCounts>;
  /** Ends the requests that are still under way, without a word. */
  close(): Promise<void>;
}

/** Dependencies of the client. */
export interface ClientDeps {
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
  random?: () => number;
}

/** How the client treats HubSpot. */
export interface ClientOptions {
  timeouts: Timeouts;
  /** Of all requests, searches too: leaves room for the account's other integrations; infinite: the whole allowance. */
  maxRequestsPer10s: number;
  /** Stops before the account has fewer requests than this left for the day; what is under way then still comes. */
  dailyReserve: number;
  /** Of an HTTP proxy, for https only; null: none. */
  proxyUrl: string | null;
}

const DEFAULTS: ClientOptions = {
  timeouts: { connectMs: 10_000, answerMs: 60_000 },
  maxRequestsPer10s: Number.POSITIVE_INFINITY,
  dailyReserve: 0,
  proxyUrl: null,
};

/** A word shorter than this is no secret, and may stand in any text. */
const SECRET_LENGTH = 6;

/** Requests of others that a 429 tells of are given so long to pass. */
const BACK_OFF_MS = 1_000;

/** A client for one server. */
export function createClient(
  access: Access,
  { clock, progress, signal: ownSignal, random = Math.random }: ClientDeps,
  options: Partial<ClientOptions> = {},
): HubSpotClient {
  const { timeouts, maxRequestsPer10s, dailyReserve, proxyUrl } = { ...DEFAULTS, ...options };
  const connections = openConnections(timeouts, proxyUrl);
  const own = createRateLimit(clock, { max: maxRequestsPer10s, intervalMs: 10_000 });
  const general = createRateLimit(clock, UNKNOWN_ACCOUNT, own);
  const search = createRateLimit(clock, SEARCH, own);
  const counts: ClientCounts = { requests: 0, limited: 0 };
  let everAnswered = false;
  let underWay = 0;
  /** Of the day's requests, when all under way are counted; what HubSpot said last, counted down since. */
  let leftToday = Number.POSITIVE_INFINITY;
  const closing = new AbortController();
  const ends = new WeakMap<AbortSignal, AbortSignal>();
  const token = createAccessToken(access, { clock, fetch: fetchToken, note: progress.note });

  /** A signal that also ends with the client. Kept, since AbortSignal.any is not free. */
  function toEnd(signal: AbortSignal): AbortSignal {
    const end = ends.get(signal) ?? AbortSignal.any([signal, closing.signal]);
    ends.set(signal, end);
    return end;
  }

  /** `text` without secrets: an answer may quote what it was asked with. */
  function clean(text: string): string {
    const secrets = token.secrets.filter((secret) => secret.length >= SECRET_LENGTH);
    return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '…'), text);
  }

  /** One attempt; a Retry when no answer came. */
  async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer | Retry> {
    try {
      const headers = { 'user-agent': 'hubspot-engagements', ...request.headers };
      const answer = await connections.send({ ...request, headers }, signal);
      everAnswered = true;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      return {
        kind: 'retry',
        wait: 'server',
        reason: clean(describeNetworkError(error, timeouts)),
      };
    }
  }

  /** What `parse` makes of a good answer, else what to do about it: thrown, or a Retry. */
  function read<T>(
    answer: HttpAnswer,
    parse: (body: Buffer) => T,
    toProblem: (answer: Answer) => Retry | Stop,
  ): { value: T } | Retry {
    const { status, headers, body } = answer;
    if (status !== 200 && status !== 207) {
      const failure = toProblem({ status, headers, body: clean(body.toString('utf8')) });
      if (failure.kind === 'stop') throw failure.error;
      return failure;
    }
    try {
      return { value: parse(body) };
    } catch (error) {
      const reason = `an answer that is not a page: ${oneLine(clean((error as Error).message))}`;
      return { kind: 'retry', wait: 'server', reason };
    }
  }

  function untilAnswered<T extends object>(
    attempt: () => Promise<T | Retry>,
    signal: AbortSignal,
    onRetry: RetryDeps['onRetry'] = () => {},
  ): Promise<T> {
    const wasAnswered = (): boolean => everAnswered;
    const deps = { clock, random, signal, wasAnswered, note: progress.note, onRetry };
    return retry(attempt, withoutSecrets(access.apiUrl), deps);
  }

  async function fetchToken(request: HttpRequest): Promise<TokenAnswer> {
    const signal = toEnd(ownSignal);
    const { value } = await untilAnswered(async () => {
      const answer = await exchange(request, signal);
      return isRetry(answer) ? answer : read(answer, parseTokenBody, toTokenFailure);
    }, signal);
    return value;
  }

  async function sendPage(
    { method, path, query, body }: PageRequest,
    accessToken: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer | Retry> {
    counts.requests += 1;
    underWay += 1;
    leftToday -= 1;
    try {
      const headers = {
        authorization: `Bearer ${accessToken}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
      };
      const text = body === null ? null : JSON.stringify(body);
      return await exchange(
        { method, url: access.apiUrl + path, query, headers, body: text },
        signal,
      );
    } finally {
      underWay -= 1;
    }
  }

  return {
    counts,
    get waiting() {
      return general.waiting;
    },
    get rate() {
      return Math.min(own.rate, general.rate);
    },
    async fetchPage<T>(
      toRequest: () => PageRequest,
      parse: (body: Buffer, request: PageRequest) => T,
      { signal: pageSignal, onSent, onTrouble }: FetchHooks = {},
    ): Promise<PageAnswer<T>> {
      const signal = toEnd(pageSignal ?? ownSignal);
      let limit: RateLimit = general;
      let mayRenew = true;

      async function attempt(): Promise<PageAnswer<T> | Retry> {
        const request = toRequest();
        limit = request.path.endsWith('/search') ? search : general;
        const accessToken = await token.current();
        await limit.acquire(signal);
        assertReserve(leftToday, dailyReserve);
        onSent?.();
        const requestedAt = clock.now();
        const answer = await sendPage(request, accessToken, signal);
        if (isRetry(answer)) return answer;
        const { status, headers, body } = answer;
        // Search tells nothing of its own limit, and were it to, it would be the other's.
        if (limit !== search) limit.learn(readLimit(headers));
        const left = readLeftToday(headers);
        if (left !== undefined) leftToday = left - underWay;
        if (status === 401 && mayRenew && token.refuse(accessToken)) {
          mayRenew = false;
          return attempt();
        }
        const page = read(
          answer,
          (bytes) => parse(bytes, request),
          (failed) => toFailure(failed, request.path),
        );
        if (isRetry(page)) return page;
        return {
          request,
          body,
          page: page.value,
          status,
          requestedAt,
          answeredAt: readDate(headers) ?? clock.now(),
          durationMs: clock.now().getTime() - requestedAt.getTime(),
        };
      }

      return untilAnswered(attempt, signal, (result, attempts, delayMs) => {
        if (result.wait === 'server') onTrouble?.(attempts);
        if (result.wait !== 'window' && result.wait !== 'second') return;
        counts.limited += 1;
        const askedMs = delayMs === undefined ? 0 : (result.retryAfterMs ?? 0);
        limit.backOff(Math.max(BACK_OFF_MS, askedMs));
      });
    },
    async close() {
      closing.abort(new Error('the client is closed'));
      await connections.close();
    },
  };
}

/** Throws HubSpotUnavailable when one more request would leave fewer than `reserve`. */
function assertReserve(left: number, reserve: number): void {
  if (reserve === 0 || left > reserve) return;
  throw new HubSpotUnavailable(
    `the account has ${left} requests left for today, and ${reserve} are to be spared`,
    { next: 'Run extract again tomorrow to go on, or lower --daily-reserve.' },
  );
}
