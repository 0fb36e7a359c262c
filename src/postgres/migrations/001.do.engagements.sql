-- Runs inside a transaction whose search_path is the schema named by DATABASE_SCHEMA.
-- Keys begin with what Citus distributes by or contain it, and nothing refers across to the ledger
-- (ARCHITECTURE.md, "One loader for Postgres and Citus").

create table engagements (
  portal_id    bigint      not null,
  id           bigint      not null,
  type         text        not null,
  active       boolean,
  created_at   timestamptz,
  updated_at   timestamptz,
  occurred_at  timestamptz,
  owner_id     bigint,
  team_id      bigint,
  created_by   bigint,
  modified_by  bigint,
  source       text,
  source_id    text,
  activity_type text,
  title        text,
  body_preview text,
  metadata     jsonb       not null,
  extra        jsonb       not null,
  archived_at  timestamptz,
  api          text        not null,
  content_hash text        not null,
  extracted_at timestamptz not null,
  raw_page     text        not null,
  deleted_at   timestamptz,
  primary key (portal_id, id)
);

create table engagement_associations (
  portal_id     bigint not null,
  engagement_id bigint not null,
  object_type   text   not null,
  object_id     bigint not null,
  primary key (portal_id, engagement_id, object_type, object_id)
);

create table engagement_attachments (
  portal_id     bigint not null,
  engagement_id bigint not null,
  file_id       bigint not null,
  primary key (portal_id, engagement_id, file_id)
);

-- The ledger: one row for each merged run.
create table load_runs (
  run           text        not null,
  portal_id     bigint      not null,
  mode          text        not null,
  api           text        not null,
  started_at    timestamptz not null,
  loaded_at     timestamptz not null,
  ndjson_sha256 text        not null,
  records       bigint      not null,
  inserted      bigint      not null,
  updated       bigint      not null,
  unchanged     bigint      not null,
  older         bigint      not null,
  duplicates    bigint      not null,
  deleted       bigint      not null,
  rejected      bigint      not null,
  duration_ms   bigint      not null,
  primary key (portal_id, run)
);

comment on table engagements is 'One row per HubSpot engagement: the newest copy that any loaded run holds.';
comment on column engagements.type is 'HubSpot''s v1 name of the engagement type, such as EMAIL or CALL; open text.';
comment on column engagements.occurred_at is 'When it took place; for a task, when it is due.';
comment on column engagements.metadata is 'The fields of its type, under HubSpot''s v1 names.';
comment on column engagements.extra is 'Every field HubSpot sent that has no column of its own.';
comment on column engagements.content_hash is 'Digest of the content: a copy with the same digest is not written again.';
comment on column engagements.extracted_at is 'When HubSpot was asked for the copy that last changed this row.';
comment on column engagements.raw_page is 'That copy''s page under data/raw/engagements, # and its index in the page.';
comment on column engagements.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';
comment on table engagement_associations is 'The contacts, companies, deals, tickets, owners … of each engagement.';
comment on table engagement_attachments is 'The files attached to each engagement.';
comment on table load_runs is 'The ledger: the extraction runs that the tables are made of.';
comment on column load_runs.portal_id is '0 when the run held no engagement to tell the portal by.';
comment on column load_runs.ndjson_sha256 is 'Of the manifest of the normalized run, which holds the digests of its parts.';
