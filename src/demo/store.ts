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
 * Records of a portal, the one truth that every endpoint reads. Instants (`at`) are epoch milliseconds, the clock's by
 * default. Whoever holds the store may change it between requests, as users of a real portal do.
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
  /** The living records, ascending by id. */
  living(): Iterable<StoredRecord>;
  /** Undefined when there is no such living record. */
  find(id: bigint | number): StoredRecord | undefined;
  /** Throws RangeError when the record has no id, or one that is taken or in the recycle bin. */
  add(record: unknown): void;
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
}

/** A store of `records`, which it sorts by id; the order of equal ids stays. */
export function createStore(records: readonly StoredRecord[], now = Date.now): Store {
  const sorted: StoredVersion[] = records
    .map((record) => ({ ...record, archivedAt: null }))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  let size = sorted.length;

  const collect = (
    start: number,
    limit: number,
    accept: (version: StoredVersion) => boolean,
  ): { records: StoredVersion[]; next: bigint | undefined } => {
    const records: StoredVersion[] = [];
    for (let index = start; index < sorted.length; index++) {
      const version = sorted[index] as StoredVersion;
      if (!accept(version)) continue;
      // Records of the same id cannot be told apart by a cursor: a page never ends between them.
      const isFull = records.length >= limit && version.id !== records.at(-1)?.id;
      if (isFull) return { records, next: version.id };
      records.push(version);
    }
    return { records, next: undefined };
  };

  const locate = (id: bigint | number): { index: number; version: StoredVersion | undefined } => {
    const index = firstAbove(sorted, BigInt(id) - 1n);
    const version = sorted[index];
    return { index, version: version?.id === BigInt(id) ? version : undefined };
  };

  const replace = (
    id: bigint | number,
    change: (version: StoredVersion) => Partial<StoredVersion>,
  ): void => {
    const { index, version } = locate(id);
    if (version === undefined || !isAlive(version)) throw new RangeError(`no living record ${id}`);
    sorted[index] = { ...version, ...change(version) };
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
    living: () => sorted.filter(isAlive),
    find(id) {
      const { version } = locate(id);
      return version !== undefined && isAlive(version) ? version : undefined;
    },
    add(record) {
      const id = idOf(record);
      if (id === undefined) throw new RangeError('a record needs an integer as its id');
      if (locate(id).version !== undefined) throw new RangeError(`record ${id} exists already`);
      sorted.splice(firstAbove(sorted, id), 0, { ...toStored(id, record), archivedAt: null });
      size++;
    },
    update(id, change, { at = now(), touch = true } = {}) {
      replace(id, (version) => {
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
      replace(id, () => ({ archivedAt: at }));
      size--;
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
