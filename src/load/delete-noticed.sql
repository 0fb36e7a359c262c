-- What the run's deletion notices say.
update engagements as e
set deleted_at = s.archived_at
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.liveness = 'gone' and v.verdict <> 'inserted'
  and e.portal_id = v.portal_id and e.id = v.id
  and e.deleted_at is distinct from s.archived_at;
