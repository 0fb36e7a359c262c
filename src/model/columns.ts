/**
 * What an engagement's row is made of. The NDJSON line, the staging table, COPY and the data dictionary follow these
 * tables: their order is the order of the line's keys, which is a contract.
 */

/** The Postgres types that columns have. */
export type SqlType = 'bigint' | 'boolean' | 'text' | 'timestamptz' | 'jsonb';

/** A column of the table `engagements`. */
export interface Column {
  sql: SqlType;
  nullable: boolean;
  /** What it means: the comment on the column. */
  about: string;
}

/** A key of the NDJSON line whose values load puts into a table of their own, one row for each. */
export interface Listed {
  sql: null;
  /** The table. */
  table: 'engagement_associations' | 'engagement_attachments';
  about: string;
}

/**
 * The keys of an NDJSON line, in their order. Unknown values of nullable ones are null; instants are ISO 8601 in UTC
 * with milliseconds, between the years 0001 and 9999.
 */
export const ROW_KEYS = {
  portal_id: { sql: 'bigint', nullable: false, about: 'The HubSpot account.' },
  id: {
    sql: 'bigint',
    nullable: false,
    about: 'HubSpot’s id of the engagement, the same by both APIs.',
  },
  type: {
    sql: 'text',
    nullable: false,
    about: 'HubSpot’s v1 name of the engagement type, such as EMAIL or CALL; open text.',
  },
  active: {
    sql: 'boolean',
    nullable: true,
    about: 'Whether HubSpot shows it; by the objects API false when archived, else unknown.',
  },
  created_at: { sql: 'timestamptz', nullable: true, about: 'When it was created in HubSpot.' },
  updated_at: {
    sql: 'timestamptz',
    nullable: true,
    about: 'When it was last modified in HubSpot.',
  },
  occurred_at: {
    sql: 'timestamptz',
    nullable: true,
    about: 'When it took place; for a task, when it is due.',
  },
  owner_id: { sql: 'bigint', nullable: true, about: 'The id of its owner.' },
  team_id: { sql: 'bigint', nullable: true, about: 'The id of its owner’s team.' },
  created_by: { sql: 'bigint', nullable: true, about: 'The id of the user who created it.' },
  modified_by: { sql: 'bigint', nullable: true, about: 'The id of the user who last modified it.' },
  source: { sql: 'text', nullable: true, about: 'What created it, in HubSpot’s words.' },
  source_id: { sql: 'text', nullable: true, about: 'Which one of those created it.' },
  activity_type: {
    sql: 'text',
    nullable: true,
    about: 'The account’s own kind of call or meeting.',
  },
  title: { sql: 'text', nullable: true, about: 'Its subject, or else its title.' },
  body_preview: { sql: 'text', nullable: true, about: 'The beginning of its text.' },
  associations: {
    sql: null,
    table: 'engagement_associations',
    about:
      'Ascending, distinct ids by singular snake_case object type (contact, marketing_event); empty kinds left out.',
  },
  association_labels: {
    sql: null,
    table: 'engagement_associations',
    about:
      'By object type and id of an associated object its labels, ascending and distinct; empty ones left out.',
  },
  attachments: {
    sql: null,
    table: 'engagement_attachments',
    about: 'Ids of attached files, as HubSpot ordered them.',
  },
  metadata: {
    sql: 'jsonb',
    nullable: false,
    about: 'The fields of its type, under HubSpot’s v1 names; keys sorted.',
  },
  extra: {
    sql: 'jsonb',
    nullable: false,
    about: 'Every field HubSpot sent that has no column of its own; keys sorted.',
  },
  archived_at: {
    sql: 'timestamptz',
    nullable: true,
    about: 'When it was archived (deleted) in HubSpot, where the API tells.',
  },
  api: { sql: 'text', nullable: false, about: 'Which API the copy came from: v1 or objects.' },
  content_hash: {
    sql: 'text',
    nullable: false,
    about:
      'Digest of the content (32 hexadecimal digits): a copy with the same digest is not written again.',
  },
  extracted_at: {
    sql: 'timestamptz',
    nullable: false,
    about: 'When HubSpot was asked for the copy that last changed this row.',
  },
  raw_page: {
    sql: 'text',
    nullable: false,
    about: 'That copy’s page under data/raw/engagements, # and its index in the page.',
  },
} as const satisfies Record<string, Column | Listed>;

/** The columns of `engagements` that load fills in and no NDJSON line has. */
export const TABLE_COLUMNS = {
  deleted_at: {
    sql: 'timestamptz',
    nullable: true,
    about: 'When HubSpot was found to hold it no longer; null while it does.',
  },
} as const satisfies Record<string, Column>;

/** The keys that say where a copy comes from: content_hash is over the line without them. */
export const ORIGIN_KEYS = ['api', 'content_hash', 'extracted_at', 'raw_page'] as const;
