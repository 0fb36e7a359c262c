import { ASSOCIATION_KINDS } from '../model/association-kinds.ts';
import { isNotFound } from '../model/batch-errors.ts';
import {
  OBJECT_TYPES,
  type ObjectType,
  type ObjectTypeName,
  toEngagementType,
} from '../model/object-types.ts';
import { type AssociationInput, NO_RECORDS, type PageSummary } from './page-summary.ts';
import { countTypes, isObject, parseObject, parsePage } from './parse-object.ts';

/** Reads the names of properties. Throws Error when the body is no such answer. */
export function parsePropertyNames(body: Buffer): string[] {
  return readResults(parseObject(body)).flatMap((result) =>
    isObject(result) && result['name'] ? String(result['name']) : [],
  );
}

/** Reads the portal's id. Throws Error when the body is no such answer. */
export function parsePortalId(body: Buffer): number {
  const { portalId } = parseObject(body);
  if (typeof portalId !== 'number') throw new Error('it lacks portalId');
  return portalId;
}

/**
 * Reads a list page. Associations that it does not hold as they are: lists that go on beyond it, and labelled ones, since
 * a list has the name of a label at most. Throws Error when the body is no such answer.
 */
export function parseListBody(type: ObjectTypeName, body: Buffer): PageSummary {
  const page = parsePage(body);
  const results = readResults(page);
  const nextCursor = readAfter(page['paging']);
  const unfinished = findUnfinished(results);
  return {
    ...summarize(type, results),
    nextCursor,
    hasMore: nextCursor !== null,
    ...(Object.keys(unfinished).length > 0 ? { unfinished } : {}),
  };
}

/** Reads an answer of batch read. Throws Error when the body is no such answer, or has an error that may pass. */
export function parseReadBody(type: ObjectTypeName, body: Buffer): PageSummary {
  const page = parsePage(body);
  refuseErrors(page);
  return summarize(type, readResults(page));
}

/** Reads a search page, whose cursor is its last id. Throws Error when the body is no such answer. */
export function parseSearchBody(type: ObjectTypeName, body: Buffer): PageSummary {
  const page = parsePage(body);
  const summary = summarize(type, readResults(page));
  const hasMore = readAfter(page['paging']) !== null;
  if (hasMore && summary.ids.length === 0) throw new Error('it promises more but holds nothing');
  return { ...summary, hasMore, nextCursor: hasMore ? String(summary.ids.at(-1)) : null };
}

/** An answer of associations. */
export interface AssociationsSummary extends PageSummary {
  /** The objects that have more, and where that begins. */
  further: AssociationInput[];
  /** Whether it has associations whose label it does not tell. */
  lacksLabels: boolean;
}

/** Reads an answer of associations. Throws Error when the body is no such answer, or says that it lacks some of them. */
export function parseAssociationsBody(body: Buffer): AssociationsSummary {
  const page = parsePage(body);
  const results = readResults(page).filter(isObject);
  refuseErrors(page);
  const further = results.flatMap(({ from, paging }) => {
    const after = readAfter(paging);
    return after === null || !isObject(from) ? [] : [{ id: String(from['id']), after }];
  });
  return { ...NO_RECORDS, further, lacksLabels: results.some(({ to }) => lacksLabels(to)) };
}

/** Reads the definitions of labels. Throws Error when the body is no such answer. */
export function parseLabelsBody(body: Buffer): PageSummary {
  readResults(parsePage(body));
  return NO_RECORDS;
}

/** 207: some objects have errors. Those that are gone or have no associations are no trouble. */
function refuseErrors(page: Record<string, unknown>): void {
  const errors = Array.isArray(page['errors']) ? page['errors'] : [];
  for (const error of errors) {
    if (isNotFound(error)) continue;
    const { category, message } = isObject(error) ? error : {};
    throw new Error(`it has an error: ${JSON.stringify({ category, message })}`);
  }
}

/** HubSpot's own types have no labels but those that an answer tells. */
function lacksLabels(to: unknown): boolean {
  const types = (Array.isArray(to) ? to : []).flatMap((each) =>
    isObject(each) && Array.isArray(each['associationTypes']) ? each['associationTypes'] : [],
  );
  return types.some(
    (type) => isObject(type) && type['category'] !== 'HUBSPOT_DEFINED' && !type['label'],
  );
}

/** What the types of unlabelled associations begin with: the type's name (`call_to_contact`), or an older one. */
const PLAIN =
  '(?:calls?|communications?|emails?|engagements?|meetings?|meeting_event|notes?|postal_mail|tasks?)';

const PLAIN_TYPES = new Map<string, RegExp>(
  Object.entries(ASSOCIATION_KINDS).map(([kind, name]) => [
    kind,
    new RegExp(`^${PLAIN}_to_${name}(?:_unlabeled)?$`),
  ]),
);

function findUnfinished(results: readonly unknown[]): Record<string, AssociationInput[]> {
  const unfinished: Record<string, AssociationInput[]> = {};
  const add = (kind: string, input: AssociationInput): void => {
    unfinished[kind] = [...(unfinished[kind] ?? []), input];
  };
  for (const result of results) {
    if (!isObject(result) || !isObject(result['associations'])) continue;
    const id = String(result['id']);
    for (const [kind, isPlain] of PLAIN_TYPES) {
      const list = result['associations'][kind];
      if (!isObject(list)) continue;
      const items = Array.isArray(list['results']) ? list['results'].filter(isObject) : [];
      const after = readAfter(list['paging']);
      const isLabelled = items.some(({ type }) => !isPlain.test(String(type)));
      if (isLabelled) add(kind, { id });
      else if (after !== null) add(kind, { id, after });
    }
  }
  return unfinished;
}

function readResults(page: Record<string, unknown>): unknown[] {
  const { results } = page;
  if (!Array.isArray(results)) throw new Error('it lacks results');
  return results;
}

function summarize(type: ObjectTypeName, results: readonly unknown[]): PageSummary {
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
  return { ...NO_RECORDS, records: results.length, types: countTypes(types), ids, newestUpdate };
}

function readAfter(paging: unknown): string | null {
  const next = isObject(paging) ? paging['next'] : undefined;
  const after = isObject(next) ? next['after'] : undefined;
  return after === undefined || after === null ? null : String(after);
}
