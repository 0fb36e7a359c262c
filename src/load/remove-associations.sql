-- Those that the chosen copy no longer has. $1: the verdicts to act on; $2: the kinds that the run covers, null for all.
delete from engagement_associations as a
using load_verdicts as v
join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
where v.verdict = any ($1::text[])
  and a.portal_id = v.portal_id and a.engagement_id = v.id
  and ($2::text[] is null or a.object_type = any ($2::text[]))
  and not a.object_type || e'\x03' || a.object_id::text = any (string_to_array(s.associations, e'\x04'));
