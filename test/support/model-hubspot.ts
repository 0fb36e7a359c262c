import type { PageEntry } from '../../src/archive/journal.ts';
import { seededRandom } from '../../src/demo/random.ts';
import { createRateLimit as createServerLimit } from '../../src/demo/rate-limit.ts';
import { HubSpotRefused } from '../../src/errors.ts';
import { type CursorRule, LAST_ID } from '../../src/extract/coverage.ts';
import type { FetchedPage } from '../../src/extract/open-run.ts';
import { runWalks } from '../../src/extract/run-walks.ts';
import { createIdWalk, type IdStream } from '../../src/extract/walk-ids.ts';
import type { HubSpotClient, PageAnswer, PageRequest } from '../../src/hubspot/client.ts';
import type { PageSummary } from '../../src/hubspot/page-summary.ts';
import { createRateLimit, UNKNOWN_ACCOUNT } from '../../src/hubspot/rate-limit.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** The page that a model server has at `cursor`. Throws HubSpotRefused for a cursor it does not take. */
export type ServePage = (cursor: string | null, limit: number) => PageSummary;

/** A HubSpot made of a function, in virtual time. */
export interface ModelOptions {
  clock: VirtualClock;
  serve: ServePage;
  /** How long an answer takes on average; each takes between 0.8 and 1.2 times as long. */
  latencyMs: number;
  max?: number;
  seed?: number;
}

/** A client of the model server that keeps to the allowance as the real one does, and what it was asked. */
export interface Model {
  client: HubSpotClient;
  /** The cursors, in the order in which requests reached the server. */
  cursors: (string | null)[];
  readonly limited: number;
  /** How many requests were under way at most. */
  readonly mostInFlight: number;
}

const INTERVAL_MS = 10_000;
/** How much longer one request may be on its way to the server than another. */
const JITTER_MS = 150;

export function createModel({ clock, serve, latencyMs, max = 190, seed = 1 }: ModelOptions): Model {
  const random = seededRandom(seed);
  const limit = createRateLimit(clock, UNKNOWN_ACCOUNT);
  const server = createServerLimit(
    { max, intervalMs: INTERVAL_MS, daily: 1e9, searchesPerSecond: 5 },
    () => clock.elapsedMs,
  );
  const cursors: (string | null)[] = [];
  const counts = { requests: 0, limited: 0 };
  let inFlight = 0;
  let mostInFlight = 0;

  async function attempt(request: PageRequest): Promise<Buffer | undefined> {
    const durationMs = latencyMs * (0.8 + 0.4 * random.next());
    const wayMs = Math.min(durationMs, JITTER_MS) * random.next();
    counts.requests += 1;
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    try {
      await clock.sleep(wayMs);
      const cursor = request.query['cursor'] ?? null;
      const allowed = server.take('other') === 'allowed';
      const page = allowed ? serve(cursor, Number(request.query['limit'])) : undefined;
      cursors.push(cursor);
      const remaining = Number(server.headers('all')['X-HubSpot-RateLimit-Remaining']);
      await clock.sleep(durationMs - wayMs);
      limit.learn({ max, intervalMs: INTERVAL_MS, remaining });
      return page && toBody(page);
    } finally {
      inFlight -= 1;
    }
  }

  const client: HubSpotClient = {
    counts,
    get waiting() {
      return limit.waiting;
    },
    get rate() {
      return limit.rate;
    },
    async fetchPage<T>(
      toRequest: () => PageRequest,
      parse: (body: Buffer, request: PageRequest) => T,
      {
        signal = new AbortController().signal,
        onSent,
      }: Parameters<HubSpotClient['fetchPage']>[2] = {},
    ): Promise<PageAnswer<T>> {
      for (;;) {
        const request = toRequest();
        await limit.acquire(signal);
        onSent?.();
        const requestedAt = clock.now();
        const body = await attempt(request);
        if (body !== undefined) {
          const durationMs = clock.now().getTime() - requestedAt.getTime();
          const page = parse(body, request);
          return {
            request,
            body,
            page,
            status: 200,
            requestedAt,
            answeredAt: clock.now(),
            durationMs,
          };
        }
        counts.limited += 1;
        limit.backOff(1_000);
        await clock.sleep(2_000, signal);
      }
    },
    close: async () => {},
  };
  return {
    client,
    cursors,
    get limited() {
      return counts.limited;
    },
    get mostInFlight() {
      return mostInFlight;
    },
  };
}

