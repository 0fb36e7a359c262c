import {
  idOf,
  mergeParts,
  type RecordChange,
  type StoredRecord,
  toStored,
} from './stored-record.ts';

/** A record at one time of its life. */
export interface StoredVersion extends StoredRecord {
  /** When it was put into the recycle bin, epoch milliseconds; null while it lives. */
  archivedAt: number | null;
}

/** Some records that follow each other in id order. */
export interface Slice {
  /** To be read one by one: a page of made-up records all at once is several megabytes. */
  records: StoredVersion[];
  /** The id of the last one; the cursor asked with when there is none. */
  last: bigint;
  /** Whether there are any beyond. */
  hasMore: boolean;
}

/**
 * The engagements of a portal as v1 records, the one truth that every endpoint reads. Ids are given as numbers or
 * bigints, instants (`at`) as epoch milliseconds, the clock's by default. Whoever holds the store may change it between
 * requests, as users of a real portal do.
 */
export interface Store {
  /** How many live. */
  readonly size: number;
  /** At most `limit` living records with an id above `cursor`, ascending. */
  after(cursor: bigint | number, limit: number): Slice;
  /**
   * At most `limit` of those that `accept` wants, archived ones too, with an id of `first` or above, ascending; and the
   * id of the one that follows, undefined at the end.
   */
  from(
    first: bigint,
    limit: number,
    accept: (version: StoredVersion) => boolean,
  ): { records: StoredVersion[]; next: bigint | undefined };
  /** What HubSpot's index shows: the living records as they were `indexLagMs` ago, ascending by id. */
  indexed(): Generator<StoredRecord>;
  /** Undefined when there is no such living record. */
  get(id: bigint | number): unknown;
  /** Throws RangeError when the record has no id, or one that is taken or in the recycle bin. */
  add(record: unknown, options?: { at?: number }): void;
  /**
   * Changes a record at an instant, which becomes its `lastUpdated` unless the change names another. HubSpot does not
   * always touch it when only associations change: `touch: false`. Throws RangeError when there is no such record.
   */
  update(
    id: bigint | number,
    change: RecordChange,
    options?: { at?: number; touch?: boolean },
  ): void;
  /** Puts a record into the recycle bin. Throws RangeError when there is no such record. */
  remove(id: bigint | number, options?: { at?: number }): void;
  /** Takes a record out of the recycle bin, unchanged. Throws RangeError when it is not there. */
  restore(id: bigint | number, options?: { at?: number }): void;
}

/** How a store goes with time. */
export interface StoreOptions {
  /** Epoch milliseconds; this machine's clock by default. */
  now?: () => number;
  /** How long the index takes to see a change, in ms; 0 by default. */
  indexLagMs?: number;
}

/** A place of the store, with the past that a slow index still shows. */
interface Version extends StoredVersion {
  changedAt: number;
  before: Version | null;
}

/** A store of `records`, which it sorts by id; the order of equal ids stays. */
export function createStore(
  records: readonly StoredRecord[],
  { now = Date.now, indexLagMs = 0 }: StoreOptions = {},
): Store {
  const sorted: Version[] = records
    .map((record) => ({ ...record, archivedAt: null, changedAt: -Infinity, before: null }))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  let size = sorted.length;

  const collect = (
    start: number,
    limit: number,
    accept: (version: StoredVersion) => boolean,
  ): { records: Version[]; next: bigint | undefined } => {
    const records: Version[] = [];
    for (let index = start; index < sorted.length; index++) {
      const version = sorted[index] as Version;
      if (!accept(version)) continue;
      // Records of the same id cannot be told apart by a cursor: a page never ends between them.
      const isFull = records.length >= limit && version.id !== records.at(-1)?.id;
      if (isFull) return { records, next: version.id };
      records.push(version);
    }
    return { records, next: undefined };
  };

  const find = (id: bigint | number): { index: number; version: Version | undefined } => {
    const index = firstAbove(sorted, BigInt(id) - 1n);
    const version = sorted[index];
    return { index, version: version?.id === BigInt(id) ? version : undefined };
  };

  const replace = (
    id: bigint | number,
    archived: boolean,
    at: number,
    fields: (version: Version) => Partial<Version>,
  ): void => {
    const { index, version } = find(id);
    if (version === undefined || (version.archivedAt !== null) !== archived) {
      throw new RangeError(`the ${archived ? 'recycle bin' : 'store'} has no engagement ${id}`);
    }
    const before = indexLagMs > 0 ? version : null;
    sorted[index] = { ...version, ...fields(version), changedAt: at, before };
  };

  /** Undefined when the index does not know it yet. */
  const settled = (newest: Version): Version | null => {
    if (indexLagMs === 0) return newest;
    let version: Version | null = newest;
    while (version !== null && version.changedAt + indexLagMs > now()) version = version.before;
    return version;
  };

  return {
    get size() {
      return size;
    },
    after(cursor, limit) {
      const { records, next } = collect(firstAbove(sorted, BigInt(cursor)), limit, isAlive);
      const last = records.at(-1)?.id ?? BigInt(cursor);
      return { records, last, hasMore: next !== undefined };
    },
    from(first, limit, accept) {
      return collect(firstAbove(sorted, first - 1n), limit, accept);
    },
    *indexed() {
      for (const newest of sorted) {
        const version = settled(newest);
        if (version !== null && isAlive(version)) yield version;
      }
    },
    get(id) {
      const { version } = find(id);
      return version !== undefined && isAlive(version) ? version.read() : undefined;
    },
    add(record, { at = now() } = {}) {
      const id = idOf(record);
      if (id === undefined) throw new RangeError('an engagement needs an integer as engagement.id');
      if (find(id).version !== undefined)
        throw new RangeError(`the store has engagement ${id} already`);
      const version = { ...toStored(id, record), archivedAt: null, changedAt: at, before: null };
      sorted.splice(firstAbove(sorted, id), 0, version);
      size++;
    },
    update(id, change, { at = now(), touch = true } = {}) {
      replace(id, false, at, (version) => {
        const engagement = { ...(touch && { lastUpdated: at }), ...change.engagement };
        const { type, createdAt, lastUpdated } = engagement as Record<string, unknown>;
        return {
          type: typeof type === 'string' ? type : version.type,
          createdAt: typeof createdAt === 'number' ? createdAt : version.createdAt,
          lastUpdated: typeof lastUpdated === 'number' ? lastUpdated : version.lastUpdated,
          read: () => mergeParts(version.read(), { ...change, engagement }),
        };
      });
    },
    remove(id, { at = now() } = {}) {
      replace(id, false, at, () => ({ archivedAt: at }));
      size--;
    },
    restore(id, { at = now() } = {}) {
      replace(id, true, at, () => ({ archivedAt: null }));
      size++;
    },
  };
}

function isAlive({ archivedAt }: StoredVersion): boolean {
  return archivedAt === null;
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
