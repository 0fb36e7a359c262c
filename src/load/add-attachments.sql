-- Those that the chosen copy has and the table has not. $1: the verdicts to act on.
insert into engagement_attachments (portal_id, engagement_id, file_id)
select s.portal_id, s.id, unnest(string_to_array(s.attachments, ','))::bigint
from load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.verdict = any ($1::text[]) and s.attachments <> ''
on conflict do nothing;
