import type { RawNumber } from '../json.ts';
import type { Column, ORIGIN_KEYS, ROW_KEYS } from './columns.ts';

/** A HubSpot id: a JSON integer, kept as its digits when beyond 2^53. */
export type Id = number | RawNumber;

/** Which of HubSpot's API generations a record came from. */
export type Api = 'v1' | 'objects';

/** Values as they stand in a line, by their column's type. */
interface Values {
  bigint: Id;
  boolean: boolean;
  text: string;
  timestamptz: string;
  jsonb: Record<string, unknown>;
}

/** Values that a column's type does not tell. */
interface OwnValues {
  associations: Record<string, Id[]>;
  association_labels: Record<string, Record<string, string[]>>;
  attachments: Id[];
  api: Api;
}

type ValueOf<K> = K extends Column
  ? Values[K['sql']] | (K['nullable'] extends true ? null : never)
  : never;

/** One engagement as a line of NDJSON: see {@link ROW_KEYS}. */
export type EngagementRow = {
  -readonly [K in keyof typeof ROW_KEYS]: K extends keyof OwnValues
    ? OwnValues[K]
    : ValueOf<(typeof ROW_KEYS)[K]>;
};

/** What a row says of its engagement: the part of the row that its content_hash is over. */
export type RowContent = Omit<EngagementRow, (typeof ORIGIN_KEYS)[number]>;

/** A record that could not become a row; a line of `_rejects.ndjson`. */
export interface Reject {
  /** The page's path under data/raw/engagements. */
  page: string;
  index: number;
  reason: string;
  record: unknown;
}
