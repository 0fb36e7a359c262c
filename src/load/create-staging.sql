-- A load leaves none behind, however it ends; a restored backup might.
drop table if exists load_keys, load_state, load_rows;

-- What decides about the copies of one run. A rejected record has an id alone. associations, labels, attachments: see
-- to-lists.ts.
create unlogged table load_keys (
  portal_id    bigint  not null,
  id           bigint  not null,
  line         bigint  not null,
  rejected     boolean not null default false,
  redacted     boolean,
  type         text,
  updated_at   timestamptz,
  archived_at  timestamptz,
  content_hash text,
  extracted_at timestamptz,
  associations text,
  labels       text,
  attachments  text
);

-- What becomes of each engagement that the load has met so far.
create unlogged table load_state (
  portal_id      bigint  not null,
  id             bigint  not null,
  -- Where the copy stands whose content the row will have; null when the row has it already.
  run_no         int,
  line           bigint,
  -- Of that copy.
  type           text    not null,
  updated_at     timestamptz,
  archived_at    timestamptz,
  api            text    not null,
  content_hash   text    not null,
  extracted_at   timestamptz not null,
  redacted       boolean not null,
  -- What the row will be linked to, and whether it was linked to something else.
  associations   text    not null,
  labels         text    not null,
  attachments    text    not null,
  relinked       boolean not null,
  -- Since when it is deleted as far as its newest copy tells; else the first later run that did not see it.
  deleted_at     timestamptz,
  gone_no        int,
  -- deleted_at of the row that was there.
  was_deleted_at timestamptz,
  -- What the run seen_no did: verdict, whether the copy was withheld, whether the engagement was live before, and the
  -- earlier run that had not seen it.
  seen_no        int     not null,
  verdict        text    not null,
  withheld       boolean not null,
  was_live       boolean not null,
  died_no        int,
  primary key (portal_id, id)
);

-- Rows to write; metadata and extra are parsed when they are.
create unlogged table load_rows (
  run_no int    not null,
  line   bigint not null,
  {staged columns}
);

-- Compressing what will be dropped in a moment, and decompressing it before, takes longer than reading it.
alter table load_keys alter associations set storage external;
alter table load_state alter associations set storage external;
alter table load_rows
  alter body_preview set storage external,
  alter metadata set storage external,
  alter extra set storage external;
