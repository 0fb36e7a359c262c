import type { Id } from '../archive/row.ts';
import { COLUMN_FIELDS, type ColumnField, type Field, type ObjectKind } from './object-fields.ts';
import { CONVERT, isEmpty } from './property-values.ts';
import { isObject, type JsonObject, keep, outOfRange, type RowContent } from './row-content.ts';
import { idToText } from './to-id.ts';
import { OUT_OF_RANGE } from './to-instant.ts';
import { toPeople } from './to-people.ts';

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

/** The keys of a record that are read here or elsewhere, whatever is in them. */
const READ_KEYS: ReadonlySet<string> = new Set(['id', 'properties', 'associations']);

const RECORD = 'record.';

/** Reads the properties of `record`, an object of the CRM objects API; neither of the two is changed. */
export function readProperties(record: JsonObject, properties: JsonObject): PropertyReader {
  const taken = new Set<string>();
  const chosen = new Map<string, number>();
  let reject: { reject: string } | null = null;

  // The properties' own names have no dot.
  const get = (name: string): unknown =>
    name[RECORD.length - 1] === '.' ? record[name.slice(RECORD.length)] : properties[name];

  /** The converted value; `undefined` when it is not set, or does not fit and so stays. */
  const take = (name: string, as: keyof typeof CONVERT): unknown => {
    const value = get(name);
    if (isEmpty(value, as)) {
      taken.add(name);
      return undefined;
    }
    const converted = CONVERT[as](value);
    if (converted === OUT_OF_RANGE) reject ??= outOfRange(name.replace(RECORD, ''), value);
    else if (converted !== undefined) taken.add(name);
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
        if (isSame(CONVERT[as](get(name)), first)) taken.add(name);
      }
      return first as RowContent[C] | null;
    },

    takeArchivedAt() {
      if (record['archived'] !== true) return null;
      return (take(`${RECORD}archivedAt`, 'instant') as string | undefined) ?? null;
    },

    takeType({ type, typedBy }) {
      const value = typedBy === undefined ? undefined : properties[typedBy.property];
      if (typedBy === undefined || typeof value !== 'string') return type;
      if (!typedBy.types.includes(value)) return type;
      taken.add(typedBy.property);
      return value;
    },

    takeFields(fields, target) {
      for (const [v1, property, as] of fields) {
        const value = take(property, as);
        if (value === undefined) continue;
        const [key, inner] = v1.split('.') as [string, string | undefined];
        if (inner === undefined) target[key] = value;
        else target[key] = { ...(isObject(target[key]) ? target[key] : {}), [inner]: value };
      }
    },

    takePeople(metadata) {
      const people = toPeople(properties);
      Object.assign(metadata, people.metadata);
      for (const property of people.said) taken.add(property);
    },

    keepTheRest(extra, id) {
      for (const [name, value] of Object.entries(properties)) {
        if (value === null || taken.has(name)) continue;
        if (name === 'hs_object_id' && CONVERT.id(value) !== undefined) {
          if (idToText(CONVERT.id(value) as Id) === idToText(id)) continue;
        }
        keep(extra, name, value);
      }
      for (const [key, value] of Object.entries(record)) {
        if (value === null || READ_KEYS.has(key) || taken.has(RECORD + key)) continue;
        if (key === 'archived' && typeof value === 'boolean') continue;
        keep(extra, key, value);
      }
    },

    findReject: () => reject,
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
