-- The current day, when the newest data were extracted (null when nothing was loaded), and whose they are. Variables as in
-- daily.sql.

select
  to_char(current_timestamp at time zone :'timezone', 'YYYY-MM-DD') as today,
  to_char(max(started_at) at time zone :'timezone', 'YYYY-MM-DD HH24:MI') as extracted_at,
  -- The ledger has 0 where a run held no engagement to tell its portal by.
  coalesce(array_agg(distinct portal_id order by portal_id) filter (where portal_id <> 0), '{}')::text[] as portals
from :"schema".load_runs
where :'portal' = 'all' or portal_id::text = :'portal';
