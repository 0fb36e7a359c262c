import { HubSpotRefused, HubSpotUnavailable } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import type { FetchedPage } from './open-run.ts';
import { createPageSize, type PageSize } from './page-size.ts';
import type { Ask, Walk } from './walk.ts';

/** Dependencies of {@link runWalks}. */
export interface WalkDeps {
  client: HubSpotClient;
  /** Writes a page down; resolves when it is safely on disk: its body is gone then. Called for several pages at once. */
  save(page: FetchedPage): Promise<void>;
  signal: AbortSignal;
}

/** HubSpot's limits are per ten seconds. */
const INTERVAL_MS = 10_000;
/** Requests under way at most: beyond, latency would have to exceed three seconds to make use of them. */
const MOST_IN_FLIGHT = 64;
/** Bodies under way at most, by the size of the largest of late. Two always have room. */
const MOST_BYTES_IN_FLIGHT = 64 * 2 ** 20;
const FEWEST_IN_FLIGHT = 2;
/** The allowance may be used up so many times as fast as it comes: what was left unused is caught up on. */
const BURST = 3.4;
/** Pages that splitting may fetch in vain: a few, and a share of all there seem to be. */
const FREE_WASTE = 2;
const WASTE_SHARE = 0.04;
/** The share that may be added while the allowance lies idle: of all pages, or at least of the first interval's. */
const IDLE_WASTE_SHARE = 0.33;

/**
 * Fetches the pages of all walks until they are complete, `pageLimit` records a page at most. While HubSpot's allowance
 * is not used up, one request waits for its turn. A walk is split only while the requests under way cannot use the
 * allowance, and while what splitting wastes stays small.
 * Throws what the client, `save` or a walk throws, or the signal's reason; pages under way are dropped then, except that
 * those besides one that HubSpot failed to give are still waited for.
 */
export async function runWalks(
  walks: readonly Walk[],
  { client, save, signal }: WalkDeps,
  pageLimit: number,
  mostInFlight = MOST_IN_FLIGHT,
): Promise<void> {
  const sizes = new Map<Walk, PageSize>(walks.map((walk) => [walk, createPageSize(pageLimit)]));
  const inFlight = new Set<Promise<void>>();
  /** Of those, the ones that HubSpot has not answered: the rest are being saved, and use no allowance. */
  let asking = 0;
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  let failure: unknown;
  /** Nothing is known of the limit before the first answer: it may be lower than what is usual. */
  let answered = false;
  let latencyMs = 0;
  let bodyBytes = 0;
  let wake = (): void => {};

  /** The page, and what completes it; undefined when it does not belong to the walk any more. */
  async function fetchPage(walk: Walk, ask: Ask): Promise<FetchedPage | undefined> {
    const size = sizes.get(walk) as PageSize;
    let limit = size.now;
    const answer = await client.fetchPage(() => walk.toRequest(ask, limit), walk.parse, {
      signal: stopped,
      onSent: () => wake(),
      onTrouble: (failures) => {
        limit = size.shrink(limit, failures);
      },
    });
    latencyMs = answered ? latencyMs * 0.9 + answer.durationMs * 0.1 : answer.durationMs;
    answered = true;
    bodyBytes = Math.max(bodyBytes * 0.9, answer.body.length);
    if (walk.check(ask, answer.page) === 'refused') return undefined;
    size.grow();
    // As it was when the page was checked: meanwhile the walk may become a chain.
    const { stream, kind } = walk;
    const companions = await walk.findCompanions?.(answer, (toRequest, parse) =>
      client.fetchPage(toRequest, parse, { signal: stopped, onSent: () => wake() }),
    );
    return { stream, walk: kind, cursor: ask.cursor, answer, companions: companions ?? [] };
  }

  async function fetchAndSave(walk: Walk, ask: Ask): Promise<void> {
    asking += 1;
    const page = await fetchPage(walk, ask).finally(() => {
      asking -= 1;
      wake();
    });
    if (page === undefined) return walk.drop(ask);
    await save(page);
    walk.accept(ask, page.answer.page);
  }

  function launch(walk: Walk, ask: Ask): void {
    walk.begin(ask);
    const task = fetchAndSave(walk, ask)
      .catch((error: unknown) => {
        walk.drop(ask);
        if (
          error instanceof HubSpotRefused &&
          error.status === 400 &&
          walk.fallBack(ask, error.message)
        ) {
          return;
        }
        failure ??= error;
        // Where one page fails for good, others may still come: they are waited for, each with its own patience.
        if (!(error instanceof HubSpotUnavailable)) stop.abort(error);
      })
      .finally(() => {
        inFlight.delete(task);
        wake();
      });
    inFlight.add(task);
  }

  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const room = answered ? Math.min(mostInFlight, countRoom(bodyBytes)) : 1;
    const mayAsk = failure === undefined && inFlight.size < room && client.waiting === 0;
    const { rate } = client;
    const steady = rate * latencyMs;
    // Up to one, each request after the answer to the one before uses the allowance: splitting would only waste.
    const maySplit = steady > 1 && asking < Math.round(steady * BURST);
    const idlePages = asking < steady ? Number.POSITIVE_INFINITY : rate * INTERVAL_MS;
    const best = mayAsk ? pickAsk(walks) : undefined;
    const next = !best?.ask.split || (maySplit && mayWaste(walks, idlePages)) ? best : undefined;
    if (next !== undefined) launch(next.walk, next.ask);
    else if (inFlight.size > 0) await woken;
    else if (failure !== undefined) throw failure;
    else if (walks.every((walk) => walk.complete)) return;
    else throw new Error('a walk is not complete but has nothing left to ask');
  }
}

/** Requests that may be under way when bodies are so large. */
function countRoom(bodyBytes: number): number {
  const fitting = Math.floor(MOST_BYTES_IN_FLIGHT / Math.max(1, bodyBytes));
  return Math.max(FEWEST_IN_FLIGHT, Math.min(MOST_IN_FLIGHT, fitting));
}

/** Whether one more split is worth what it may cost; of at most `idlePages` a larger share may be wasted. */
function mayWaste(walks: readonly Walk[], idlePages: number): boolean {
  let pages = 0;
  let wasted = 0;
  for (const { spending } of walks) {
    pages += spending.pages;
    wasted += spending.wasted;
  }
  const idle = IDLE_WASTE_SHARE * Math.min(pages, idlePages);
  return wasted < FREE_WASTE + WASTE_SHARE * pages + idle;
}

/** The ask that promises most of all walks'; a split only when nothing else is left to ask. */
function pickAsk(walks: readonly Walk[]): { walk: Walk; ask: Ask } | undefined {
  let best: { walk: Walk; ask: Ask } | undefined;
  for (const walk of walks) {
    const ask = walk.plan();
    if (ask === undefined) continue;
    const isBetter =
      best === undefined ||
      (best.ask.split && !ask.split) ||
      (best.ask.split === ask.split && ask.expected > best.ask.expected);
    if (isBetter) best = { walk, ask };
  }
  return best;
}
