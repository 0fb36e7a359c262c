-- The current day, and when the newest data were extracted (null when nothing was loaded). Variables as in daily.sql.

select
  to_char(current_timestamp at time zone :'timezone', 'YYYY-MM-DD') as today,
  to_char(max(started_at) at time zone :'timezone', 'YYYY-MM-DD HH24:MI') as extracted_at
from :"schema".load_runs
where :'portal' = 'all' or portal_id::text = :'portal';
