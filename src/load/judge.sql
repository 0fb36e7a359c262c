-- The newest copy of each engagement in staging against the one in the table.
-- $1: when the run started; $2: whether redacted e-mails may replace contents; $3: what redacted text looks like;
-- $4: the run; $5: raw_page of it and of older runs is less than this.
--
-- verdict is about the content: inserted, updated; unchanged (the same), reworded (by the other API, at the same time of
-- change: the row keeps its words; kept when this copy is not the later one), older, withheld (it came redacted). The
-- other API's same content is not unchanged: a row of the objects API may have associations that only v1 tells of.
-- liveness is about deleted_at, and what a later run said about it counts for more: gone (the copy is a deletion notice),
-- back (seen by a run that started after it was gone). Both instants are HubSpot's clock; extracted_at is ours.
insert into load_verdicts (portal_id, id, line, verdict, liveness)
select
  new.portal_id,
  new.id,
  new.line,
  case
    when old.id is null then 'inserted'
    when old.api = new.api and old.content_hash = new.content_hash then 'unchanged'
    when old.api <> new.api
      and old.updated_at is not distinct from new.updated_at
      and (old.archived_at is null) = (new.archived_at is null)
      and (new.redacted or not (old.type like '%EMAIL' and (coalesce(old.metadata ->> 'html' ~ $3::text, false)
        or coalesce(old.metadata ->> 'text' ~ $3::text, false) or coalesce(old.body_preview ~ $3::text, false))))
      then case when new.extracted_at > old.extracted_at then 'reworded' else 'kept' end
    when (coalesce(new.updated_at, '-infinity'), new.extracted_at)
       < (coalesce(old.updated_at, '-infinity'), old.extracted_at) then 'older'
    when new.redacted and not $2::boolean
      and not (old.type like '%EMAIL' and (coalesce(old.metadata ->> 'html' ~ $3::text, false)
        or coalesce(old.metadata ->> 'text' ~ $3::text, false) or coalesce(old.body_preview ~ $3::text, false)))
      then 'withheld'
    else 'updated'
  end,
  case
    when sighting.run > $4::text or old.raw_page collate "C" >= $5::text then null
    when new.archived_at is not null then 'gone'
    when old.deleted_at < $1::timestamptz then 'back'
  end
from (
  select distinct on (portal_id, id)
    portal_id, id, line, redacted, updated_at, extracted_at, archived_at, api, content_hash
  from load_staging
  order by portal_id, id, updated_at desc nulls last, extracted_at desc, line desc
) as new
left join engagements as old on old.portal_id = new.portal_id and old.id = new.id
left join engagement_returns as sighting on sighting.portal_id = new.portal_id and sighting.engagement_id = new.id;
