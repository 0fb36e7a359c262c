import { ArchiveError } from '../errors.ts';
import { isObject, type JsonObject } from './row-content.ts';
import { setKey } from './sort-keys.ts';
import { hasMore } from './take-object-associations.ts';
import { idToText, toId } from './to-id.ts';

/** A page that completes another; `page` is its parsed body. */
export interface CompletingPage {
  /** The page's file, for messages. */
  file: string;
  page: unknown;
}

/** What completes a page of records of the CRM objects API; all of it in the order in which it was asked for. */
export interface Completing {
  /** The file of the page of records, for messages. */
  file: string;
  /** Pages of the same records with further properties: lists, searches or batch reads. */
  properties: CompletingPage[];
  /** Answers of `POST /crm/associations/{version}/{from}/{to}/batch/read`; `kind` is `{to}`, such as `contacts`. */
  associations: (CompletingPage & { kind: string })[];
  /** The kinds that the records cannot have inline (a search's), each of which needs a page of associations. */
  kinds: string[];
}

/** On a joined record: the reason to reject it for what no page has of it. */
export const INCOMPLETE = Symbol('incomplete');

/** A record that {@link joinPageGroup} made. */
type Joined = JsonObject & { [INCOMPLETE]?: string };

/**
 * Records with all their properties and associations, in the shape of a list that had room for everything: pages of
 * further properties are merged by id (the first page's values stay), batch answers are added to the inline lists. A
 * record that a page of properties lacks (deleted between two requests) gets {@link INCOMPLETE}.
 * Throws ArchiveError, naming the file, when a page has no `results`, holds errors other than that a record has no
 * associations, or promises what no page of the group holds. Pure: the pages are not changed.
 */
export function joinPageGroup(records: unknown[], completing: Completing): unknown[] {
  const chunks = completing.properties.map(({ file, page }) => ({
    file,
    byId: new Map(readResults(page, file).map((record) => [toKey(record), record])),
  }));
  const found = collectAssociations(completing);
  return records.map((record) => {
    if (!isObject(record)) return record;
    const key = toKey(record);
    const joined: Joined = { ...record };
    for (const { file, byId } of chunks) {
      const chunk = key === undefined ? undefined : byId.get(key);
      if (isObject(chunk) && isObject(chunk['properties'])) {
        joined['properties'] = { ...chunk['properties'], ...objectOrNone(joined['properties']) };
      } else joined[INCOMPLETE] ??= `its further properties are missing in ${file}`;
    }
    joinAssociations(joined, key, found, completing.file);
    return joined;
  });
}

/** The associations that pages of their own hold, by kind and id. */
type Found = Map<string, Map<string, { entries: JsonObject[]; more: boolean; file: string }>>;

function collectAssociations({ file, associations, kinds }: Completing): Found {
  const found: Found = new Map();
  for (const { file, kind, page } of associations) {
    const byId = found.get(kind) ?? new Map();
    found.set(kind, byId);
    refuseErrors(page, file);
    for (const result of readResults(page, file)) {
      const key = isObject(result) ? toKey(result['from']) : undefined;
      if (!isObject(result) || key === undefined || !Array.isArray(result['to'])) {
        throw damaged(file, 'a result of it has no from.id or no list');
      }
      const { entries } = byId.get(key) ?? { entries: [] };
      byId.set(key, {
        entries: [...entries, ...result['to'].map(toInline)],
        more: hasMore(result),
        file,
      });
    }
  }
  for (const kind of kinds) {
    if (!found.has(kind))
      throw damaged(file, `the page with the ${kind} of its records is missing`);
  }
  for (const [kind, byId] of found) {
    for (const [key, { more, file }] of byId) {
      if (more) throw damaged(file, `the page with further ${kind} of ${key} is missing`);
    }
  }
  return found;
}

function joinAssociations(
  joined: JsonObject,
  key: string | undefined,
  found: Found,
  file: string,
): void {
  const inline = objectOrNone(joined['associations']);
  const associations: JsonObject = { ...inline };
  for (const [kind, byId] of found) {
    const entries = (key === undefined ? undefined : byId.get(key))?.entries;
    if (entries === undefined) continue;
    const list = Object.hasOwn(inline, kind) ? objectOrNone(inline[kind]) : {};
    const results = Array.isArray(list['results']) ? list['results'] : [];
    setKey(associations, kind, { results: [...results, ...entries] });
  }
  if (Object.keys(associations).length > 0) joined['associations'] = associations;
  assertWhole(joined, file);
}

/**
 * Throws ArchiveError, naming the page's `file`, when a record's associations go on beyond it: there would be a page
 * that completes it.
 */
export function assertWhole(record: unknown, file: string): void {
  if (!isObject(record)) return;
  for (const [kind, list] of Object.entries(objectOrNone(record['associations']))) {
    if (hasMore(list)) {
      // The record may be byte text.
      const name = kind.replace(/[^ -~]+/g, '…');
      throw damaged(file, `the page with further ${name} of ${toKey(record)} is missing`);
    }
  }
}

/** `{toObjectId, associationTypes}` as an item of an inline list. */
function toInline(to: unknown): JsonObject {
  return { id: isObject(to) ? to['toObjectId'] : undefined };
}

/** Status 207 answers with the errors of single records; that one has no associations is such an error as well. */
function refuseErrors(page: unknown, file: string): void {
  const errors = isObject(page) && Array.isArray(page['errors']) ? page['errors'] : [];
  for (const error of errors) {
    const kinds = isObject(error) ? [error['category'], error['subCategory']] : [];
    if (kinds.some((kind) => typeof kind === 'string' && /NOT_FOUND|NO_ASSOCIATIONS/.test(kind)))
      continue;
    throw damaged(file, `HubSpot answered with an error in it (${String(kinds[0])})`);
  }
}

function readResults(page: unknown, file: string): unknown[] {
  const results = isObject(page) ? page['results'] : undefined;
  if (!Array.isArray(results)) throw damaged(file, 'it has no results array');
  return results;
}

function toKey(record: unknown): string | undefined {
  const id = isObject(record) ? toId(record['id']) : undefined;
  return id === undefined ? undefined : idToText(id);
}

function objectOrNone(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} cannot be read: ${what}`, {
    next: 'Restore the page from a backup, or extract again.',
  });
}
