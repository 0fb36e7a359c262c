import { isObject, type JsonObject } from '../../json.ts';
import { toEngagementType } from '../../model/object-types.ts';
import type { Id, RowContent } from '../../model/row.ts';
import { keep, outOfRange } from './content.ts';
import { COLUMN_FIELDS, type ColumnField, type Field, type ObjectKind } from './fields.ts';
import { idToText } from './ids.ts';
import { OUT_OF_RANGE } from './instants.ts';
import { toPeople } from './people.ts';
import type { TextForm } from './text-form.ts';
import { CONVERT, isEmpty, LOOKS_INSIDE } from './values.ts';

/** A column that properties say the value of. */
export type PropertyColumn = keyof typeof COLUMN_FIELDS;

/** A record's properties, which are taken one after the other; in the end it is known which ones nobody took. */
export interface PropertyReader {
  /** A column's value; null when no property has one that fits. */
  takeColumn<C extends PropertyColumn>(column: C): RowContent[C] | null;
  /** When the record was archived; null when it is not. */
  takeArchivedAt(): string | null;
  /** The row's type. */
  takeType(kind: ObjectKind): string;
  /** Puts the fields that are set and fit into `target`, under their v1 names. */
  takeFields(fields: readonly Field[], target: JsonObject): void;
  /** Puts an e-mail's people into its `metadata`. */
  takePeople(metadata: JsonObject): void;
  /** Puts what nobody took into `extra`, but for what repeats the row's `id`. */
  keepTheRest(extra: JsonObject, id: Id): void;
  /** The reject of an instant that was out of range; null when there was none. */
  findReject(): { reject: string } | null;
}

/** The keys of a record that are read elsewhere. */
const READ_KEYS: ReadonlySet<string> = new Set(['id', 'properties', 'associations']);

const RECORD = 'record.';

/**
 * Reads the properties of `record`, an object of the CRM objects API; neither of the two is changed. `text` is for those
 * that have to be looked into.
 */
export function readProperties(
  record: JsonObject,
  properties: JsonObject,
  text: TextForm,
): PropertyReader {
  // What says something and nobody has taken yet.
  const left = new Map<string, unknown>();
  for (const name of Object.keys(properties)) {
    if (properties[name] !== null) left.set(name, properties[name]);
  }
  const leftOfRecord = new Map<string, unknown>();
  for (const key of Object.keys(record)) {
    if (record[key] !== null && !READ_KEYS.has(key)) leftOfRecord.set(RECORD + key, record[key]);
  }
  const placeOf = (name: string): Map<string, unknown> =>
    name.startsWith(RECORD) ? leftOfRecord : left;
  const chosen = new Map<string, number>();
  let reject: { reject: string } | null = null;

  const toReal = (value: unknown): unknown =>
    typeof value === 'string' ? text.read(value) : value;

  /** The converted value; `undefined` when it is not set, or does not fit and so stays. */
  const take = (name: string, as: keyof typeof CONVERT): unknown => {
    const place = placeOf(name);
    const value = place.get(name);
    if (value === undefined) return undefined;
    if (isEmpty(value, as)) {
      place.delete(name);
      return undefined;
    }
    const converted =
      typeof value === 'string' && LOOKS_INSIDE.has(as)
        ? text.write(CONVERT[as](text.read(value)))
        : CONVERT[as](value);
    if (converted === OUT_OF_RANGE) reject ??= outOfRange(name.replace(RECORD, ''), value);
    else if (converted !== undefined) place.delete(name);
    return converted;
  };

  return {
    takeColumn<C extends PropertyColumn>(column: C) {
      const { properties: names, as, goesWith }: ColumnField = COLUMN_FIELDS[column];
      const place = goesWith === undefined ? undefined : chosen.get(goesWith);
      let first: unknown = null;
      for (const [n, name] of names.entries()) {
        if (place !== undefined && place !== n) continue;
        const value = take(name, as);
        if (value === undefined) continue;
        first = value;
        chosen.set(column, n);
        if (value !== '') break;
      }
      if (names.length === 1 || first === null) return first as RowContent[C] | null;
      for (const name of names) {
        const value = placeOf(name).get(name);
        if (value === undefined) continue;
        if (isSame(toReal(CONVERT[as](value)), toReal(first))) placeOf(name).delete(name);
      }
      return first as RowContent[C] | null;
    },

    takeArchivedAt() {
      if (record['archived'] !== true) return null;
      return (take(`${RECORD}archivedAt`, 'instant') as string | undefined) ?? null;
    },

    takeType(kind) {
      const type = toEngagementType(kind, properties);
      // A field of the metadata may have taken it as well.
      if (kind.typedBy !== undefined && properties[kind.typedBy.property] === type) {
        left.delete(kind.typedBy.property);
      }
      return type;
    },

    takeFields(fields, target) {
      for (const [v1, property, as] of fields) {
        const value = take(property, as);
        if (value === undefined) continue;
        const dot = v1.indexOf('.');
        if (dot === -1) target[v1] = value;
        else {
          const outer = v1.slice(0, dot);
          const known = isObject(target[outer]) ? target[outer] : {};
          target[outer] = { ...known, [v1.slice(dot + 1)]: value };
        }
      }
    },

    takePeople(metadata) {
      const people = toPeople((property) => toReal(left.get(property)));
      Object.assign(metadata, text.write(people.metadata));
      for (const property of people.said) left.delete(property);
    },

    keepTheRest(extra, id) {
      for (const [name, value] of left) {
        if (name !== 'hs_object_id' || !isSameId(CONVERT.id(value), id)) keep(extra, name, value);
      }
      for (const [name, value] of leftOfRecord) {
        const key = name.slice(RECORD.length);
        if (key !== 'archived' || typeof value !== 'boolean') keep(extra, key, value);
      }
    },

    findReject: () => reject,
  };
}

function isSameId(a: Id | undefined, b: Id): boolean {
  return a !== undefined && idToText(a) === idToText(b);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
