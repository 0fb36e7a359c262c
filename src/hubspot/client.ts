import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, request } from 'undici';
import type { Clock } from '../clock.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { withoutSecrets } from '../settings.ts';
import { oneLine, type Retry, toFailure, toWait } from './failures.ts';
import { retryDelay } from './retry-delay.ts';

/** A request for one page; `path` begins with `/`. */
export interface PageRequest {
  method: 'GET' | 'POST';
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** A page, fully read, after content decoding. */
export interface PageAnswer<T> {
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

/** HubSpot, as the stages see it. */
export interface HubSpotClient {
  /**
   * Asks until a whole page that `parse` accepts is there. `parse` throws when the body is not the promised JSON,
   * which counts as trouble on the way and is asked again.
   * Throws HubSpotRefused, HubSpotUnavailable, or the signal's reason.
   */
  fetchPage<T>(request: PageRequest, parse: (body: Buffer) => T): Promise<PageAnswer<T>>;
  close(): Promise<void>;
}

/** What acts for the client. */
export interface ClientThings {
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
  random?: () => number;
}

const unzip = promisify(gunzip);

/** How long silence is borne, in ms; both above zero. */
export interface Timeouts {
  connectMs: number;
  /** Until the headers come, and between two pieces of a body. */
  answerMs: number;
}

const TIMEOUTS: Timeouts = { connectMs: 10_000, answerMs: 60_000 };

/** A client for the server at `apiUrl` (no slash at its end), with a token that goes nowhere else. */
export function createClient(
  portal: { apiUrl: string; token: string },
  { clock, progress, signal, random = Math.random }: ClientThings,
  { connectMs, answerMs }: Timeouts = TIMEOUTS,
): HubSpotClient {
  const dispatcher = new Agent({
    connect: { timeout: connectMs },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  });
  let everAnswered = false;

  // An answer may quote what it was asked with.
  const withoutToken = (text: string): string => text.replaceAll(portal.token, '…');

  async function attemptPage<T>(
    { method, path, query, body }: PageRequest,
    parse: (body: Buffer) => T,
  ): Promise<PageAnswer<T> | Retry> {
    const requestedAt = clock.now();
    let answer: Awaited<ReturnType<typeof request>>;
    let bytes: Buffer;
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
      const reason = withoutToken(describeNetworkError(error, { connectMs, answerMs }));
      return { kind: 'retry', wait: 'server', reason };
    }
    const { statusCode: status, headers } = answer;
    if (status !== 200) {
      const failure = toFailure({ status, headers, body: withoutToken(bytes.toString('utf8')) });
      if (failure.kind === 'stop') throw failure.error;
      return failure;
    }
    try {
      return {
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
    async fetchPage(pageRequest, parse) {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        const result = await attemptPage(pageRequest, parse);
        if (!('kind' in result)) return result;
        const delayMs = retryDelay({ attempt, failure: result, everAnswered, random: random() });
        if (delayMs === undefined) {
          throw new HubSpotUnavailable(
            `gave up on ${withoutSecrets(portal.apiUrl)} after ${attempt === 1 ? 'one attempt' : `${attempt} attempts`}: ${result.reason}`,
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
