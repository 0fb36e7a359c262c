-- These rows are gone. $1 to $3: see count-unseen.sql; $4: when the runs of the load started.
update {table} as e
-- Citus 13.2 crashes on an array's element alone: it takes it for an assignment to the element.
set deleted_at = coalesce(($4::timestamptz[])[($2::jsonb ->> e.type)::int], e.deleted_at)
where e.portal_id = $1::bigint and e.deleted_at is null and e.type = any ($3::text[])
  and not exists (select from load_state as s where s.portal_id = e.portal_id and s.id = e.id);
