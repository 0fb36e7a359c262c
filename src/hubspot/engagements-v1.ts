import type { Id } from '../archive/row.ts';
import { isRawNumber, parseJson } from '../json.ts';
import type { PageRequest } from './client.ts';

/** HubSpot's cap for `/paged`; more is clamped silently. */
export const MAX_LIMIT = 250;

/** What a page says about itself; the records stay in the body. */
export interface PageSummary {
  records: number;
  /** Records of each type, names ascending. */
  types: Record<string, number>;
  firstId: Id | null;
  lastId: Id | null;
  /** Of the first record that has one. */
  portalId: number | null;
  nextCursor: string | null;
  hasMore: boolean;
}

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
 * Reads `{results, hasMore, offset}`. Records may be anything: what is wrong with one of them is transform's to say.
 * Throws Error when the body is not such a page.
 */
export function parsePagedBody(body: Buffer): PageSummary {
  const page = parseJson(body.toString('utf8')) as { [key: string]: unknown } | null;
  const results = page?.['results'];
  const hasMore = page?.['hasMore'];
  if (!Array.isArray(results) || typeof hasMore !== 'boolean') {
    throw new Error('it lacks results and hasMore');
  }
  const nextCursor = toCursor(page?.['offset']);
  if (hasMore && nextCursor === null) throw new Error('it promises more but gives no offset');
  const types = new Map<string, number>();
  let portalId: number | null = null;
  const ids: Id[] = [];
  for (const { engagement } of results.filter(isObject)) {
    if (!isObject(engagement)) continue;
    const { id, type, portalId: portal } = engagement;
    if (typeof id === 'number' || isRawNumber(id)) ids.push(id);
    if (typeof type === 'string') types.set(type, (types.get(type) ?? 0) + 1);
    if (portalId === null && typeof portal === 'number') portalId = portal;
  }
  return {
    records: results.length,
    types: Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1))),
    firstId: ids[0] ?? null,
    lastId: ids.at(-1) ?? null,
    portalId,
    nextCursor,
    hasMore,
  };
}

function toCursor(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
