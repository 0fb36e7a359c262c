-- Those rows themselves. $1: when the run started.
update engagements as e
set deleted_at = null
from load_verdicts as v
where v.liveness = 'back' and v.verdict not in ('inserted', 'updated')
  and e.portal_id = v.portal_id and e.id = v.id and e.deleted_at < $1::timestamptz;
