-- The same for attachments. $1: the verdict to look at.
update load_verdicts as v
set verdict = case v.verdict when 'unchanged' then 'astray' else 'relinked' end
from load_staging as s
left join (
  select portal_id, engagement_id, string_agg(file_id::text, ',' order by file_id) as files
  from engagement_attachments
  where engagement_id in (select id from load_verdicts where verdict = $1::text)
  group by portal_id, engagement_id
) as a on a.portal_id = s.portal_id and a.engagement_id = s.id
where v.verdict = $1::text
  and s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
  and s.attachments <> coalesce(a.files, '');
