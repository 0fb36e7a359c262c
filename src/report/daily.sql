-- Engagements per day: each type's count, the day's total as type ALL, and the rolling average of both.
--
-- The values below that begin with a colon are psql's variables. By hand:
--
--   psql "$DATABASE_URL" \
--     -v schema=hubspot -v by=created_at -v timezone=Europe/Berlin -v include_deleted=false -v portal=all \
--     -v types='{CALL,EMAIL,NOTE}' -v first_day=2024-02-01 -v last_day=2026-11-24 \
--     -v from=2026-10-01 -v to=2026-10-31 -v behind=13 -v ahead=0 -f daily.sql
--
--   schema           where the tables are
--   by               the instant that puts an engagement on a day: created_at, occurred_at or updated_at
--   timezone         the zone whose midnights part the days (IANA name)
--   include_deleted  true counts what HubSpot holds no longer, too
--   portal           the id of the portal to count, or all
--   types            the types to count, as an array
--   first_day,       the days of the data, within which a day's window must lie for an average;
--   last_day         first_day is empty where there are no data
--   from, to         the first and the last day shown, inclusive
--   behind, ahead    a day's average is over this many days before it, itself, and this many after it:
--                    13 and 0 for the two weeks that end with it, 7 and 7 for the fifteen days around it
--
-- Neither ROLLUP nor GROUPING SETS, so that it runs on Citus as it stands.

with

-- How many of each type on each day that has any: the only step that reads the table.
per_day as materialized (
  select (:"by" at time zone :'timezone')::date as day, type, count(*) as engagements
  from :"schema".engagements
  where (deleted_at is null or :'include_deleted'::boolean)
    and (:'portal' = 'all' or portal_id::text = :'portal')
    and type = any (:'types')
    -- For the index, and a day too many at each end: where clocks change at midnight, a day may begin twice.
    and :"by" >= (:'from'::date - :'behind'::int - 1)::timestamp at time zone :'timezone'
    and :"by" < (:'to'::date + :'ahead'::int + 2)::timestamp at time zone :'timezone'
  group by 1, 2
),

-- The calendar on which averages are defined.
defined as (
  select
    nullif(:'first_day', '')::date as first_day,
    greatest(nullif(:'last_day', '')::date, :'to'::date) as last_day
),

types as (
  select unnest(:'types'::text[]) as type
),

-- The days shown, and those that their averages reach: days without engagements have a row here alone.
calendar as (
  select :'from'::date + n as day
  from generate_series(- :'behind'::int, :'to'::date - :'from'::date + :'ahead'::int) as n
),

-- Type null is the day's total: HubSpot might have a type named ALL.
counted as (
  select day, type, coalesce(engagements, 0) as engagements
  from calendar cross join types left join per_day using (day, type)
  union all
  select day, null, coalesce(sum(engagements), 0)::bigint
  from calendar left join per_day using (day)
  group by day
),

summed as (
  select
    day, type, engagements,
    sum(engagements) over (
      partition by type order by day
      rows between :'behind'::int preceding and :'ahead'::int following
    ) as in_window
  from counted
)

select
  to_char(day, 'YYYY-MM-DD') as day,
  coalesce(type, 'ALL') as type,
  engagements as count,
  case
    when day - :'behind'::int >= first_day and day + :'ahead'::int <= last_day
    then round(in_window / (:'behind'::int + 1 + :'ahead'::int), 4)
  end as rolling_average
from summed cross join defined
where day between :'from'::date and :'to'::date and first_day is not null
order by summed.day, summed.type collate "C" nulls last;
