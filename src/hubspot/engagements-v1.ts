import { isRawNumber } from '../json.ts';
import type { PageRequest } from './client.ts';
import type { PageSummary } from './page-summary.ts';
import { countTypes, isObject, parsePage } from './parse-object.ts';

/** HubSpot's cap for `/paged`; more is clamped silently. */
export const MAX_LIMIT = 250;
/** HubSpot's cap for `/modified/after`. */
export const MAX_MODIFIED_LIMIT = 1000;

/** The request for the engagements that follow `cursor` (null: from the start), ids ascending. */
export function toPagedRequest(cursor: string | null, limit: number): PageRequest {
  return {
    method: 'GET',
    path: '/engagements/v1/engagements/paged',
    query: { limit: String(limit), ...(cursor === null ? {} : { offset: cursor }) },
    body: null,
  };
}

/**
 * The request for the engagements modified since `since` (epoch ms), in no order; `cursor` is the one of the page
 * before. HubSpot once answered 500 to the epoch itself, so the earliest instant sent is one second later.
 */
export function toModifiedRequest(
  since: number,
  cursor: string | null,
  limit: number,
): PageRequest {
  return {
    method: 'GET',
    path: '/engagements/v1/engagements/modified/after',
    query: { after: cursor ?? String(Math.max(1000, since)), limit: String(limit) },
    body: null,
  };
}

/** Reads `{results, hasMore, offset}` of `/paged`. Throws Error when the body is not such a page. */
export function parsePagedBody(body: Buffer): PageSummary {
  return parseBody(body, 'offset');
}

/** Reads `{results, hasMore, after}` of `/modified/after`. Throws Error when the body is not such a page. */
export function parseModifiedBody(body: Buffer): PageSummary {
  return parseBody(body, 'after');
}

/** Records may be anything: transform decides whether one can be used. */
function parseBody(body: Buffer, cursorKey: 'offset' | 'after'): PageSummary {
  const page = parsePage(body);
  const { results, hasMore } = page;
  if (!Array.isArray(results) || typeof hasMore !== 'boolean') {
    throw new Error('it lacks results and hasMore');
  }
  const nextCursor = toCursor(page[cursorKey]);
  if (hasMore && nextCursor === null) {
    throw new Error(`it promises more but gives no ${cursorKey}`);
  }
  const types: string[] = [];
  const ids: bigint[] = [];
  let portalId: number | null = null;
  let newestUpdate: number | null = null;
  for (const { engagement } of results.filter(isObject)) {
    if (!isObject(engagement)) continue;
    const { id, type, portalId: portal, lastUpdated } = engagement;
    if (isRawNumber(id)) ids.push(BigInt(id.rawJSON));
    else if (Number.isSafeInteger(id)) ids.push(BigInt(id as number));
    if (typeof type === 'string') types.push(Buffer.from(type, 'latin1').toString('utf8'));
    if (portalId === null && typeof portal === 'number') portalId = portal;
    if (typeof lastUpdated === 'number' && lastUpdated > (newestUpdate ?? 0)) {
      newestUpdate = lastUpdated;
    }
  }
  return {
    records: results.length,
    types: countTypes(types),
    ids,
    portalId,
    newestUpdate,
    nextCursor,
    hasMore,
  };
}

function toCursor(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === 'string' && value !== '' ? value : null;
}
