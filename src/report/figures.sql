-- The key figures of a range of days. Variables as in daily.sql.

with

activity as (
  select
    count(distinct owner_id) as owners,
    count(*) filter (where type = 'CALL') as calls,
    -- The id that every portal has for the outcome "Connected".
    count(*) filter (where
      case when type = 'CALL' then metadata ->> 'disposition' end = 'f240bbac-87c9-4f6e-bf70-924b57d47db7') as connected,
    count(*) filter (where type = 'MEETING') as meetings,
    count(*) filter (where case when type = 'MEETING' then metadata ->> 'meetingOutcome' end = 'COMPLETED') as held
  from :"schema".engagements
  where (deleted_at is null or :'include_deleted'::boolean)
    and (:'portal' = 'all' or portal_id::text = :'portal')
    and type = any (:'types')
    and :"by" >= (:'from'::date - 1)::timestamp at time zone :'timezone'
    and :"by" < (:'to'::date + 2)::timestamp at time zone :'timezone'
    and (:"by" at time zone :'timezone')::date between :'from'::date and :'to'::date
),

touched as (
  select count(distinct object_id) as contacts
  from :"schema".engagements
  join :"schema".engagement_associations as association
    on association.portal_id = engagements.portal_id and association.engagement_id = engagements.id
  where association.object_type = 'contact'
    and (deleted_at is null or :'include_deleted'::boolean)
    and (:'portal' = 'all' or engagements.portal_id::text = :'portal')
    and type = any (:'types')
    and :"by" >= (:'from'::date - 1)::timestamp at time zone :'timezone'
    and :"by" < (:'to'::date + 2)::timestamp at time zone :'timezone'
    and (:"by" at time zone :'timezone')::date between :'from'::date and :'to'::date
)

select owners, calls, connected, meetings, held, contacts
from activity cross join touched;
