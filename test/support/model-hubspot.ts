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
export type ServePage = (cursor: string | null, limit: number, stream?: string) => PageSummary;

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
      const page = allowed
        ? serve(cursor, Number(request.query['limit']), request.path.slice(1))
        : undefined;
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
export function toStream(rule: CursorRule, pageSize: number, name = 'engagements'): IdStream {
  return {
    name,
    rule,
    pageSize,
    toRequest: (cursor, limit) => ({
      method: 'GET',
      path: `/${name}`,
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

/** What walks over a model server came to. */
export interface Simulation {
  /** Σ ⌈ids / page size⌉ of the walks, at least one. */
  pages: number;
  requests: number;
  /** requests / pages */
  overhead: number;
  elapsedMs: number;
  /** How many times as long it took as full pages take at best, see {@link toShortestMs}. */
  timesShortest: number;
  /** Requests of those that the allowance gives for the time that it took. */
  share: number;
  limited: number;
  mostInFlight: number;
}

/** Walks the ascending ids of each of `streams` to the end in virtual time, and checks that every id was fetched. */
export async function simulateWalks(
  streams: readonly (readonly bigint[])[],
  {
    pageSize = 250,
    rule = LAST_ID,
    max = 190,
    ...options
  }: Omit<ModelOptions, 'clock' | 'serve'> & { pageSize?: number; rule?: CursorRule },
): Promise<Simulation> {
  const clock = createVirtualClock();
  const servers = streams.map((ids) => serveIds(ids, rule));
  const serve: ServePage = (cursor, limit, stream) =>
    (servers[Number(stream)] as ServePage)(cursor, limit);
  const model = createModel({ ...options, max, clock, serve });
  const walks = streams.map((_, n) =>
    createIdWalk(toStream(rule, pageSize, String(n)), [], (message) => {
      throw new Error(message);
    }),
  );
  const seen = streams.map(() => new Set<bigint>());
  const save = async ({ stream, answer }: FetchedPage): Promise<void> => {
    for (const id of answer.page.ids) seen[Number(stream)]?.add(id);
  };
  const { signal } = new AbortController();
  await clock.run(runWalks(walks, { client: model.client, save, signal }, pageSize));
  for (const [n, ids] of streams.entries()) {
    if (seen[n]?.size !== ids.length) throw new Error(`${seen[n]?.size} ids of ${ids.length}`);
  }
  const pages = Math.max(
    1,
    streams.reduce((sum, ids) => sum + Math.ceil(ids.length / pageSize), 0),
  );
  const requests = model.cursors.length;
  return {
    pages,
    requests,
    overhead: requests / pages,
    elapsedMs: clock.elapsedMs,
    timesShortest: clock.elapsedMs / toShortestMs({ pages, latencyMs: options.latencyMs, max }),
    share: requests / ((clock.elapsedMs / INTERVAL_MS) * max),
    limited: model.limited,
    mostInFlight: model.mostInFlight,
  };
}

/**
 * The shortest time that so many full pages can take: until the allowance lets the last of them go, or log2(pages) + 2
 * round trips, because with every answer the number of places known to ask from can about double.
 */
function toShortestMs({
  pages,
  latencyMs,
  max,
}: {
  pages: number;
  latencyMs: number;
  max: number;
}): number {
  const windows = Math.ceil(pages / max) - 1;
  return Math.max(windows * INTERVAL_MS, (Math.log2(pages) + 2) * latencyMs);
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
