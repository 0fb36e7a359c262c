import type { FieldCensus } from '../archive/manifest.ts';
import { isRawNumber } from '../json.ts';
import type { RowContent } from '../model/row.ts';
import { fromByteText } from './normalize/byte-text.ts';

/** How many rows of a type have a field with a value of some JSON type; in order of first appearance. */
export interface FieldCount {
  type: string;
  /** As in a row: `metadata.subject`, `extra.uid`, `associations.contact`; `metadata`, which all rows have. */
  field: string;
  /** Null says nothing of a field and is not counted. */
  kind: 'array' | 'boolean' | 'number' | 'object' | 'string';
  rows: number;
  /** The first such record: page and index, as in raw_page. */
  example: string;
}

/** Counts the fields of rows, whose strings are byte text. */
export interface FieldCounter {
  add(content: RowContent, page: string, index: number): void;
  counts(): FieldCount[];
}

type Column = 'metadata' | 'extra' | 'associations';
type Counts = Map<string, FieldCount[]>;

/** How many fields a run's census has at most: a key can be anything, ids even. */
export const MAX_FIELDS = 2000;

export function createFieldCounter(): FieldCounter {
  const types = new Map<string, Record<Column, Counts> & { rows: FieldCount }>();
  const all: FieldCount[] = [];
  const addColumn = (content: RowContent, column: Column, counts: Counts, at: string): void => {
    const value = content[column];
    for (const key in value) {
      const kind = toKind(value[key]);
      if (kind === null) continue;
      let known = counts.get(key);
      if (known === undefined) {
        known = [];
        counts.set(key, known);
      }
      let count: FieldCount | undefined;
      for (const one of known) if (one.kind === kind) count = one;
      if (count === undefined) {
        const type = fromByteText(content.type);
        count = { type, field: `${column}.${fromByteText(key)}`, kind, rows: 0, example: at };
        known.push(count);
        all.push(count);
      }
      count.rows += 1;
    }
  };
  return {
    add(content, page, index) {
      const at = `${page}#${index}`;
      let columns = types.get(content.type);
      if (columns === undefined) {
        // A row always has its metadata, empty though it may be.
        const type = fromByteText(content.type);
        const rows: FieldCount = { type, field: 'metadata', kind: 'object', rows: 0, example: at };
        all.push(rows);
        columns = { metadata: new Map(), extra: new Map(), associations: new Map(), rows };
        types.set(content.type, columns);
      }
      columns.rows.rows += 1;
      addColumn(content, 'metadata', columns.metadata, at);
      addColumn(content, 'extra', columns.extra, at);
      addColumn(content, 'associations', columns.associations, at);
    },
    counts: () => all,
  };
}

/**
 * Puts the counts of one batch after the other into the manifest's form, with all names ascending; those of the first
 * `maxFields` fields.
 */
export function createCensus(maxFields = MAX_FIELDS): {
  add(counts: FieldCount[]): void;
  counts(): FieldCount[];
  census(): FieldCensus;
} {
  const all = new Map<string, FieldCount>();
  return {
    add(counts) {
      for (const count of counts) {
        const key = JSON.stringify([count.type, count.field, count.kind]);
        const known = all.get(key);
        if (known !== undefined) known.rows += count.rows;
        else if (all.size < maxFields) all.set(key, { ...count });
      }
    },
    counts: () => [...all.values()],
    census() {
      // A type can have any name, `__proto__` too.
      const census: FieldCensus = Object.create(null);
      for (const key of [...all.keys()].sort()) {
        const { type, field, kind, rows, example } = all.get(key) as FieldCount;
        census[type] ??= {};
        const fields = census[type];
        fields[field] ??= {};
        fields[field][kind] = { rows, example };
      }
      return census;
    },
  };
}

function toKind(value: unknown): FieldCount['kind'] | null {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as FieldCount['kind'];
    default:
      if (value === null || value === undefined) return null;
      if (Array.isArray(value)) return 'array';
      return isRawNumber(value) ? 'number' : 'object';
  }
}
