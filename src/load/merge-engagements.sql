-- $1: when the run started.
insert into engagements as t (
  portal_id, id, type, active, created_at, updated_at, occurred_at, owner_id, team_id, created_by, modified_by,
  source, source_id, activity_type, title, body_preview, metadata, extra, archived_at, api, content_hash,
  extracted_at, raw_page
)
select
  d.portal_id, d.id, d.type, d.active, d.created_at, d.updated_at, d.occurred_at, d.owner_id, d.team_id, d.created_by,
  d.modified_by, d.source, d.source_id, d.activity_type, d.title, d.body_preview, d.metadata, d.extra, d.archived_at,
  d.api, d.content_hash, d.extracted_at, d.raw_page
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
cross join lateral jsonb_to_record(s.document::jsonb) as d (
  portal_id bigint, id bigint, type text, active boolean, created_at timestamptz, updated_at timestamptz,
  occurred_at timestamptz, owner_id bigint, team_id bigint, created_by bigint, modified_by bigint, source text,
  source_id text, activity_type text, title text, body_preview text, metadata jsonb, extra jsonb,
  archived_at timestamptz, api text, content_hash text, extracted_at timestamptz, raw_page text
)
where v.verdict in ('inserted', 'updated')
on conflict (portal_id, id) do update set
  type = excluded.type,
  active = excluded.active,
  created_at = excluded.created_at,
  updated_at = excluded.updated_at,
  occurred_at = excluded.occurred_at,
  owner_id = excluded.owner_id,
  team_id = excluded.team_id,
  created_by = excluded.created_by,
  modified_by = excluded.modified_by,
  source = excluded.source,
  source_id = excluded.source_id,
  activity_type = excluded.activity_type,
  title = excluded.title,
  body_preview = excluded.body_preview,
  metadata = excluded.metadata,
  extra = excluded.extra,
  archived_at = excluded.archived_at,
  api = excluded.api,
  content_hash = excluded.content_hash,
  extracted_at = excluded.extracted_at,
  raw_page = excluded.raw_page,
  -- A run transformed anew can change a row that a later run found gone; it stays gone.
  deleted_at = case when t.deleted_at < $1::timestamptz then null else t.deleted_at end;
