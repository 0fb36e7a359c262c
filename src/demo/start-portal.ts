import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, gzipSync } from 'node:zlib';
import { type Answer, dailyLimit, tenSecondlyLimit, unauthorized } from './answers.ts';
import { demoEngagements } from './demo-engagements.ts';
import { answerEngagementsV1, MAX_LIMIT } from './engagements-v1.ts';
import { createFaults, type Fault, type Faults, type PortalRequest } from './faults.ts';
import { type Allowance, createRateLimit, PROFESSIONAL, type RateLimit } from './rate-limit.ts';
import { createStore, type Store, toStoredRecords } from './store.ts';

/** What a portal is like; with nothing given it is the demo portal. */
export interface PortalOptions {
  /** What `Authorization: Bearer` must carry; `demo` by default. */
  token?: string;
  /** v1 records to have instead of the demo portal's. */
  engagements?: readonly unknown[];
  /** How many engagements the demo portal has; 30,167 by default. */
  size?: number;
  /** Largest page; HubSpot's 250 by default. */
  pageLimit?: number;
  /** How long every answer takes at least; 0 by default. */
  latencyMs?: number;
  rateLimit?: Partial<Allowance>;
  /** For the `Date` header and the limits; this machine's by default. */
  clock?: { now(): Date };
  /** Whether {@link Portal.requests} is kept; off by default, since it grows without end. */
  keepRequests?: boolean;
}

/** A request and what was answered, in the order the requests came in. */
export interface LoggedRequest extends PortalRequest {
  /** 0 when a fault kept the answer back. */
  status: number;
  /** Length and digest of the whole body before compression, also where a fault then cut it. */
  bytes: number;
  sha256: string;
  /** The `offset` asked with, and the one returned. */
  cursor: string | null;
  nextCursor: string | null;
  fault: Fault | null;
}

/** A running portal. */
export interface Portal {
  /** `http://127.0.0.1:<port>`, to be used as HubSpot's host. */
  url: string;
  token: string;
  store: Store;
  faults: Faults;
  /** Empty unless `keepRequests`. */
  requests: LoggedRequest[];
  /** Stops at once: answers under way are cut off, idle connections ended. */
  close(): Promise<void>;
}

/** Starts a portal on a free port of loopback, which speaks HubSpot's v1 engagements API. */
export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const { token = 'demo', pageLimit = MAX_LIMIT, latencyMs = 0, keepRequests = false } = options;
  const clock = options.clock ?? { now: () => new Date() };
  const store = createStore(
    options.engagements ? toStoredRecords(options.engagements) : demoEngagements(options),
  );
  const limit = createRateLimit({ ...PROFESSIONAL, ...options.rateLimit }, () => +clock.now());
  const faults = createFaults();
  const requests: LoggedRequest[] = [];
  let count = 0;

  const reply = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    incoming.resume();
    const request = toRequest(incoming, ++count);
    const authorized = request.headers.authorization === `Bearer ${token}`;
    const refusal = authorized ? refuse(limit) : unauthorized();
    const fault = faults.take(request);
    const given = fault?.answer ?? refusal ?? answerEngagementsV1(request, store, pageLimit);
    const answer = fault?.changeBody
      ? { ...given, body: fault.changeBody(String(given.body), request) }
      : given;
    if (keepRequests) requests.push(toLogged(request, answer, fault));
    const headers = toHeaders(answer, limit, clock.now());
    if (latencyMs > 0) await sleep(latencyMs, undefined, { ref: false });
    if (fault?.noAnswer === 'reset') incoming.socket.resetAndDestroy();
    else if (fault?.noAnswer === undefined) {
      send(outgoing, answer, headers, acceptsGzip(request), fault);
    }
  };

  // Nothing that a client does makes it reject: a rejection is a bug and may end the program.
  const server = createServer(reply);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    store,
    faults,
    requests,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function toRequest(incoming: IncomingMessage, number: number): PortalRequest {
  const url = URL.parse(incoming.url ?? '', 'http://127.0.0.1');
  return {
    number,
    method: incoming.method ?? 'GET',
    path: url?.pathname ?? '',
    query: Object.fromEntries(url?.searchParams ?? []),
    headers: incoming.headers,
  };
}

function refuse(limit: RateLimit): Answer | undefined {
  const verdict = limit.take();
  if (verdict === 'allowed') return undefined;
  return verdict === 'daily' ? dailyLimit() : tenSecondlyLimit();
}

function toHeaders(answer: Answer, limit: RateLimit, now: Date): Record<string, string> {
  const { limits = 'all' } = answer;
  return {
    Date: now.toUTCString(),
    'Content-Type': 'application/json;charset=utf-8',
    ...(limits !== 'none' && {
      'X-HubSpot-Correlation-Id': randomUUID(),
      ...limit.headers(limits),
    }),
    ...answer.headers,
  };
}

function toLogged(
  request: PortalRequest,
  { status, body }: Answer,
  fault: Fault | undefined,
): LoggedRequest {
  return {
    ...request,
    status: fault?.noAnswer ? 0 : status,
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
    cursor: request.query['offset'] ?? null,
    nextCursor: /"offset":(\d+)\}$/.exec(String(body.slice(-64)))?.[1] ?? null,
    fault: fault ?? null,
  };
}

function acceptsGzip({ headers }: PortalRequest): boolean {
  return /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''));
}

function send(
  outgoing: ServerResponse,
  answer: Answer,
  headers: Record<string, string>,
  gzipped: boolean,
  fault: Fault | undefined,
): void {
  // The fastest level: on loopback nobody waits for bytes. At once, lest pages pile up in memory behind a thread pool.
  const body = gzipped
    ? gzipSync(answer.body, { level: constants.Z_BEST_SPEED })
    : Buffer.from(answer.body);
  outgoing.writeHead(answer.status, {
    ...headers,
    ...(gzipped && { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }),
    'Content-Length': body.length,
  });
  const { cutAfterBytes, stallAfterBytes } = fault ?? {};
  const kept = cutAfterBytes ?? stallAfterBytes;
  if (kept === undefined) {
    outgoing.end(body);
    return;
  }
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, Math.min(kept, body.length - 1)), () => {
    if (cutAfterBytes !== undefined) outgoing.destroy();
  });
}
