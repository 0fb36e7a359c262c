import type { PageRequest } from '../hubspot/client.ts';
import { parseSearchBody } from '../hubspot/crm-objects.ts';
import { type ObjectQuery, type SearchRange, toSearchRequest } from '../hubspot/crm-requests.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import type { ChainStream } from './walk-chain.ts';

/**
 * A search of what was modified in `window`, as a chain whose cursor is the last id. Where the rows of a page are not in
 * the order of their ids, there may be others between them: the page is asked for again with an id as its upper end,
 * halved until all that is below fits into one page, whose order says nothing then. Rows outside of the window are kept:
 * they were modified meanwhile.
 */
export function createSearchStream(
  query: ObjectQuery,
  window: SearchRange['window'],
  most: number,
): Pick<ChainStream, 'name' | 'toRequest' | 'parse'> {
  let asked: { cursor: string | null; upTo: bigint | null } = { cursor: null, upTo: null };

  return {
    name: query.type,
    toRequest(cursor, limit): PageRequest {
      if (asked.cursor !== cursor) asked = { cursor, upTo: null };
      const upTo = asked.upTo === null ? null : String(asked.upTo);
      // A page that shrank would not hold what is to fit into it.
      const size = upTo === null ? Math.min(limit, most) : most;
      return toSearchRequest(query, { window, above: cursor, upTo }, size);
    },
    parse(body): PageSummary {
      const page = parseSearchBody(query.type, body);
      const above = asked.cursor === null ? -1n : BigInt(asked.cursor);
      const { upTo } = asked;
      if (upTo !== null && !page.hasMore) {
        return { ...page, hasMore: true, nextCursor: String(upTo) };
      }
      const fresh = page.ids.filter((id) => id > above);
      if (!page.hasMore || (upTo === null && fresh.length > 0 && isAscending(fresh))) return page;
      const sorted = fresh
        .filter((id) => upTo === null || id <= upTo)
        .sort((a, b) => (a < b ? -1 : 1));
      const middle = sorted[upTo === null ? sorted.length - 1 : (sorted.length - 1) >> 1];
      if (middle !== undefined) asked = { ...asked, upTo: middle };
      throw new Error('its rows are not in the order of their ids');
    },
  };
}

function isAscending(ids: readonly bigint[]): boolean {
  return ids.every((id, index) => index === 0 || id > (ids[index - 1] as bigint));
}
