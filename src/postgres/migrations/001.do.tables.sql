-- Runs inside a transaction whose search_path is the schema named by DATABASE_SCHEMA.
-- Keys begin with what Citus distributes by or contain it, and nothing refers across to the ledger
-- (ARCHITECTURE.md, "One loader for Postgres and Citus"). The columns and their comments are those of
-- src/model/columns.ts; a test compares them.

-- Updated rows fit into the page of the old ones (HOT), so that no index has to be written for them.
create table engagements (
  portal_id     bigint      not null,
  id            bigint      not null,
  type          text        not null,
  active        boolean,
  created_at    timestamptz,
  updated_at    timestamptz,
  occurred_at   timestamptz,
  owner_id      bigint,
  team_id       bigint,
  created_by    bigint,
  modified_by   bigint,
  source        text,
  source_id     text,
  activity_type text,
  title         text,
  body_preview  text,
  metadata      jsonb       not null,
  extra         jsonb       not null,
  archived_at   timestamptz,
  api           text        not null,
  content_hash  text        not null,
  extracted_at  timestamptz not null,
  raw_page      text        not null,
  deleted_at    timestamptz,
  primary key (portal_id, id)
) with (fillfactor = 90);

create table engagement_associations (
  portal_id     bigint not null,
  engagement_id bigint not null,
  object_type   text   not null,
  object_id     bigint not null,
  labels        text[] not null default '{}',
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
  run              text        not null,
  portal_id        bigint      not null,
  mode             text        not null,
  api              text        not null,
  started_at       timestamptz not null,
  loaded_at        timestamptz not null,
  ndjson_sha256    text        not null,
  records          bigint      not null,
  inserted         bigint      not null,
  updated          bigint      not null,
  unchanged        bigint      not null,
  older            bigint      not null,
  duplicates       bigint      not null,
  withheld         bigint      not null,
  deleted          bigint      not null,
  rejected         bigint      not null,
  redacted         bigint      not null,
  accepts_redacted boolean     not null,
  duration_ms      bigint      not null,
  primary key (portal_id, run)
);

-- What the report reads by default (src/report/types-by-index.sql, daily.sql), without touching the table: the types, the
-- first and last day of each, and a range of days. The load finds in it the live rows that a full run did not see. Not
-- on updated_at: every update changes it, and would then write to every index instead of reusing its page (HOT).
create index engagements_report on engagements (type, created_at) include (portal_id, id) where deleted_at is null;

-- The engagements of a contact, a company, a deal.
create index engagement_associations_object on engagement_associations (object_type, object_id);

-- Where the server has lz4, it compresses several times faster than pglz, and no worse to speak of.
do $$
begin
  if exists (
    select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)
  ) then
    alter table engagements
      alter body_preview set compression lz4,
      alter metadata set compression lz4,
      alter extra set compression lz4;
  end if;
end
$$;

