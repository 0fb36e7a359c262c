-- The type that follows :'after', with its first and last day and how many engagements have none: four looks into the
-- index of migration 002, however many rows there are. Other variables as in daily.sql.
--
-- A step of a loose index scan. The recursive query that is usual for those does not run on Citus.

with

next as materialized (
  select type from :"schema".engagements
  where deleted_at is null and type > :'after' and (:'portal' = 'all' or portal_id::text = :'portal')
  order by type
  limit 1
),

extent as materialized (
  select
    (select type from next) as type,
    (select min(created_at) from :"schema".engagements
     where deleted_at is null and type = (select type from next)
       and (:'portal' = 'all' or portal_id::text = :'portal')) as first_at,
    (select max(created_at) from :"schema".engagements
     where deleted_at is null and type = (select type from next)
       and (:'portal' = 'all' or portal_id::text = :'portal')) as last_at,
    (select count(*) from :"schema".engagements
     where deleted_at is null and type = (select type from next) and created_at is null
       and (:'portal' = 'all' or portal_id::text = :'portal')) as undated
)

select
  type,
  -- A zone's days can lie just outside the years that dates are written with.
  case when first_day is not null then to_char(greatest(first_day, date '0001-01-01'), 'YYYY-MM-DD') end as first_day,
  case when last_day is not null then to_char(least(last_day, date '9999-12-31'), 'YYYY-MM-DD') end as last_day,
  undated
from (
  select
    type,
    (first_at at time zone :'timezone')::date as first_day,
    (last_at at time zone :'timezone')::date as last_day,
    undated
  from extent
) as days
where type is not null;
