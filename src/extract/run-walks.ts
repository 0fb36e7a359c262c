import { HubSpotRefused } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import { createPageSize, type PageSize } from '../hubspot/page-size.ts';
import type { FetchedPage } from './open-run.ts';
import type { Ask, Walk } from './walk.ts';

/** What acts for the walks. */
export interface WalkThings {
  client: HubSpotClient;
  /** Writes a page down; resolves when it is safely on disk. Called for several pages at once. */
  save(page: FetchedPage): Promise<void>;
  signal: AbortSignal;
}

/** Bodies in memory: at 5 MB for a page of heavy e-mails, a bound that keeps the job small. */
const MOST_IN_FLIGHT = 40;
/** More under way than rate × latency only waits in line. */
const IN_FLIGHT_MARGIN = 1.3;

/**
 * Fetches the pages of all walks until they are complete, `pageLimit` records a page at most. As long as HubSpot's
 * allowance is not used up there is a request waiting for its turn; a walk is split only while the answers take so long
 * that those under way do not use the allowance.
 * Throws what the client, `save` or a walk throws, or the signal's reason; pages under way are dropped then.
 */
export async function runWalks(
  walks: readonly Walk[],
  { client, save, signal }: WalkThings,
  pageLimit: number,
): Promise<void> {
  const sizes = new Map<Walk, PageSize>(walks.map((walk) => [walk, createPageSize(pageLimit)]));
  const inFlight = new Set<Promise<void>>();
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  let failure: unknown;
  let latencyMs = 0;
  let wake = (): void => {};

  async function fetchAndSave(walk: Walk, ask: Ask): Promise<void> {
    const size = sizes.get(walk) as PageSize;
    for (;;) {
      const answer = await client.fetchPage(() => walk.toRequest(ask, size.now), walk.parse, {
        signal: stopped,
        onSent: () => wake(),
        onTrouble: (failures) => size.shrink(failures),
      });
      latencyMs = latencyMs === 0 ? answer.durationMs : latencyMs * 0.9 + answer.durationMs * 0.1;
      const verdict = walk.check(ask, answer.page);
      if (verdict === 'again') continue;
      if (verdict === 'refused') return walk.drop(ask);
      size.grow();
      const companions = await walk.findCompanions?.(answer, (toRequest, parse) =>
        client.fetchPage(toRequest, parse, { signal: stopped }),
      );
      const { stream, kind } = walk;
      await save({ stream, walk: kind, cursor: ask.cursor, answer, companions: companions ?? [] });
      walk.accept(ask, answer.page);
      return;
    }
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
        stop.abort(error);
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
    const mayAsk = failure === undefined && inFlight.size < MOST_IN_FLIGHT && client.waiting === 0;
    const useful = client.rate * latencyMs * IN_FLIGHT_MARGIN;
    const next = mayAsk ? pickAsk(walks, inFlight.size < useful) : undefined;
    if (next !== undefined) launch(next.walk, next.ask);
    else if (inFlight.size > 0) await woken;
    else if (failure !== undefined) throw failure;
    else if (walks.every((walk) => walk.complete)) return;
    else throw new Error('a walk is not complete but has nothing left to ask');
  }
}

/** The ask that promises most of all walks'; a split only when `maySplit`. */
function pickAsk(walks: readonly Walk[], maySplit: boolean): { walk: Walk; ask: Ask } | undefined {
  let best: { walk: Walk; ask: Ask } | undefined;
  for (const walk of walks) {
    const ask = walk.plan();
    if (ask === undefined || (ask.split && !maySplit)) continue;
    const isBetter =
      best === undefined ||
      (best.ask.split && !ask.split) ||
      (best.ask.split === ask.split && ask.expected > best.ask.expected);
    if (isBetter) best = { walk, ask };
  }
  return best;
}
