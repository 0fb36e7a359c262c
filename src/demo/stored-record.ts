import { isRawNumber } from '../json.ts';

/** A record of the store: what is known of it at once, and how to get it (made anew at each reading, or held). */
export interface StoredRecord {
  id: bigint;
  /** `engagement.type`; undefined when an odd record has none. */
  type: string | undefined;
  /** `engagement.createdAt` and `.lastUpdated`, epoch milliseconds; NaN when an odd record has none. */
  createdAt: number;
  lastUpdated: number;
  read(): unknown;
}

/** A change of a record: its parts are merged field by field (a list is replaced), what is not named stays. */
export interface RecordChange {
  engagement?: Record<string, unknown>;
  associations?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  [part: string]: unknown;
}

/**
 * Records to be held as they are, odd ones too: one without an id stands behind the one given before it (a test wants
 * to see it come out, which HubSpot would not let happen).
 */
export function toStoredRecords(records: readonly unknown[]): StoredRecord[] {
  let previous = 0n;
  return records.map((record) => {
    previous = idOf(record) ?? previous;
    return toStored(previous, record);
  });
}

/** A record to be held as it is, in the place of `id`. */
export function toStored(id: bigint, record: unknown): StoredRecord {
  const { type, createdAt, lastUpdated } = engagementOf(record);
  return {
    id,
    type: typeof type === 'string' ? type : undefined,
    createdAt: typeof createdAt === 'number' ? createdAt : Number.NaN,
    lastUpdated: typeof lastUpdated === 'number' ? lastUpdated : Number.NaN,
    read: () => record,
  };
}

function engagementOf(record: unknown): Record<string, unknown> {
  return (record as { engagement?: Record<string, unknown> } | null | undefined)?.engagement ?? {};
}

/** `engagement.id`; undefined when it is no integer. */
export function idOf(record: unknown): bigint | undefined {
  const { id } = engagementOf(record);
  const digits = isRawNumber(id) ? id.rawJSON : String(id);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

/** `record` with the parts of the change merged in. */
export function mergeParts(record: unknown, change: RecordChange): unknown {
  const merged: Record<string, unknown> = { ...(record as object) };
  for (const [part, value] of Object.entries(change)) {
    const old = merged[part];
    merged[part] = isObject(old) && isObject(value) ? { ...old, ...value } : value;
  }
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
