-- The newest copy of each engagement in staging against the one in the table. $1: when the run started.
insert into load_verdicts (portal_id, id, line, verdict)
select
  new.portal_id,
  new.id,
  new.line,
  case
    when old.id is null then 'inserted'
    -- Seen by a run that started after it was found gone: it is back. Both are HubSpot's clock, extracted_at is ours.
    when old.deleted_at < $1::timestamptz then 'updated'
    when old.content_hash = new.content_hash then 'unchanged'
    -- The two APIs word some fields differently: at the same time of change, the row keeps the words it has.
    when old.api <> new.api and old.updated_at is not distinct from new.updated_at then 'kept'
    when (coalesce(new.updated_at, '-infinity'), new.extracted_at)
       < (coalesce(old.updated_at, '-infinity'), old.extracted_at) then 'older'
    else 'updated'
  end
from (
  select distinct on (portal_id, id)
    portal_id, id, line, updated_at, extracted_at, api, content_hash
  from load_staging
  order by portal_id, id, updated_at desc nulls last, extracted_at desc, line desc
) as new
left join engagements as old on old.portal_id = new.portal_id and old.id = new.id;
