import type { Id } from '../model/row.ts';
import { isObject, type JsonObject, keepMisfit } from './row-content.ts';
import { sortIds, toIds } from './to-id.ts';

/** Object types that the API names by their id. */
const KINDS_BY_TYPE_ID = new Map([
  ['0-1', 'contact'],
  ['0-2', 'company'],
  ['0-3', 'deal'],
  ['0-5', 'ticket'],
]);

/**
 * The ids of a record's `associations`, by object type as in the rows: ascending, and each once (HubSpot sends an id
 * once for every label of its association). What has another shape goes to `extra`. The kind of a list that goes on
 * beyond the page is returned as `cut`: taken as whole, it would remove what is missing.
 */
export function takeObjectAssociations(
  value: unknown,
  extra: JsonObject,
): { associations: Record<string, Id[]>; cut?: string } {
  const associations: Record<string, Id[]> = {};
  if (!isObject(value)) {
    keepMisfit(extra, 'associations', value);
    return { associations };
  }
  for (const key of Object.keys(value)) {
    const sent = value[key];
    if (hasMore(sent)) return { associations, cut: key };
    const results = isObject(sent) ? sent['results'] : undefined;
    const ids = Array.isArray(results)
      ? toIds(results.map((result) => (isObject(result) ? result['id'] : undefined)))
      : undefined;
    // In byte text, toLowerCase would spoil what is not ASCII.
    const kind = /^[ -~]+$/.test(key) ? toAssociationKind(key) : '';
    if (ids === undefined || !/^[a-z0-9][a-z0-9_-]*$/.test(kind)) {
      keepMisfit(extra, `associations.${key}`, sent);
    } else if (ids.length > 0) {
      const known = Object.hasOwn(associations, kind) ? (associations[kind] as Id[]) : [];
      associations[kind] = sortIds([...known, ...ids]);
    }
  }
  return { associations };
}

/** Whether a list of associations promises more than it holds. */
export function hasMore(list: unknown): boolean {
  if (!isObject(list) || !isObject(list['paging'])) return false;
  return list['paging']['next'] !== undefined && list['paging']['next'] !== null;
}

/** `companies` → `company`, `line items` → `line_item`; custom objects (`p123_cars`, `2-345`) keep their names. */
export function toAssociationKind(key: string): string {
  const known = KINDS_BY_TYPE_ID.get(key);
  if (known !== undefined) return known;
  if (/^p\d+_|^\d+-\d+$/.test(key)) return key;
  const name = key.toLowerCase().replace(/[ -]+/g, '_');
  return name.endsWith('ies') ? `${name.slice(0, -3)}y` : name.replace(/(?<!s)s$/, '');
}
