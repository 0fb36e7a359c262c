import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../src/demo/answers.ts';
import { createPortal, type PortalOptions as DemoOptions } from '../../src/demo/create-portal.ts';
import { type Evolution, evolvePortal } from '../../src/demo/evolve-portal.ts';
import type { StoreName } from '../../src/demo/object-types.ts';
import { sendHead, serve } from '../../src/demo/serve.ts';
import type { Store } from '../../src/demo/store.ts';
import { createFaults, type Fault, type Faults, type NumberedRequest } from './faults.ts';
import { toStoredRecords } from './to-stored-records.ts';

/** What a portal is like; with nothing given it is the demo portal. */
export interface PortalOptions extends Omit<DemoOptions, 'engagements' | 'records'> {
  /** v1 records to have instead of the demo portal's; odd ones too. */
  engagements?: readonly unknown[];
  /** Contacts and their like, in the form of {@link toCrmRecord}. */
  records?: Partial<Record<StoreName, readonly unknown[]>>;
  /** How long each answer takes, or how long this one; 0 by default. */
  latencyMs?: number | ((request: NumberedRequest) => number);
  /** Whether {@link Portal.requests} is kept; off by default, since it grows without end. */
  keepRequests?: boolean;
}

/** A request and what was answered, in the order the requests came in. */
export interface LoggedRequest extends NumberedRequest {
  /** 0 when a fault kept the answer back. */
  status: number;
  /** The whole body before compression, as sent where no fault cut it. */
  answer: string;
  /** Of {@link answer}. */
  bytes: number;
  sha256: string;
  /** The `offset` or `after` asked with, and the one returned. */
  cursor: string | null;
  nextCursor: string | null;
  fault: Fault | null;
}

/** A running portal that the test may change, and that errs on order. */
export interface Portal {
  /** `http://127.0.0.1:<port>`, to be used as HubSpot's host. */
  url: string;
  token: string;
  /** Of the engagements. */
  store: Store;
  /** Of every kind of record. */
  stores: Record<StoreName, Store>;
  /** Lets the users of the portal work: see {@link evolvePortal}. */
  evolve(step: { step: number; now: number }): Evolution;
  faults: Faults;
  /** Empty unless `keepRequests`. */
  requests: LoggedRequest[];
  close(): Promise<void>;
}

/** The demo portal of the tests ends when HubSpot's old public one did, whatever the day. */
const LAST_INSTANT = new Date('2018-04-10T23:59:59.999Z');

/** Starts the demo portal, or another of its kind, with a log, with latency, and with faults on order. */
export async function startPortal(options: PortalOptions = {}): Promise<Portal> {
  const { latencyMs = 0, keepRequests = false, engagements, records = {}, ...rest } = options;
  const portal = createPortal({
    until: LAST_INSTANT,
    ...rest,
    ...(engagements && { engagements: toStoredRecords(engagements) }),
    records: Object.fromEntries(
      Object.entries(records).map(([name, list]) => [name, toStoredRecords(list)]),
    ),
  });
  const { data } = portal;
  const faults = createFaults();
  const requests: LoggedRequest[] = [];
  let count = 0;

  const server = await serve(async (asked, outgoing) => {
    const request = { ...asked, number: ++count };
    const fault = faults.take(request);
    const truth = portal.answer(request);
    const given = fault?.answer ?? truth;
    const answer = fault?.changeBody
      ? { ...given, body: fault.changeBody(String(given.body), request) }
      : given;
    if (keepRequests) requests.push(toLogged(request, answer, fault));
    const headers = portal.headersOf(answer);
    const waitMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(request);
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false });
    if (fault?.noAnswer === 'reset') outgoing.socket?.resetAndDestroy();
    if (fault?.noAnswer !== undefined) return;

    const bytes = sendHead(outgoing, answer, headers, request);
    const { cutAfterBytes, stallAfterBytes } = fault ?? {};
    const kept = cutAfterBytes ?? stallAfterBytes;
    if (kept === undefined) {
      outgoing.end(bytes);
      return;
    }
    outgoing.flushHeaders();
    outgoing.write(bytes.subarray(0, Math.min(kept, bytes.length - 1)), () => {
      if (cutAfterBytes !== undefined) outgoing.destroy();
    });
  });
  return {
    ...server,
    token: portal.token,
    store: data.stores.engagements,
    stores: data.stores,
    evolve: (step) => evolvePortal(data, step),
    faults,
    requests,
  };
}

/** A contact, a company, a deal or a ticket as the portal holds it. */
export function toCrmRecord(
  type: 'CONTACT' | 'COMPANY' | 'DEAL' | 'TICKET',
  id: number,
  properties: Record<string, unknown> = {},
  instants: { createdAt: number; lastUpdated: number } = { createdAt: id, lastUpdated: id },
): unknown {
  return { engagement: { id, type, ...instants }, associations: {}, properties };
}

function toLogged(
  request: NumberedRequest,
  { status, body }: Answer,
  fault: Fault | undefined,
): LoggedRequest {
  const { offset, after } = request.query;
  const answer = String(body);
  const asked = offset ?? after ?? /"after":\s*"?([^",}\]]+)/.exec(request.body)?.[1];
  const returned = /"(?:offset|after)":"?([^",}]+)[^{[]*\}$/.exec(answer)?.[1];
  return {
    ...request,
    status: fault?.noAnswer ? 0 : status,
    answer,
    bytes: Buffer.byteLength(answer),
    sha256: createHash('sha256').update(body).digest('hex'),
    cursor: asked ?? null,
    nextCursor: returned ?? null,
    fault: fault ?? null,
  };
}
