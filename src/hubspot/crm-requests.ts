import type { ObjectTypeName } from '../model/object-types.ts';
import type { PageRequest } from './client.ts';
import type { AssociationInput } from './page-summary.ts';

/** HubSpot's caps, in records. */
export const MAX_LIST_LIMIT = 100;
export const MAX_SEARCH_LIMIT = 200;
export const MAX_READ_LIMIT = 100;
/** Beyond this a URL is refused with 414; the rest of it is short. */
const MAX_PROPERTIES_LENGTH = 6_000;

/** What every request for objects of one type has in common. */
export interface ObjectQuery {
  /** Such as `2026-09`. */
  version: string;
  type: ObjectTypeName;
  properties: readonly string[];
}

/**
 * The request for the objects from `cursor` on (null: from the start), ids ascending, with their associations of
 * these `kinds`.
 */
export function toListRequest(
  { version, type, properties }: ObjectQuery,
  { archived, kinds }: { archived: boolean; kinds: readonly string[] },
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
      ...(kinds.length > 0 ? { associations: kinds.join(',') } : {}),
      archived: String(archived),
    },
    body: null,
  };
}

/** Which objects a search asks for: modified in a window, with an id above one and up to another; null: any. */
export interface SearchRange {
  window: { from: string; to: string };
  above: string | null;
  upTo: string | null;
}

/**
 * The request for the objects of `range`, ids ascending. It never pages on: a query's results end at 10,000, and more
 * rows than that can share one millisecond; asking for the ids above the last has no end.
 */
export function toSearchRequest(
  { version, type, properties }: ObjectQuery,
  { window, above, upTo }: SearchRange,
  limit: number,
): PageRequest {
  const filters = [
    {
      propertyName: 'hs_lastmodifieddate',
      operator: 'BETWEEN',
      value: String(Date.parse(window.from)),
      highValue: String(Date.parse(window.to)),
    },
    ...(above === null ? [] : [{ propertyName: 'hs_object_id', operator: 'GT', value: above }]),
    ...(upTo === null ? [] : [{ propertyName: 'hs_object_id', operator: 'LTE', value: upTo }]),
  ];
  return {
    method: 'POST',
    path: `/crm/objects/${version}/${type}/search`,
    query: {},
    body: {
      filterGroups: [{ filters }],
      sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
      properties,
      limit,
      after: '0',
    },
  };
}

/** HubSpot may refuse the body of a search that is longer, in characters (reported by two other tools). */
const MAX_SEARCH_LENGTH = 3_000;

/** Whether a search may ask for the properties of `query`. */
export function fitsSearch(query: ObjectQuery, window: SearchRange['window']): boolean {
  const longestId = '9'.repeat(20);
  const range = { window, above: longestId, upTo: longestId };
  const { body } = toSearchRequest(query, range, MAX_SEARCH_LIMIT);
  return JSON.stringify(body).length <= MAX_SEARCH_LENGTH;
}

/** The request for properties of the objects with these `ids`: 100 at most, all archived or none. */
export function toReadRequest(
  { version, type, properties }: ObjectQuery,
  ids: readonly bigint[],
  archived: boolean,
): PageRequest {
  return {
    method: 'POST',
    path: `/crm/objects/${version}/${type}/batch/read`,
    query: archived ? { archived: 'true' } : {},
    body: { inputs: ids.map((id) => ({ id: String(id) })), properties, propertiesWithHistory: [] },
  };
}

/** The request for the associations of at most 1,000 objects with those of one kind. */
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

/** The request for the labels that associations of one type with one kind can have. */
export function toLabelsRequest(
  { version, type }: Pick<ObjectQuery, 'version' | 'type'>,
  kind: string,
): PageRequest {
  return {
    method: 'GET',
    path: `/crm/associations/${version}/${type}/${kind}/labels`,
    query: {},
    body: null,
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
