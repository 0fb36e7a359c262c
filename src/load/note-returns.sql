-- Rows that are back without a newer copy, so that a replay of an older run knows of it. $1: the run.
insert into engagement_returns as r (portal_id, engagement_id, run)
select portal_id, id, $1::text
from load_verdicts
where liveness = 'back' and verdict not in ('inserted', 'updated')
on conflict (portal_id, engagement_id) do update set run = excluded.run where r.run < excluded.run;
