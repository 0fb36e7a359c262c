import { ASSOCIATION_KIND_NAMES } from '../model/association-kinds.ts';
import {
  OBJECT_TYPES,
  type ObjectType,
  type ObjectTypeName,
  toEngagementType,
} from '../model/object-types.ts';
import type { PageRequest } from './client.ts';
import type { PageSummary } from './page-summary.ts';
import { countTypes, isObject, parseObject } from './parse-object.ts';

/** HubSpot's caps. */
export const MAX_LIST_LIMIT = 100;
export const MAX_SEARCH_LIMIT = 200;
/** Beyond this a URL is refused with 414; the rest of it is short. */
const MAX_PROPERTIES_LENGTH = 6_000;

/** What every request for objects of one type has in common. */
export interface ObjectQuery {
  /** Such as `2026-09`. */
  version: string;
  type: ObjectTypeName;
  properties: readonly string[];
}

/** The request for the objects from `cursor` on (null: from the start), ids ascending. */
export function toListRequest(
  { version, type, properties }: ObjectQuery,
  { archived, associations }: { archived: boolean; associations: boolean },
  cursor: string | null,
  limit: number,
): PageRequest {
  return {
    method: 'GET',
    path: `/crm/objects/${version}/${type}`,
    query: {
      limit: String(limit),
      ...(cursor === null ? {} : { after: cursor }),
      properties: properties.join(','),
      ...(associations ? { associations: ASSOCIATION_KIND_NAMES.join(',') } : {}),
      archived: String(archived),
    },
    body: null,
  };
}

/**
 * The request for the objects modified in `window` whose id is greater than `lastId`, ids ascending. It never pages on:
 * a query's results end at 10,000, and more rows than that can share one millisecond; asking beyond the last id has no end.
 */
export function toSearchRequest(
  { version, type, properties }: ObjectQuery,
  window: { from: string; to: string },
  lastId: string | null,
  limit: number,
): PageRequest {
  const modified = {
    propertyName: 'hs_lastmodifieddate',
    operator: 'BETWEEN',
    value: String(Date.parse(window.from)),
    highValue: String(Date.parse(window.to)),
  };
  const beyond = { propertyName: 'hs_object_id', operator: 'GT', value: lastId };
  return {
    method: 'POST',
    path: `/crm/objects/${version}/${type}/search`,
    query: {},
    body: {
      filterGroups: [{ filters: lastId === null ? [modified] : [modified, beyond] }],
      sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
      properties,
      limit,
    },
  };
}

/** Objects whose associations are asked for; `after`: from there on. At most 1,000 a request. */
export interface AssociationInput {
  id: string;
  after?: string;
}

/** The request for the associations of many objects with one other type. */
export function toAssociationsRequest(
  { version, type }: Pick<ObjectQuery, 'version' | 'type'>,
  kind: string,
  inputs: readonly AssociationInput[],
): PageRequest {
  return {
    method: 'POST',
    path: `/crm/associations/${version}/${type}/${kind}/batch/read`,
    query: {},
    body: { inputs },
  };
}

/** The request for the names of all properties of a type, custom ones included. */
export function toPropertiesRequest({
  version,
  type,
}: Omit<ObjectQuery, 'properties'>): PageRequest {
  return { method: 'GET', path: `/crm/properties/${version}/${type}`, query: {}, body: null };
}

/** The request for the account that the token belongs to. */
export function toAccountRequest(version: string): PageRequest {
  return { method: 'GET', path: `/account-info/${version}/details`, query: {}, body: null };
}

/** Reads the names of properties. Throws Error when the body is no such answer. */
export function parsePropertyNames(body: Buffer): string[] {
  const results = parseObject(body)['results'];
  if (!Array.isArray(results)) throw new Error('it lacks results');
  return results.flatMap((result) =>
    isObject(result) && result['name'] ? String(result['name']) : [],
  );
}

