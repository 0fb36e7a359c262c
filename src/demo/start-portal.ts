import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequest, isSearch } from './answer-request.ts';
import {
  type Answer,
  dailyLimit,
  secondlyLimit,
  tenSecondlyLimit,
  unauthorized,
  uriTooLong,
} from './answers.ts';
import { createFaults, type Fault, type Faults, type PortalRequest } from './faults.ts';
import { openPortalData, type PortalDataOptions } from './open-portal-data.ts';
import { type Allowance, createRateLimit, PROFESSIONAL, type RateLimit } from './rate-limit.ts';
import { sendAnswer, toHeaders } from './send-answer.ts';
import type { Store } from './store.ts';

/** What a portal is like; with nothing given it is the demo portal. */
export interface PortalOptions extends PortalDataOptions {
  /** What `Authorization: Bearer` must carry; `demo` by default. */
  token?: string;
  /** How long every answer takes at least, or how long this one; 0 by default. */
  latencyMs?: number | ((request: PortalRequest) => number);
  rateLimit?: Partial<Allowance>;
  /** The longest path and query that the gateway lets through, in characters; 8,000 by default. */
  urlLimit?: number;
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
  /** The `offset` or `after` asked with, and the one returned. */
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
  /** Changes the limits from now on; what was counted stays counted. */
  setLimit(allowance: Partial<Allowance>): void;
  /** Stops at once: answers under way are cut off, idle connections ended. */
  close(): Promise<void>;
}

/** Starts a portal on a free port of loopback, which speaks HubSpot's v1 engagements API and its CRM objects API. */
export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const { token = 'demo', latencyMs = 0, urlLimit = 8_000, keepRequests = false } = options;
  const clock = options.clock ?? { now: () => new Date() };
  const data = openPortalData(options);
  const limit = createRateLimit({ ...PROFESSIONAL, ...options.rateLimit }, () => +clock.now());
  const faults = createFaults();
  const requests: LoggedRequest[] = [];
  let count = 0;

  const reply = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const number = ++count;
    const body = await text(incoming).catch(() => undefined);
    // The client is gone.
    if (body === undefined) return;
    const request = toRequest(incoming, number, body);
    const refusal = refuse(request, incoming.url ?? '');
    const fault = faults.take(request);
    const given = fault?.answer ?? refusal ?? answerRequest(request, data);
    const answer = fault?.changeBody
      ? { ...given, body: fault.changeBody(String(given.body), request) }
      : given;
    if (keepRequests) requests.push(toLogged(request, answer, fault));
    const headers = toHeaders(answer, limit, clock.now());
    const waitMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(request);
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    if (fault?.noAnswer === 'reset') incoming.socket.resetAndDestroy();
    else if (fault?.noAnswer === undefined) sendAnswer(outgoing, answer, headers, request, fault);
  };

  const refuse = (request: PortalRequest, url: string): Answer | undefined => {
    if (url.length > urlLimit) return uriTooLong();
    if (request.headers.authorization !== `Bearer ${token}`) return unauthorized();
    return refuseByLimit(request, limit);
  };

  // Nothing that a client does makes it reject: a rejection is a bug and may end the program.
  // Node refuses more than 16 KiB of headers by itself, where HubSpot's gateway has an answer of its own.
  const server = createServer({ maxHeaderSize: 131_072 }, reply);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    store: data.store,
    faults,
    requests,
    setLimit: limit.change,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function toRequest(incoming: IncomingMessage, number: number, body: string): PortalRequest {
  const url = URL.parse(incoming.url ?? '', 'http://127.0.0.1');
  const query: Record<string, string> = {};
  for (const name of url?.searchParams.keys() ?? []) {
    query[name] = url?.searchParams.getAll(name).join(',') ?? '';
  }
  const { method = 'GET', headers } = incoming;
  return { number, method, path: url?.pathname ?? '', query, headers, body };
}

function refuseByLimit(request: PortalRequest, limit: RateLimit): Answer | undefined {
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
}

function toLogged(
  request: PortalRequest,
  { status, body, nextCursor }: Answer,
  fault: Fault | undefined,
): LoggedRequest {
  const { offset, after } = request.query;
  const asked = offset ?? after ?? /"after":\s*"?([^",}\]]+)/.exec(request.body)?.[1];
  const returned = nextCursor ?? /"offset":(\d+)\}$/.exec(String(body.slice(-64)))?.[1];
  return {
    ...request,
    status: fault?.noAnswer ? 0 : status,
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
    cursor: asked ?? null,
    nextCursor: returned ?? null,
    fault: fault ?? null,
  };
}
