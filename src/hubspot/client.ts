import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { releaseBytes } from '../release-bytes.ts';
import { withoutSecrets } from '../settings.ts';
import { oneLine, type Retry, toFailure, toWait } from './failures.ts';
import { createRateLimit, type RateLimit, SEARCH, UNKNOWN_ACCOUNT } from './rate-limit.ts';
import { retryDelay } from './retry-delay.ts';

type Headers = Record<string, string | string[] | undefined>;

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
  /** Ends this page alone, besides the client's own signal. */
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
    parse: (body: Buffer) => T,
    hooks?: FetchHooks,
  ): Promise<PageAnswer<T>>;
  /** Requests that wait for the allowance, and what it comes to in requests per ms. Search's own is left out. */
  readonly waiting: number;
  readonly rate: number;
  readonly counts: Readonly<ClientCounts>;
  close(): Promise<void>;
}

/** What acts for the client. */
export interface ClientThings {
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

const MOST_AT_ONCE = 2 ** 26;

/** Unzips in one piece, whose length stands at the end of gzip: a thousand small ones would litter the memory. */
async function unzip(zipped: Buffer): Promise<Buffer> {
  const length = zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4);
  const chunkSize = Math.min(Math.max(64, length + 1), MOST_AT_ONCE);
  const bytes = await promisify(gunzip)(zipped, { chunkSize });
  releaseBytes(zipped);
  return bytes;
}

