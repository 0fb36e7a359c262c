-- What the run's deletion notices say, unless the row was seen since: written by a later run, or back in one.
-- $1: the run; $2: its pages' raw_page are less than this.
update engagements as e
set deleted_at = s.archived_at
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.liveness = 'gone' and v.verdict <> 'inserted'
  and e.portal_id = v.portal_id and e.id = v.id
  and e.deleted_at is distinct from s.archived_at
  and e.raw_page collate "C" < $2::text
  and not exists (
    select from engagement_returns as r
    where r.portal_id = e.portal_id and r.engagement_id = e.id and r.run > $1::text
  );
