import type { PageEntry } from '../archive/journal.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import { parsePagedBody, toPagedRequest } from '../hubspot/engagements-v1.ts';
import type { FetchedPage } from './open-run.ts';

/** The name of the one stream of v1: all types together. */
export const ENGAGEMENTS = 'engagements';

/**
 * The pages of v1's `/paged` that follow `pages`, those in the journal (none: from the start), one after the other.
 * The proof that nothing is missing is the unbroken chain of cursors, from none to the page that promises no more.
 * Throws HubSpotUnavailable when a cursor comes back though more is promised: that would never end.
 */
export async function* walkPaged(
  client: HubSpotClient,
  { pages, limit }: { pages: readonly PageEntry[]; limit: number },
): AsyncGenerator<FetchedPage> {
  const after = pages.at(-1);
  if (after !== undefined && !after.hasMore) return;
  const asked = new Set(pages.map((page) => page.cursor));
  for (let cursor = after?.nextCursor ?? null; ; ) {
    const request = toPagedRequest(cursor, limit);
    const answer = await client.fetchPage(request, parsePagedBody);
    const { nextCursor, hasMore } = answer.page;
    asked.add(cursor);
    if (hasMore && asked.has(nextCursor)) {
      const where = nextCursor === cursor ? 'stays at' : 'goes back to';
      throw new HubSpotUnavailable(
        `HubSpot promises more engagements but its cursor ${where} ${nextCursor}`,
        { next: 'Run extract again to go on from there; if it stays so, tell HubSpot.' },
      );
    }
    yield { stream: ENGAGEMENTS, request, cursor, answer };
    if (!hasMore) return;
    cursor = nextCursor;
  }
}
