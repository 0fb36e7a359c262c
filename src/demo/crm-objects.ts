import {
  type Answer,
  invalidParameter,
  invalidRequest,
  pageOf,
  unknownObjectType,
} from './answers.ts';
import { type LinkPages, toInlineAssociations } from './crm-associations.ts';
import { OBJECT_PROPERTIES, toPropertyValue } from './object-properties.ts';
import { findType, type ObjectType, TARGET_TYPES, type TargetType } from './object-types.ts';
import type { PortalData } from './portal-data.ts';
import { parseId, readParts, type StoredRecord } from './stored-record.ts';

/** What is wanted of each object. */
export interface ObjectWish {
  type: ObjectType;
  /** Names; unknown ones are passed over. Those of {@link ObjectType.always} come unasked. */
  properties: readonly string[];
  /** Kinds of associations; search gives none. */
  targets: readonly TargetType[];
  link: LinkPages;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** How long HubSpot's recycle bin keeps a record. */
const KEPT_MS = 90 * 86_400_000;

/**
 * `GET /crm/objects/<version>/{type}`: in id order from `after` on, which is the id of the next record; with `archived`
 * the recycle bin and nothing else. `link` makes the URL of the next page.
 */
export function answerList(
  query: Record<string, string>,
  type: ObjectType,
  data: PortalData,
  link: LinkPages,
): Answer {
  const { limit = String(DEFAULT_LIMIT), after = '0', archived = 'false' } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  if (+limit > MAX_LIMIT) {
    return invalidRequest(`Page size must be less than or equal to ${MAX_LIMIT}, got ${limit}`);
  }
  if (!/^\d+$/.test(after)) return invalidParameter('after', after);
  const targets: TargetType[] = [];
  for (const name of splitList(query['associations'])) {
    const target = findType(TARGET_TYPES, name);
    if (target === undefined) return unknownObjectType(name);
    targets.push(target);
  }

  const oldest = data.now() - KEPT_MS;
  const { records, next } = data.stores[type.store].from(BigInt(after), +limit, (version) => {
    if (!type.recordTypes.includes(version.type ?? '')) return false;
    if (archived !== 'true') return version.archivedAt === null;
    return version.archivedAt !== null && version.archivedAt > oldest;
  });
  const wish = { type, properties: splitList(query['properties']), targets, link };
  const items = records.values().map((record) => toCrmObject(record, wish, data));
  if (next === undefined) return pageOf(items, ']}');
  const paging = { next: { after: String(next), link: link('', String(next)) } };
  return pageOf(items, `],"paging":${JSON.stringify(paging)}}`);
}

/**
 * `POST /crm/objects/<version>/{type}/batch/read` of at most 100 `{id}`. Ids that are unknown or archived are left out of the
 * results and counted in `errors`, and the answer is a 207.
 */
export function answerBatchRead(body: unknown, type: ObjectType, data: PortalData): Answer {
  const { inputs, properties = [] } = Object(body) as Record<string, unknown>;
  if (!Array.isArray(inputs) || !Array.isArray(properties)) {
    return invalidRequest('Invalid input JSON: inputs or properties are no lists');
  }
  if (inputs.length > MAX_LIMIT) {
    return invalidRequest(`The maximum number of inputs is ${MAX_LIMIT}, got ${inputs.length}`);
  }
  const ids = inputs.map((input) => parseId(Object(input).id));
  if (ids.includes(undefined)) return invalidRequest('Invalid input JSON: an input has no id');
  const startedAt = new Date(data.now()).toISOString();
  const records = ids.map((id) => data.stores[type.store].find(id as bigint));
  const found = records.filter(
    (record) => record !== undefined && type.recordTypes.includes(record.type ?? ''),
  ) as StoredRecord[];
  const wish = { type, properties: properties.map(String), targets: [], link: () => '' };
  const missing = ids.length - found.length;
  const failed =
    missing > 0 ? `"numErrors":1,"errors":${JSON.stringify([notFound(missing)])},` : '';
  const tail = `],${failed}"startedAt":"${startedAt}","completedAt":"${startedAt}"}`;
  const items = found.values().map((record) => toCrmObject(record, wish, data));
  const answer = pageOf(items, tail, '{"status":"COMPLETE","results":[');
  return { ...answer, status: failed === '' ? 200 : 207 };
}

function notFound(count: number): object {
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: `Could not get some objects, they may be deleted or not exist: ${count}`,
    context: {},
    errors: [],
    links: {},
  };
}

/**
 * A record as the objects API returns it. HubSpot may leave out what is unset or give null for it: here its own
 * properties are left out and custom ones are null, so that a reader meets both.
 */
export function toCrmObject(
  record: StoredRecord & { archivedAt?: number | null },
  wish: ObjectWish,
  data: PortalData,
): Record<string, unknown> {
  const { archivedAt = null } = record;
  const parts = readParts(record);
  const wanted = new Set([...wish.type.always, ...wish.properties]);
  const properties = (OBJECT_PROPERTIES[wish.type.name] ?? [])
    .filter(({ name }) => wanted.has(name))
    .map(({ name, kind, read, custom }) => {
      const value = toPropertyValue(read(parts, record), kind);
      return [name, value ?? (custom ? null : undefined)] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const associations = archivedAt === null ? toInlineAssociations(record, wish, data) : undefined;
  return {
    id: String(record.id),
    properties: Object.fromEntries(properties),
    createdAt: toPropertyValue(record.createdAt, 'instant'),
    updatedAt: toPropertyValue(record.lastUpdated, 'instant'),
    archived: archivedAt !== null,
    ...(archivedAt !== null && { archivedAt: new Date(archivedAt).toISOString() }),
    ...(associations !== undefined && { associations }),
  };
}

function splitList(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
