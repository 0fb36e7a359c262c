-- Rows of one run as they were read: the keys that decide, and the document as text, parsed only if it will be written.
create unlogged table load_staging (
  portal_id    bigint      not null,
  id           bigint      not null,
  line         bigint      not null,
  updated_at   timestamptz,
  extracted_at timestamptz not null,
  api          text        not null,
  content_hash text        not null,
  associations text        not null,
  attachments  text        not null,
  document     text        not null
);

-- What becomes of each engagement in staging; only the copy on this line is looked at further.
create unlogged table load_verdicts (
  portal_id bigint not null,
  id        bigint not null,
  line      bigint not null,
  verdict   text   not null
);
