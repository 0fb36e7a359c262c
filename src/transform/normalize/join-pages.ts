import { ArchiveError } from '../../errors.ts';
import { isObject, type JsonObject, setKey } from '../../json.ts';
import { isNotFound } from '../../model/batch-errors.ts';
import { hasMore } from './associations.ts';
import { idToText, toId } from './ids.ts';

/** What is wrong with JSON that is no page. */
export const NO_ARRAY = '"results" is not an array';

/** A parsed page. */
export interface ParsedPage {
  /** Its file, for messages. */
  file: string;
  value: unknown;
}

/** What completes a page of records of the CRM objects API; all of it in the order in which it was asked for. */
export interface Completing {
  /** Pages of the same records with further properties: lists, searches or batch reads. */
  properties: ParsedPage[];
  /** Answers of `POST /crm/associations/{version}/{from}/{to}/batch/read`; `kind` is `{to}`, such as `contacts`. */
  associations: (ParsedPage & { kind: string })[];
  /** The kinds that the records cannot have inline (a search's), each of which needs a page of associations. */
  kinds: string[];
}

/** On a joined record: the reason to reject it for what no page has of it. */
export const INCOMPLETE = Symbol('incomplete');

/** A record that {@link joinPages} made. */
type Joined = JsonObject & { [INCOMPLETE]?: string };

/**
 * The records of a page with all their properties and associations, in the shape of a list that had room for everything:
 * pages of further properties are merged by id (the first page's values stay), batch answers are added to the inline
 * lists. A record that a page of properties lacks (deleted between two requests) gets {@link INCOMPLETE}.
 * Throws ArchiveError, naming the file, when a page has no `results`, holds errors other than that a record has no
 * associations, or promises what no page of the group holds. Pure: the pages are not changed.
 */
export function joinPages({ file, value }: ParsedPage, completing: Completing): unknown[] {
  const records = readResults(value, file);
  const chunks = completing.properties.map(({ file, value }) => ({
    file,
    byId: new Map(readResults(value, file).map((record) => [toKey(record), record])),
  }));
  const found = collectAssociations(file, completing);
  const joined =
    chunks.length === 0 && found.size === 0
      ? records
      : records.map((record) => (isObject(record) ? join(record, chunks, found) : record));
  for (const record of joined) assertWhole(record, file);
  return joined;
}

function join(
  record: JsonObject,
  chunks: { file: string; byId: Map<string | undefined, unknown> }[],
  found: Found,
): Joined {
  const key = toKey(record);
  const joined: Joined = { ...record };
  for (const { file, byId } of chunks) {
    const chunk = key === undefined ? undefined : byId.get(key);
    if (isObject(chunk) && isObject(chunk['properties'])) {
      joined['properties'] = { ...chunk['properties'], ...objectOrNone(joined['properties']) };
    } else joined[INCOMPLETE] ??= `its further properties are missing in ${file}`;
  }
  joinAssociations(joined, key, found);
  return joined;
}

/** The associations that pages of their own hold, by kind and id. */
type Found = Map<string, Map<string, { entries: JsonObject[]; more: boolean; file: string }>>;

function collectAssociations(file: string, { associations, kinds }: Completing): Found {
  const found: Found = new Map();
  for (const { file, kind, value: page } of associations) {
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

function joinAssociations(joined: JsonObject, key: string | undefined, found: Found): void {
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

/** `{toObjectId, associationTypes}` as an item of an inline list, with its types. */
function toInline(to: unknown): JsonObject {
  if (!isObject(to)) return { id: undefined };
  return { id: to['toObjectId'], associationTypes: to['associationTypes'] };
}

/** Status 207 answers with the errors of single records; that one has no associations is such an error as well. */
function refuseErrors(page: unknown, file: string): void {
  const errors = isObject(page) && Array.isArray(page['errors']) ? page['errors'] : [];
  for (const error of errors) {
    if (isNotFound(error)) continue;
    const category = isObject(error) ? error['category'] : undefined;
    throw damaged(file, `HubSpot answered with an error in it (${String(category)})`);
  }
}

/** The records of a page. Throws ArchiveError when it has none. */
export function readResults(page: unknown, file: string): unknown[] {
  const results = isObject(page) ? page['results'] : undefined;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
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