/** How long silence is borne, in ms; both above zero. */
export interface Timeouts {
  connectMs: number;
  /** Until the headers come, and between two pieces of a body. */
  answerMs: number;
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

/** A client for the server at `apiUrl` (no slash at its end), with a token that goes nowhere else. */
export function createClient(
  portal: { apiUrl: string; token: string },
  { clock, progress, signal: ownSignal, random = Math.random }: ClientThings,
  options: Partial<ClientOptions> = {},
): HubSpotClient {
  const { timeouts, maxRequestsPer10s, dailyReserve, proxyUrl } = { ...DEFAULTS, ...options };
  const dispatcher = createDispatcher(timeouts, proxyUrl);
  const general = createRateLimit(clock, UNKNOWN_ACCOUNT);
  const search = createRateLimit(clock, SEARCH);
  const own = createRateLimit(clock, { max: maxRequestsPer10s, intervalMs: 10_000 });
  const counts: ClientCounts = { requests: 0, limited: 0 };
  let everAnswered = false;
  let underWay = 0;
  /** Of the day's requests, when all under way are counted. */
  let leftToday = Number.POSITIVE_INFINITY;

  // An answer may quote what it was asked with.
  const withoutToken = (text: string): string =>
    portal.token.length < SECRET_LENGTH ? text : text.replaceAll(portal.token, '…');

  async function attemptPage<T>(
    pageRequest: PageRequest,
    parse: (body: Buffer) => T,
    { limit, signal }: { limit: RateLimit; signal: AbortSignal },
  ): Promise<PageAnswer<T> | Retry> {
    const { method, path, query, body } = pageRequest;
    const requestedAt = clock.now();
    let answer: Awaited<ReturnType<typeof request>>;
    let bytes: Buffer;
    counts.requests += 1;
    underWay += 1;
    leftToday -= 1;
    try {
      answer = await request(portal.apiUrl + path, {
        dispatcher,
        method,
        query,
        signal,
        headers: {
          authorization: `Bearer ${portal.token}`,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': 'hubspot-engagements',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      });
      everAnswered = true;
      const received = Buffer.from(await answer.body.arrayBuffer());
      // undici's own interceptor for this is experimental and warns of itself on stderr.
      const zipped = /^(?:x-)?gzip$/i.test(String(answer.headers['content-encoding']));
      bytes = zipped && received.length > 0 ? await unzip(received) : received;
    } catch (error) {
      signal.throwIfAborted();
      const reason = withoutToken(describeNetworkError(error, timeouts));
      return { kind: 'retry', wait: 'server', reason };
    } finally {
      underWay -= 1;
    }
    const { statusCode: status, headers } = answer;
    // Search tells nothing of its own limit, and were it to, it would be the other's.
    if (limit !== search) limit.learn(parseLimit(headers));
    leftToday = (parseCount(headers['x-hubspot-ratelimit-daily-remaining']) ?? Infinity) - underWay;
    if (status !== 200 && status !== 207) {
      const failure = toFailure({ status, headers, body: withoutToken(bytes.toString('utf8')) });
      if (failure.kind === 'stop') throw failure.error;
      return failure;
    }
    try {
      return {
        request: pageRequest,
        body: bytes,
        page: parse(bytes),
        status,
        requestedAt,
        answeredAt: parseDate(headers['date']) ?? clock.now(),
        durationMs: clock.now().getTime() - requestedAt.getTime(),
      };
    } catch (error) {
      const reason = `an answer that is not a page: ${oneLine(withoutToken((error as Error).message))}`;
      return { kind: 'retry', wait: 'server', reason };
    }
  }

  return {
    counts,
    get waiting() {
      return own.waiting + general.waiting;
    },
    get rate() {
      return Math.min(own.rate, general.rate);
    },
    async fetchPage(toRequest, parse, { signal: pageSignal, onSent, onTrouble } = {}) {
      const signal = pageSignal ?? ownSignal;
      const failures = { window: 0, second: 0, locked: 0, server: 0 };
      for (let attempts = 1; ; attempts++) {
        const pageRequest = toRequest();
        const limit = pageRequest.path.endsWith('/search') ? search : general;
        await own.acquire(signal);
        await limit.acquire(signal);
        assertReserve(leftToday, dailyReserve);
        onSent?.();
        const result = await attemptPage(pageRequest, parse, { limit, signal });
        if (!('kind' in result)) return result;
        const attempt = ++failures[result.wait];
        if (result.wait === 'server') onTrouble?.(attempt);
        const delayMs = retryDelay({ attempt, failure: result, everAnswered, random: random() });
        if (result.wait === 'window' || result.wait === 'second') {
          counts.limited += 1;
          limit.backOff(
            Math.max(BACK_OFF_MS, delayMs === undefined ? 0 : (result.retryAfterMs ?? 0)),
          );
        }
        if (delayMs === undefined) {
          throw new HubSpotUnavailable(
            `gave up on ${withoutSecrets(portal.apiUrl)} after ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}: ${result.reason}`,
            { next: toNext(result, everAnswered) },
          );
        }
        progress.note(`${result.reason}; asking again in ${(delayMs / 1000).toFixed(1)} s`);
        await clock.sleep(delayMs, signal);
      }
    },
    async close() {
      await dispatcher.destroy();
    },
  };
}

function createDispatcher({ connectMs, answerMs }: Timeouts, proxyUrl: string | null): Dispatcher {
  const options = {
    connect: { timeout: connectMs },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  };
  // Hosts named in NO_PROXY are asked directly, as by other programs.
  return proxyUrl === null
    ? new Agent(options)
    : new EnvHttpProxyAgent({ ...options, httpsProxy: proxyUrl, httpProxy: '' });
}

/** What the answer's headers say about the allowance. Search answers carry none of them. */
function parseLimit(headers: Headers): { max?: number; intervalMs?: number; remaining?: number } {
  const entries = [
    ['max', 'x-hubspot-ratelimit-max'],
    ['intervalMs', 'x-hubspot-ratelimit-interval-milliseconds'],
    ['remaining', 'x-hubspot-ratelimit-remaining'],
  ].map(([name, header = '']) => [name, parseCount(headers[header])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Throws HubSpotUnavailable when one more request would leave fewer than `reserve`. */
function assertReserve(left: number, reserve: number): void {
  if (reserve === 0 || left > reserve) return;
  throw new HubSpotUnavailable(
    `the account has ${left} requests left for today, and ${reserve} are to be spared`,
    { next: 'Run extract again tomorrow to go on, or lower --daily-reserve.' },
  );
}

function parseCount(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined;
}

function toNext({ retryAfterMs }: Retry, everAnswered: boolean): string {
  if (!everAnswered) return 'Check the network and HUBSPOT_API_URL.';
  const when = retryAfterMs === undefined ? '' : ` in ${toWait(retryAfterMs)}`;
  return `Run extract again${when} to go on; what was fetched is kept.`;
}

function parseDate(header: string | string[] | undefined): Date | undefined {
  const ms = typeof header === 'string' ? Date.parse(header) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

const NETWORK_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens at that address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up just now',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  Z_BUF_ERROR: 'the answer was cut short',
  Z_DATA_ERROR: 'an answer that is not the gzip it claims to be',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
};

function describeNetworkError(error: unknown, { connectMs, answerMs }: Timeouts): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `no connection within ${connectMs / 1000} s`;
    case 'UND_ERR_HEADERS_TIMEOUT':
      return `no answer within ${answerMs / 1000} s`;
    case 'UND_ERR_BODY_TIMEOUT':
      return `the answer stalled for ${answerMs / 1000} s`;
  }
  return (code !== undefined && NETWORK_REASONS[code]) || oneLine(message || String(code));
}
