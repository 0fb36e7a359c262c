-- What a full run did not see is gone, unless the row was seen since: written by a later run, or back in one.
-- $1: the portal; $2: the types that the run covers; $3: when it started; $4: the run; $5: raw_page of older runs is
-- less than this.
update engagements as e
set deleted_at = $3::timestamptz
where e.portal_id = $1::bigint
  and e.deleted_at is null
  and e.type = any ($2::text[])
  and e.raw_page collate "C" < $5::text
  and not exists (select from load_verdicts as v where v.portal_id = e.portal_id and v.id = e.id)
  and not exists (
    select from engagement_returns as r
    where r.portal_id = e.portal_id and r.engagement_id = e.id and r.run >= $4::text
  );
