-- Engagements of each type by weekday (1 is Monday) and hour of the day. Variables as in daily.sql.

select type, extract(isodow from at)::int as weekday, extract(hour from at)::int as hour, count(*) as engagements
from (
  select type, :"by" at time zone :'timezone' as at
  from :"schema".engagements
  where (deleted_at is null or :'include_deleted'::boolean)
    and (:'portal' = 'all' or portal_id::text = :'portal')
    and type = any (:'types')
    -- For the index, and a day too many at each end: where clocks change at midnight, a day may begin twice.
    and :"by" >= (:'from'::date - 1)::timestamp at time zone :'timezone'
    and :"by" < (:'to'::date + 2)::timestamp at time zone :'timezone'
) as engagement_times
where at::date between :'from'::date and :'to'::date
group by 1, 2, 3;
