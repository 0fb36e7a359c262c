-- deleted_at of a row that is there has been seen to: see delete-noticed.sql and revive.sql.
insert into engagements (
  portal_id, id, type, active, created_at, updated_at, occurred_at, owner_id, team_id, created_by, modified_by,
  source, source_id, activity_type, title, body_preview, metadata, extra, archived_at, api, content_hash,
  extracted_at, raw_page, deleted_at
)
select
  s.portal_id, s.id, s.type, s.active, s.created_at, s.updated_at, s.occurred_at, s.owner_id, s.team_id, s.created_by,
  s.modified_by, s.source, s.source_id, s.activity_type, s.title, s.body_preview, s.metadata::jsonb, s.extra::jsonb,
  s.archived_at, s.api, s.content_hash, s.extracted_at, s.raw_page, s.archived_at
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
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
  raw_page = excluded.raw_page;
