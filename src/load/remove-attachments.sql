-- Those that the chosen copy no longer has. $1: the verdicts to act on.
delete from engagement_attachments as a
using load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.verdict = any ($1::text[])
  and a.portal_id = v.portal_id and a.engagement_id = v.id
  and not a.file_id::text = any (string_to_array(s.attachments, ','));
