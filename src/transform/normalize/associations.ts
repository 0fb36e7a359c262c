import { isObject, isRawNumber, type JsonObject } from '../../json.ts';
import { ASSOCIATION_KINDS } from '../../model/association-kinds.ts';
import type { RowContent } from '../../model/row.ts';
import { keepMisfit } from './content.ts';
import { idToText, sortIds, toIds } from './ids.ts';

/** Object types that the API names by their id. */
const KINDS_BY_TYPE_ID = new Map([
  ['0-1', 'contact'],
  ['0-2', 'company'],
  ['0-3', 'deal'],
  ['0-5', 'ticket'],
]);

/** The labels that associations can have: by kind (as the API names it), and {@link toLabelKey}. */
export type LabelNames = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What tells an association's type: `USER_DEFINED/27`; null for what is none. */
export function toLabelKey(type: unknown): string | null {
  if (!isObject(type)) return null;
  const { category, typeId } = type;
  return `${String(category)}/${isRawNumber(typeId) ? typeId.rawJSON : String(typeId)}`;
}

/** A record's associations as in its row. */
type Associations = Pick<RowContent, 'associations' | 'association_labels'>;

/**
 * The ids of a record's `associations`, by object type as in the rows: ascending, and each once (HubSpot sends an id
 * once for every label of its association); and the labels of those whose items have `associationTypes`. What has another
 * shape goes to `extra`. `toText` makes a label's name what the record's texts are.
 */
export function takeAssociations(
  value: unknown,
  extra: JsonObject,
  names: LabelNames,
  toText: (name: string) => string,
): Associations {
  const taken: Associations = { associations: {}, association_labels: {} };
  if (!isObject(value)) {
    keepMisfit(extra, 'associations', value);
    return taken;
  }
  for (const key of Object.keys(value)) {
    const sent = value[key];
    const items = isObject(sent) && Array.isArray(sent['results']) ? sent['results'] : undefined;
    const ids = items && toIds(items.map((item) => (isObject(item) ? item['id'] : undefined)));
    const kind = toAssociationKind(key);
    if (items === undefined || ids === undefined || !/^[a-z0-9][a-z0-9_-]*$/.test(kind)) {
      keepMisfit(extra, `associations.${key}`, sent);
    } else if (ids.length > 0) {
      const known = Object.hasOwn(taken.associations, kind) ? taken.associations[kind] : undefined;
      taken.associations[kind] = sortIds([...(known ?? []), ...ids]);
      const own = Object.hasOwn(names, key) ? names[key] : undefined;
      for (const [n, item] of items.entries()) {
        const types = (item as JsonObject)['associationTypes'];
        if (!Array.isArray(types)) continue;
        const labels = types.flatMap((type) => toLabels(type, own, toText));
        const id = ids[n];
        if (labels.length > 0 && id !== undefined) addLabels(taken, kind, idToText(id), labels);
      }
    }
  }
  return taken;
}

/** The label of an association's type, which HubSpot may leave to the definitions; none for a plain association. */
function toLabels(
  type: unknown,
  names: LabelNames[string] | undefined,
  toText: (name: string) => string,
): string[] {
  const label = isObject(type) ? type['label'] : undefined;
  if (typeof label === 'string') return label === '' ? [] : [label];
  const key = names === undefined ? null : toLabelKey(type);
  const name = key !== null && names !== undefined && Object.hasOwn(names, key) ? names[key] : '';
  return name === undefined || name === '' ? [] : [toText(name)];
}

function addLabels(
  { association_labels }: Associations,
  kind: string,
  id: string,
  labels: string[],
): void {
  const known = Object.hasOwn(association_labels, kind) ? association_labels[kind] : undefined;
  const ofKind = known ?? {};
  association_labels[kind] = ofKind;
  // By their bytes, so that the order is the same whether they are byte text or not.
  ofKind[id] = [...new Set([...(ofKind[id] ?? []), ...labels])].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

/** Whether a list of associations promises more than it holds. */
export function hasMore(list: unknown): boolean {
  if (!isObject(list) || !isObject(list['paging'])) return false;
  return list['paging']['next'] !== undefined && list['paging']['next'] !== null;
}

/** `companies` → `company`, `line items` → `line_item`; custom objects (`p123_cars`, `2-345`) keep their names. */
function toAssociationKind(key: string): string {
  if (Object.hasOwn(ASSOCIATION_KINDS, key)) {
    return ASSOCIATION_KINDS[key as keyof typeof ASSOCIATION_KINDS];
  }
  const known = KINDS_BY_TYPE_ID.get(key);
  if (known !== undefined) return known;
  if (/^p\d+_|^\d+-\d+$/.test(key)) return key;
  // In byte text, toLowerCase would spoil what is not ASCII.
  if (!/^[ -~]+$/.test(key)) return '';
  const name = key.toLowerCase().replace(/[ -]+/g, '_');
  return name.endsWith('ies') ? `${name.slice(0, -3)}y` : name.replace(/(?<!s)s$/, '');
}
