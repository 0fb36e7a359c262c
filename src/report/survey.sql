-- What there is to report: the days with data, how many engagements, how many types. Variables as in daily.sql.

select
  to_char(current_timestamp at time zone :'timezone', 'YYYY-MM-DD') as today,
  -- A zone's days can lie just outside the years that dates are written with.
  to_char(greatest(min(first_day), date '0001-01-01'), 'YYYY-MM-DD') as first_day,
  to_char(least(max(last_day), date '9999-12-31'), 'YYYY-MM-DD') as last_day,
  coalesce(sum(dated), 0) as dated,
  coalesce(sum(undated), 0) as undated,
  count(*) as types
from (
  select type, min(day) as first_day, max(day) as last_day, count(day) as dated, count(*) - count(day) as undated
  from (
    select type, (:"by" at time zone :'timezone')::date as day
    from :"schema".engagements
    where deleted_at is null or :'include_deleted'::boolean
  ) as engagement_days
  group by type
) as by_type;
