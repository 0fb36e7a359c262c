-- How many live rows of portal $1 the load has not met, though a full run covers their type. $2: engagement type -> the
-- first full run of the load that covers it; $3: these types.
select ($2::jsonb ->> e.type)::int as run_no, count(*)
from {table} as e
where e.portal_id = $1::bigint and e.deleted_at is null and e.type = any ($3::text[])
  and not exists (select from load_state as s where s.portal_id = e.portal_id and s.id = e.id)
group by run_no;
