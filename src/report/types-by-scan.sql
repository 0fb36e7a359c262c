-- What there is of each type: its first and last day, and how many engagements have none. One reading of the whole table,
-- for what no index covers. Variables as in daily.sql.

select
  type,
  -- A zone's days can lie just outside the years that dates are written with.
  case when count(day) > 0 then to_char(greatest(min(day), date '0001-01-01'), 'YYYY-MM-DD') end as first_day,
  case when count(day) > 0 then to_char(least(max(day), date '9999-12-31'), 'YYYY-MM-DD') end as last_day,
  count(*) - count(day) as undated
from (
  select type, (:"by" at time zone :'timezone')::date as day
  from :"schema".engagements
  where (deleted_at is null or :'include_deleted'::boolean)
    and (:'portal' = 'all' or portal_id::text = :'portal')
) as engagement_days
group by type;
