import { type Answer, invalidRequest, pageOf } from './answers.ts';
import { toCrmObject } from './crm-objects.ts';
import { OBJECT_PROPERTIES } from './object-properties.ts';
import type { ObjectType } from './object-types.ts';
import type { PortalData } from './portal-data.ts';
import type { StoredRecord } from './stored-record.ts';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 200;

/** What can be compared: a bigint for an id, else epoch milliseconds. */
type Comparable = bigint | number;

/** The properties that can be searched and sorted by, and how a filter's value is read. */
const SEARCHABLE: Record<
  string,
  { of: (record: StoredRecord) => Comparable; parse: (text: string) => Comparable | undefined }
> = {
  hs_object_id: { of: ({ id }) => id, parse: (text) => toBigInt(text) },
  hs_createdate: { of: ({ createdAt }) => createdAt, parse: toMs },
  createdate: { of: ({ createdAt }) => createdAt, parse: toMs },
  hs_lastmodifieddate: { of: ({ lastUpdated }) => lastUpdated, parse: toMs },
  lastmodifieddate: { of: ({ lastUpdated }) => lastUpdated, parse: toMs },
};

const OPERATORS: Record<string, (value: Comparable, low: Comparable, high: Comparable) => boolean> =
  {
    EQ: (value, wanted) => value === wanted,
    GT: (value, bound) => value > bound,
    GTE: (value, bound) => value >= bound,
    LT: (value, bound) => value < bound,
    LTE: (value, bound) => value <= bound,
    BETWEEN: (value, low, high) => value >= low && value <= high,
  };

type Test = (record: StoredRecord) => boolean;

/** A request that is refused with 400. */
class SearchRefused extends Error {}

/**
 * `POST /crm/objects/<version>/{type}/search`: groups of filters (or) of filters (and),
 * one sort (by creation by default), offsets as `after`. Neither associations nor archived records; nothing beyond
 * `searchCap`, though `total` counts all.
 */
export function answerSearch(body: unknown, type: ObjectType, data: PortalData): Answer {
  try {
    return searchObjects(asObject(body, 'the body'), type, data);
  } catch (error) {
    if (error instanceof SearchRefused) return invalidRequest(error.message);
    throw error;
  }
}

function searchObjects(body: Record<string, unknown>, type: ObjectType, data: PortalData): Answer {
  if (body['query'] !== undefined) refuse('query is not supported by this portal');
  const limit = toCount(body['limit'] ?? DEFAULT_LIMIT, 'limit');
  const after = toCount(body['after'] || 0, 'after');
  if (limit > MAX_LIMIT) refuse(`limit must be less than or equal to ${MAX_LIMIT}, got ${limit}`);
  if (after + limit > data.searchCap) {
    refuse(`paging beyond ${data.searchCap} results is not possible: narrow the filters`);
  }
  const test = toTest(asList(body['filterGroups'], 'filterGroups'), type);
  const found = [...data.stores[type.store].living()].filter(
    (record) => type.recordTypes.includes(record.type ?? '') && test(record),
  );
  found.sort(toOrder(asList(body['sorts'], 'sorts'), type));

  const properties = asList(body['properties'], 'properties').map(String);
  const wish = { type, properties, targets: [], link: () => '' };
  const items = found
    .slice(after, after + limit)
    .values()
    .map((record) => toCrmObject(record, wish, data));
  const next = after + limit < found.length ? String(after + limit) : undefined;
  const tail = next === undefined ? ']}' : `],"paging":{"next":{"after":"${next}"}}}`;
  return { ...pageOf(items, tail, `{"total":${found.length},"results":[`), limits: 'daily' };
}

function toTest(groups: unknown[], type: ObjectType): Test {
  if (groups.length > 6) refuse('filterGroups must be 6 or fewer');
  const tests = groups.map((group) => {
    const filters = asList(asObject(group, 'a filter group')['filters'], 'filters').map((filter) =>
      toFilter(filter, type),
    );
    if (filters.length > 6) refuse('filters must be 6 or fewer in a group');
    return (record: StoredRecord) => filters.every((filter) => filter(record));
  });
  return (record) => tests.length === 0 || tests.some((test) => test(record));
}

function toFilter(filter: unknown, type: ObjectType): Test {
  const { propertyName, operator, value, highValue } = asObject(filter, 'a filter');
  const property = toProperty(propertyName, type);
  const holds = OPERATORS[String(operator)];
  if (holds === undefined) return refuse(`operator ${operator} is not supported by this portal`);
  const read = (bound: unknown): Comparable => {
    const parsed = property.parse(String(bound));
    if (parsed === undefined) return refuse(`${bound} is not a value for ${propertyName}`);
    return parsed;
  };
  const low = read(value);
  const high = operator === 'BETWEEN' ? read(highValue) : low;
  return (record) => holds(property.of(record), low, high);
}

/** A sort is `{propertyName, direction}`, or the name as a text, with a minus for descending. */
function toOrder(sorts: unknown[], type: ObjectType): (a: StoredRecord, b: StoredRecord) => number {
  if (sorts.length > 1) refuse('only one sort is possible');
  const [sort = {}] = sorts;
  const [, minus, name] = typeof sort === 'string' ? (/^(-?)(.*)$/.exec(sort) ?? []) : [];
  const { propertyName, direction } =
    name === undefined
      ? asObject(sort, 'a sort')
      : { propertyName: name, direction: minus === '-' ? 'DESCENDING' : 'ASCENDING' };
  const { of } =
    propertyName === undefined
      ? { of: (record: StoredRecord) => record.createdAt }
      : toProperty(propertyName, type);
  const sign = direction === 'DESCENDING' ? -1 : 1;
  return (a, b) => (of(a) < of(b) ? -sign : of(a) > of(b) ? sign : 0);
}

function toProperty(name: unknown, type: ObjectType): NonNullable<(typeof SEARCHABLE)[string]> {
  const isKnown = OBJECT_PROPERTIES[type.name]?.some((rule) => rule.name === name);
  const property = isKnown ? SEARCHABLE[String(name)] : undefined;
  return property ?? refuse(`property ${name} of ${type.name} cannot be searched in this portal`);
}

/** Epoch milliseconds or ISO 8601. */
function toMs(text: string): number | undefined {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

function toBigInt(text: string): bigint | undefined {
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}

function toCount(value: unknown, name: string): number {
  return /^\d+$/.test(String(value)) ? Number(value) : refuse(`${name} is not a number: ${value}`);
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return refuse(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function asList(value: unknown, name: string): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : refuse(`${name} is not a list`);
}

function refuse(problem: string): never {
  throw new SearchRefused(`Invalid input JSON: ${problem}`);
}