/** Reads the portal's id. Throws Error when the body is no such answer. */
export function parsePortalId(body: Buffer): number {
  const { portalId } = parseObject(body);
  if (typeof portalId !== 'number') throw new Error('it lacks portalId');
  return portalId;
}

/** Property names in groups that fit into a URL; the first group is never empty. */
export function chunkProperties(names: readonly string[]): string[][] {
  const chunks: string[][] = [[]];
  let length = 0;
  for (const name of names) {
    length += encodeURIComponent(name).length + 3;
    if (length > MAX_PROPERTIES_LENGTH) {
      chunks.push([]);
      length = name.length;
    }
    chunks.at(-1)?.push(name);
  }
  return chunks;
}

/** Reads a list page. Throws Error when the body is no such answer. */
export function parseListBody(type: ObjectTypeName, body: Buffer): PageSummary {
  const page = parseObject(body);
  return summarize(type, page, readAfter(page['paging']));
}

/** Reads a search page, whose cursor is its last id. Throws Error when the body is no such answer. */
export function parseSearchBody(type: ObjectTypeName, body: Buffer): PageSummary {
  const page = parseObject(body);
  const summary = summarize(type, page, null);
  const hasMore = readAfter(page['paging']) !== null;
  if (hasMore && summary.ids.length === 0) throw new Error('it promises more but holds nothing');
  return { ...summary, hasMore, nextCursor: hasMore ? String(summary.ids.at(-1)) : null };
}

/** An associations page: which objects have more than it holds, and where that begins. */
export interface AssociationsSummary extends PageSummary {
  unfinished: AssociationInput[];
}

/** Reads an answer of associations. Throws Error when the body is no such answer. */
export function parseAssociationsBody(body: Buffer): AssociationsSummary {
  const page = parseObject(body);
  const results = page['results'];
  if (!Array.isArray(results)) throw new Error('it lacks results');
  const unfinished = results.filter(isObject).flatMap(({ from, paging }) => {
    const after = readAfter(paging);
    return after === null || !isObject(from) ? [] : [{ id: String(from['id']), after }];
  });
  return { ...NO_RECORDS, unfinished };
}

/** The objects of a list page whose associations with `kind` go on beyond it. */
export function findLongLists(body: Buffer, kind: string): AssociationInput[] {
  const results = parseObject(body)['results'];
  if (!Array.isArray(results)) return [];
  return results.filter(isObject).flatMap(({ id, associations }) => {
    const list = isObject(associations) ? associations[kind] : undefined;
    const after = isObject(list) ? readAfter(list['paging']) : null;
    return after === null ? [] : [{ id: String(id), after }];
  });
}

const NO_RECORDS: PageSummary = {
  records: 0,
  types: {},
  ids: [],
  portalId: null,
  newestUpdate: null,
  nextCursor: null,
  hasMore: false,
};

function summarize(
  type: ObjectTypeName,
  page: Record<string, unknown>,
  nextCursor: string | null,
): PageSummary {
  const results = page['results'];
  if (!Array.isArray(results)) throw new Error('it lacks results');
  const objectType: ObjectType = OBJECT_TYPES[type];
  const ids: bigint[] = [];
  const types: string[] = [];
  let newestUpdate: number | null = null;
  for (const { id, properties, updatedAt } of results.filter(isObject)) {
    if (/^\d{1,19}$/.test(String(id))) ids.push(BigInt(String(id)));
    types.push(toEngagementType(objectType, isObject(properties) ? properties : {}));
    const updated = Date.parse(String(updatedAt));
    if (updated > (newestUpdate ?? 0)) newestUpdate = updated;
  }
  return {
    records: results.length,
    types: countTypes(types),
    ids,
    portalId: null,
    newestUpdate,
    nextCursor,
    hasMore: nextCursor !== null,
  };
}

function readAfter(paging: unknown): string | null {
  const next = isObject(paging) ? paging['next'] : undefined;
  const after = isObject(next) ? next['after'] : undefined;
  return after === undefined || after === null ? null : String(after);
}
