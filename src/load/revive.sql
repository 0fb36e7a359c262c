update engagements as e
set deleted_at = null
from load_verdicts as v
where v.liveness = 'back' and e.portal_id = v.portal_id and e.id = v.id;
