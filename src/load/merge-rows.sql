-- Writes the rows in load_rows that the table does not have as they are. $1: when the runs of the load started.
-- The anti-join leaves the others alone: ON CONFLICT would lock each of them, and write that to the WAL.
insert into {table} (
  {columns}, deleted_at
)
select
  {values}, coalesce(s.deleted_at, ($1::timestamptz[])[s.gone_no])
from load_rows as r
join load_state as s on s.portal_id = r.portal_id and s.id = r.id
where not exists (
  select from {table} as e
  where e.portal_id = r.portal_id and e.id = r.id and e.content_hash = r.content_hash
    and ({present}, e.deleted_at) is not distinct from ({values}, coalesce(s.deleted_at, ($1::timestamptz[])[s.gone_no]))
)
on conflict (portal_id, id) do update set
  {assignments}, deleted_at = excluded.deleted_at;
