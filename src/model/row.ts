import type { RawNumber } from '../json.ts';

/** A HubSpot id: a JSON integer, kept as its digits when beyond 2^53. */
export type Id = number | RawNumber;

/** Which of HubSpot's API generations a record came from. */
export type Api = 'v1' | 'objects';

/**
 * One engagement as a line of NDJSON; the keys stand in this order, unknown values are null.
 * Instants are ISO 8601 in UTC with milliseconds, between the years 0001 and 9999.
 */
export interface EngagementRow {
  portal_id: Id;
  id: Id;
  /** Open text: HubSpot adds types. v1's names (`EMAIL`, `INCOMING_EMAIL`, `CALL`, …), whichever API it came from. */
  type: string;
  active: boolean | null;
  created_at: string | null;
  updated_at: string | null;
  /** When it took place (HubSpot's `timestamp`); for a task, when it is due. */
  occurred_at: string | null;
  owner_id: Id | null;
  team_id: Id | null;
  created_by: Id | null;
  modified_by: Id | null;
  source: string | null;
  source_id: string | null;
  activity_type: string | null;
  title: string | null;
  body_preview: string | null;
  /** Ascending, distinct ids by singular snake_case object type (`contact`, `marketing_event`); empty kinds left out. */
  associations: Record<string, Id[]>;
  /** Ids of attached files, as HubSpot ordered them. */
  attachments: Id[];
  /** HubSpot's v1 metadata, keys sorted. */
  metadata: Record<string, unknown>;
  /** Every field that has no column, keys sorted: nothing HubSpot sent is dropped. */
  extra: Record<string, unknown>;
  archived_at: string | null;
  api: Api;
  /** 32 hexadecimal digits over everything above but `api`; equal content, equal hash. */
  content_hash: string;
  /** When the page was asked for. */
  extracted_at: string;
  /** The page's path under data/raw/engagements, `#`, and the record's index in it. */
  raw_page: string;
}

/** A record that could not become a row; a line of `_rejects.ndjson`. */
export interface Reject {
  /** The page's path under data/raw/engagements. */
  page: string;
  index: number;
  reason: string;
  record: unknown;
}