/** A stream of the model server. */
export function toStream(rule: CursorRule, pageSize: number): IdStream {
  return {
    name: 'engagements',
    rule,
    pageSize,
    toRequest: (cursor, limit) => ({
      method: 'GET',
      path: '/model',
      query: { limit: String(limit), ...(cursor === null ? {} : { cursor }) },
      body: null,
    }),
    parse: fromBody,
  };
}

/** Serves ascending `ids`, which may change between requests, as HubSpot does: by last id (v1) or by next id. */
export function serveIds(ids: readonly bigint[], rule: CursorRule = LAST_ID): ServePage {
  return (cursor, limit) => {
    const first = cursor === null ? 0n : rule === LAST_ID ? BigInt(cursor) + 1n : BigInt(cursor);
    const start = findFirst(ids, first);
    const page = ids.slice(start, start + limit);
    const next = ids[start + limit];
    const last = page.at(-1) ?? cursor ?? 0n;
    const nextCursor = rule === LAST_ID ? String(last) : next === undefined ? null : String(next);
    return toSummary(page, next !== undefined, nextCursor);
  };
}

/** What {@link PageSummary} says of a page of these ids. */
export function toSummary(ids: bigint[], hasMore: boolean, nextCursor: string | null): PageSummary {
  const records = ids.length;
  return { records, types: {}, ids, portalId: 7, newestUpdate: null, nextCursor, hasMore };
}

/** A page as the journal has it. */
export function toEntry({ stream, walk, cursor, answer }: FetchedPage): PageEntry {
  const { records, types, portalId, nextCursor, hasMore } = answer.page;
  const at = answer.requestedAt.toISOString();
  return {
    file: `${stream}.json`,
    stream,
    walk,
    completes: null,
    request: answer.request,
    status: answer.status,
    requestedAt: at,
    answeredAt: at,
    durationMs: answer.durationMs,
    bytes: answer.body.length,
    sha256: '',
    records,
    types,
    portalId,
    newestUpdate: null,
    cursor,
    nextCursor,
    hasMore,
    firstId: null,
    lastId: null,
  };
}

/** What a walk over a model server came to. */
export interface Simulation {
  /** ⌈ids / page size⌉, one for none. */
  pages: number;
  requests: number;
  /** requests / pages */
  overhead: number;
  /** Requests of those that the allowance gives for the time that the walk took. */
  share: number;
  limited: number;
  mostInFlight: number;
}

/** Walks ascending `ids` to the end in virtual time, and checks that every one of them was fetched. */
export async function simulateWalk(
  ids: readonly bigint[],
  {
    pageSize = 250,
    max = 190,
    ...options
  }: Omit<ModelOptions, 'clock' | 'serve'> & { pageSize?: number },
): Promise<Simulation> {
  const clock = createVirtualClock();
  const model = createModel({ ...options, max, clock, serve: serveIds(ids) });
  const walk = createIdWalk(toStream(LAST_ID, pageSize), [], (message) => {
    throw new Error(message);
  });
  const seen = new Set<bigint>();
  const save = async ({ answer }: FetchedPage): Promise<void> => {
    for (const id of answer.page.ids) seen.add(id);
  };
  const { signal } = new AbortController();
  await clock.run(runWalks([walk], { client: model.client, save, signal }, pageSize));
  if (seen.size !== ids.length) throw new Error(`${seen.size} ids of ${ids.length}`);
  const pages = Math.max(1, Math.ceil(ids.length / pageSize));
  const requests = model.cursors.length;
  return {
    pages,
    requests,
    overhead: requests / pages,
    share: requests / ((clock.elapsedMs / INTERVAL_MS) * max),
    limited: model.limited,
    mostInFlight: model.mostInFlight,
  };
}

function toBody(page: PageSummary): Buffer {
  return Buffer.from(JSON.stringify({ ...page, ids: page.ids.map(String) }));
}

function fromBody(body: Buffer): PageSummary {
  const page = JSON.parse(body.toString());
  return { ...page, ids: page.ids.map(BigInt) };
}

function findFirst(ids: readonly bigint[], least: bigint): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] as bigint) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A refusal as HubSpot gives it to a cursor it does not know. */
export function refuseCursor(cursor: string | null): never {
  throw new HubSpotRefused(`HubSpot rejects the request (HTTP 400: cursor ${cursor})`, {
    status: 400,
  });
}
