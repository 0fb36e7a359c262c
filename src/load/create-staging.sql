-- A load leaves none behind, however it ends; a restored backup might.
drop table if exists load_staging, load_verdicts;

-- Rows of a run as they were read, or their deciding columns alone; metadata and extra are parsed only if they will be
-- written. associations: see id-lists.ts.
create unlogged table load_staging (
  line         bigint      not null,
  redacted     boolean     not null,
  portal_id    bigint      not null,
  id           bigint      not null,
  type         text,
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
  associations text        not null,
  attachments  text        not null,
  metadata     text,
  extra        text,
  archived_at  timestamptz,
  api          text        not null,
  content_hash text        not null,
  extracted_at timestamptz not null,
  raw_page     text
);

-- Compressing what will be dropped in a moment, and decompressing it before, takes longer than reading it.
alter table load_staging
  alter body_preview set storage external,
  alter associations set storage external,
  alter metadata set storage external,
  alter extra set storage external;

-- What becomes of each engagement in staging; only the copy on this line is looked at further.
create unlogged table load_verdicts (
  portal_id bigint not null,
  id        bigint not null,
  line      bigint not null,
  verdict   text   not null,
  liveness  text
);
