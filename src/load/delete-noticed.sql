-- What the run's deletion notices say, unless the row was seen since: written by a later run, or back in one.
-- $1: the run; $2: its pages' raw_page are less than this. The row of the result: how many were live.
with noticed as (
  select e.portal_id, e.id, s.archived_at, e.deleted_at is null as was_live
  from load_verdicts as v
  join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
  join engagements as e on e.portal_id = v.portal_id and e.id = v.id
  where v.liveness = 'gone' and v.verdict <> 'inserted'
    and e.deleted_at is distinct from s.archived_at
    and e.raw_page collate "C" < $2::text
    and not exists (
      select from engagement_returns as r
      where r.portal_id = e.portal_id and r.engagement_id = e.id and r.run > $1::text
    )
), marked as (
  update engagements as e
  set deleted_at = n.archived_at
  from noticed as n
  where e.portal_id = n.portal_id and e.id = n.id
  returning n.was_live
)
select count(*) filter (where was_live) as count from marked;