comment on table engagements is 'One row per HubSpot engagement: the newest copy that any loaded run holds.';
comment on column engagements.portal_id is 'The HubSpot account.';
comment on column engagements.id is 'HubSpot’s id of the engagement, the same by both APIs.';
comment on column engagements.type is 'HubSpot’s v1 name of the engagement type, such as EMAIL or CALL; open text.';
comment on column engagements.active is 'Whether HubSpot shows it; by the objects API false when archived, else unknown.';
comment on column engagements.created_at is 'When it was created in HubSpot.';
comment on column engagements.updated_at is 'When it was last modified in HubSpot.';
comment on column engagements.occurred_at is 'When it took place; for a task, when it is due.';
comment on column engagements.owner_id is 'The id of its owner.';
comment on column engagements.team_id is 'The id of its owner’s team.';
comment on column engagements.created_by is 'The id of the user who created it.';
comment on column engagements.modified_by is 'The id of the user who last modified it.';
comment on column engagements.source is 'What created it, in HubSpot’s words.';
comment on column engagements.source_id is 'Which one of those created it.';
comment on column engagements.activity_type is 'The account’s own kind of call or meeting.';
comment on column engagements.title is 'Its subject, or else its title.';
comment on column engagements.body_preview is 'The beginning of its text.';
comment on column engagements.metadata is 'The fields of its type, under HubSpot’s v1 names; keys sorted.';
comment on column engagements.extra is 'Every field HubSpot sent that has no column of its own; keys sorted.';
comment on column engagements.archived_at is 'When it was archived (deleted) in HubSpot, where the API tells.';
comment on column engagements.api is 'Which API the copy came from: v1 or objects.';
comment on column engagements.content_hash is 'Digest of the content (32 hexadecimal digits): a copy with the same digest is not written again.';
comment on column engagements.extracted_at is 'When HubSpot was asked for the copy that last changed this row.';
comment on column engagements.raw_page is 'That copy’s page under data/raw/engagements, # and its index in the page.';
comment on column engagements.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';
comment on table engagement_associations is 'The contacts, companies, deals, tickets, owners … of each engagement.';
comment on column engagement_associations.portal_id is 'The HubSpot account.';
comment on column engagement_associations.engagement_id is 'The engagement.';
comment on column engagement_associations.object_type is 'Singular, in snake_case: contact, company, deal, ticket, owner, marketing_event …';
comment on column engagement_associations.object_id is 'HubSpot’s id of the associated object.';
comment on column engagement_associations.labels is 'The association’s labels, ascending and distinct; only the objects API tells.';
comment on table engagement_attachments is 'The files attached to each engagement.';
comment on column engagement_attachments.portal_id is 'The HubSpot account.';
comment on column engagement_attachments.engagement_id is 'The engagement.';
comment on column engagement_attachments.file_id is 'HubSpot’s id of the file.';
comment on table load_runs is 'The ledger: the extraction runs that the tables are made of.';
comment on column load_runs.run is 'The run, and its folder: YYYY/MM/DD/HHMMSSZ-mode.';
comment on column load_runs.portal_id is 'The HubSpot account; 0 when the run held no engagement to tell it by.';
comment on column load_runs.mode is 'full or changes.';
comment on column load_runs.api is 'The API that was asked: v1 or objects.';
comment on column load_runs.started_at is 'When the extraction started, by HubSpot’s clock.';
comment on column load_runs.loaded_at is 'When it was merged.';
comment on column load_runs.ndjson_sha256 is 'Of the manifest of the normalized run, which holds the digests of its parts.';
comment on column load_runs.records is 'Records that HubSpot returned: inserted + updated + unchanged + older + duplicates + rejected.';
comment on column load_runs.inserted is 'Copies of engagements that no earlier run had.';
comment on column load_runs.updated is 'Copies that changed their row or what it is linked to, or brought it back.';
comment on column load_runs.unchanged is 'Copies with the content that the row had.';
comment on column load_runs.older is 'Copies older than the row.';
comment on column load_runs.duplicates is 'Copies of which the run itself held a newer one.';
comment on column load_runs.withheld is 'Redacted e-mails that did not replace contents; also counted as unchanged, or as updated when their row came back.';
comment on column load_runs.deleted is 'Rows that were found gone.';
comment on column load_runs.rejected is 'Records that could not become rows.';
comment on column load_runs.redacted is 'E-mails whose contents HubSpot held back, for want of the scope sales-email-read.';
comment on column load_runs.accepts_redacted is 'Whether these were to replace contents (load --accept-redacted).';
comment on column load_runs.duration_ms is 'How long the load took in which it was merged, in milliseconds.';
comment on table schema_migrations is 'The migrations that this schema has had.';
comment on column schema_migrations.version is 'The migration.';
comment on column schema_migrations.name is 'What it is called.';
comment on column schema_migrations.md5 is 'Digest of its file.';
comment on column schema_migrations.run_at is 'When it was applied; UTC.';
