import type { KnownPage } from '../archive/journal.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import type { Ask } from './walk.ts';

/** {@link Ask.from} in a chain, where only the cursor says what a page holds. */
export const CHAINED = -1n;

/**
 * One walk from the start, each page asked for with the cursor of the one before. The proof that nothing is missing is
 * the unbroken chain of cursors, from none to the page that promises no more.
 */
export interface Chain {
  readonly complete: boolean;
  plan(): Ask | undefined;
  begin(): void;
  drop(ask: Ask): void;
  /** Throws HubSpotUnavailable when HubSpot promises more but returns a cursor that it returned before. */
  check(ask: Ask, page: PageSummary): 'good' | 'refused';
  /** A page that was asked for before the walk became a chain is ignored. */
  accept(ask: Ask, page: PageSummary): void;
  /**
   * HubSpot refuses the cursor (400). If it gave the cursor to an earlier extract, it may no longer know it: the chain
   * then begins anew, and a message about it is returned. Undefined for any other cursor.
   */
  restart(reason: string): string | undefined;
}

type Link = Pick<KnownPage, 'cursor' | 'nextCursor' | 'hasMore'>;

/** A chain that goes on after the `pages` of the journal, which may be in any order. */
export function createChain(
  stream: string,
  pages: readonly Link[],
  start: string | null = null,
): Chain {
  const byCursor = new Map(pages.map((page) => [page.cursor, page]));
  const seen = new Set<string | null>();
  let cursor = start;
  let complete = false;
  let asking = false;
  let moved = false;
  for (
    let page = byCursor.get(cursor);
    page !== undefined && !seen.has(cursor);
    page = byCursor.get(cursor)
  ) {
    seen.add(cursor);
    complete = !page.hasMore;
    if (complete) break;
    cursor = page.nextCursor;
  }
  return {
    get complete() {
      return complete;
    },
    plan() {
      return complete || asking ? undefined : { cursor, from: CHAINED, expected: 1, split: false };
    },
    begin() {
      asking = true;
    },
    drop(ask) {
      if (ask.cursor === cursor) asking = false;
    },
    check(ask, { hasMore, nextCursor }) {
      // Asked for before the walk became a chain.
      if (ask.cursor !== cursor || !asking) return 'refused';
      if (!hasMore || (nextCursor !== cursor && !seen.has(nextCursor))) return 'good';
      throw new HubSpotUnavailable(
        `HubSpot promises more of ${stream} but its cursor does not move on from ${cursor}: it returned ${nextCursor} once more`,
        { next: 'Run extract again to go on from there; if it stays so, tell HubSpot.' },
      );
    },
    accept(ask, page) {
      if (ask.cursor !== cursor || complete) return;
      asking = false;
      moved = true;
      complete = !page.hasMore;
      seen.add(cursor);
      if (!complete) cursor = page.nextCursor;
    },
    restart(reason) {
      if (moved || cursor === start) return undefined;
      moved = true;
      cursor = start;
      seen.clear();
      return `${stream}: HubSpot no longer accepts the cursor of the interrupted run (${reason}); beginning anew`;
    },
  };
}
