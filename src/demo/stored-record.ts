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

/**
 * The parts of a record: those of v1; and `properties`, which contacts, companies, deals and tickets have in place of
 * `metadata`. Those that a record lacks are empty.
 */
export interface RecordParts {
  engagement: Record<string, unknown>;
  associations: Record<string, unknown>;
  metadata: Record<string, unknown>;
  properties: Record<string, unknown>;
  attachments: unknown[];
  [part: string]: unknown;
}

/** A change of a record: its parts are merged field by field (a list is replaced), what is not named stays. */
export interface RecordChange {
  engagement?: Record<string, unknown>;
  associations?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  properties?: Record<string, unknown>;
  [part: string]: unknown;
}

/** Reads a record by its parts, whatever it is. */
export function readParts(record: StoredRecord): RecordParts {
  const parts = asObject(record.read());
  const { attachments } = parts;
  return {
    ...parts,
    engagement: asObject(parts['engagement']),
    associations: asObject(parts['associations']),
    metadata: asObject(parts['metadata']),
    properties: asObject(parts['properties']),
    attachments: Array.isArray(attachments) ? attachments : [],
  };
}

/** A record to be held as it is, in the place of `id`. */
export function toStored(id: bigint, record: unknown): StoredRecord {
  const { type, createdAt, lastUpdated } = asObject(asObject(record)['engagement']);
  return {
    id,
    type: typeof type === 'string' ? type : undefined,
    createdAt: typeof createdAt === 'number' ? createdAt : Number.NaN,
    lastUpdated: typeof lastUpdated === 'number' ? lastUpdated : Number.NaN,
    read: () => record,
  };
}

/** `engagement.id`; undefined when it is no integer. */
export function idOf(record: unknown): bigint | undefined {
  return parseId(asObject(asObject(record)['engagement'])['id']);
}

/** An id of a record as a bigint; undefined when it is no integer. */
export function parseId(id: unknown): bigint | undefined {
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

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
