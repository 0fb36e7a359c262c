import { isRawNumber } from '../json.ts';

/** A record of the store: its place, and how to get it (made anew at each reading, or held). */
export interface StoredRecord {
  id: bigint;
  read(): unknown;
}

/** Some records that follow each other in id order. */
export interface Slice {
  /** To be read one by one: a page of made-up records all at once is several megabytes. */
  records: StoredRecord[];
  /** The id of the last one; the cursor asked with when there is none. */
  last: bigint;
  /** Whether there are any beyond. */
  hasMore: boolean;
}

/**
 * The engagements of a portal as v1 records, the one truth that every endpoint reads. Ids are given as numbers or
 * bigints. Whoever holds it may change it between requests, as users of a real portal do.
 */
export interface Store {
  readonly size: number;
  /** At most `limit` records with an id above `cursor`, ascending. */
  after(cursor: bigint | number, limit: number): Slice;
  /** Undefined when there is no such record. */
  get(id: bigint | number): unknown;
  /** Throws RangeError when the record has no id, or one that is taken. */
  add(record: unknown): void;
  /** Puts `record` in the place of the one with this id. Throws RangeError when there is none. */
  update(id: bigint | number, record: unknown): void;
  /** Throws RangeError when there is no such record. */
  remove(id: bigint | number): void;
}

/** A store of `records`, which it sorts by id; the order of equal ids stays. */
export function createStore(records: readonly StoredRecord[]): Store {
  const sorted = [...records].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

  const indexOf = (id: bigint | number): number => {
    const index = firstAbove(sorted, BigInt(id) - 1n);
    if (sorted[index]?.id === BigInt(id)) return index;
    throw new RangeError(`the store has no engagement ${id}`);
  };

  return {
    get size() {
      return sorted.length;
    },
    after(cursor, limit) {
      const start = firstAbove(sorted, BigInt(cursor));
      let end = Math.min(start + limit, sorted.length);
      // Records of the same id cannot be told apart by a cursor: a page never ends between them.
      while (end > start && sorted[end] && sorted[end]?.id === sorted[end - 1]?.id) end++;
      const records = sorted.slice(start, end);
      return { records, last: records.at(-1)?.id ?? BigInt(cursor), hasMore: end < sorted.length };
    },
    get(id) {
      const record = sorted[firstAbove(sorted, BigInt(id) - 1n)];
      return record?.id === BigInt(id) ? record.read() : undefined;
    },
    add(record) {
      const id = idOf(record);
      if (id === undefined) throw new RangeError('an engagement needs an integer as engagement.id');
      const index = firstAbove(sorted, id);
      if (sorted[index - 1]?.id === id)
        throw new RangeError(`the store has engagement ${id} already`);
      sorted.splice(index, 0, { id, read: () => record });
    },
    update(id, record) {
      sorted[indexOf(id)] = { id: BigInt(id), read: () => record };
    },
    remove(id) {
      sorted.splice(indexOf(id), 1);
    },
  };
}

/**
 * Records to be held as they are, odd ones too: one without an id stands behind the one given before it (a test wants
 * to see it come out, which HubSpot would not let happen).
 */
export function toStoredRecords(records: readonly unknown[]): StoredRecord[] {
  let previous = 0n;
  return records.map((record) => {
    previous = idOf(record) ?? previous;
    return { id: previous, read: () => record };
  });
}

function idOf(record: unknown): bigint | undefined {
  const id = (record as { engagement?: { id?: unknown } } | null | undefined)?.engagement?.id;
  const digits = isRawNumber(id) ? id.rawJSON : String(id);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

/** Index of the first record whose id is above `id`; the length when there is none. */
function firstAbove(sorted: readonly StoredRecord[], id: bigint): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as StoredRecord).id > id) high = middle;
    else low = middle + 1;
  }
  return low;
}
