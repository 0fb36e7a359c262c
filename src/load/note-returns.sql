-- Rows that are back, or gone, by a copy that they will not have: a replay of an older run has to know of it. $1: the run.
insert into engagement_returns as r (portal_id, engagement_id, run)
select e.portal_id, e.id, $1::text
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
join engagements as e on e.portal_id = v.portal_id and e.id = v.id
where v.verdict not in ('inserted', 'updated')
  and (v.liveness = 'back' or v.liveness = 'gone' and e.deleted_at is distinct from s.archived_at)
on conflict (portal_id, engagement_id) do update set run = excluded.run where r.run < excluded.run;
