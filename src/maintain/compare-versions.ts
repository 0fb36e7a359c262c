import { ORIGIN_KEYS } from '../model/columns.ts';

/** A field that differs between two rows; `undefined` stands for none. */
export interface FieldChange {
  /** A column, or a key within one: `updated_at`, `metadata.status`, `associations.contact`. */
  field: string;
  before: unknown;
  after: unknown;
}

type Row = Record<string, unknown>;

/** The columns that say where a copy comes from and not what it is. */
const ORIGIN = new Set<string>(ORIGIN_KEYS);
const NESTED = new Set(['associations', 'association_labels', 'metadata', 'extra']);

/** What changed from one copy of an engagement to the next, in the order of the columns. Pure. */
export function compareVersions(before: Row, after: Row): FieldChange[] {
  return Object.keys(after)
    .filter((column) => !ORIGIN.has(column))
    .flatMap((column) => {
      if (!NESTED.has(column)) return compare(column, before[column], after[column]);
      const [old, now] = [before[column], after[column]] as [Row, Row];
      const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]);
      return [...keys]
        .sort()
        .flatMap((key) => compare(`${column}.${key}`, own(old, key), own(now, key)));
    });
}

function compare(field: string, before: unknown, after: unknown): FieldChange[] {
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }];
}

function own(row: Row | undefined, key: string): unknown {
  return row !== undefined && Object.hasOwn(row, key) ? row[key] : undefined;
}
