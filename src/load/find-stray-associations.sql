-- Rows that are right but for associations that somebody removed or added. $1: the kinds that the run covers, null for
-- all. Lists that differ in their order alone are looked at once more, and found right.
update load_verdicts as v
set verdict = 'astray'
from load_staging as s
left join (
  select portal_id, engagement_id,
    string_agg(object_type || e'\x03' || object_id, e'\x04' order by object_type collate "C", object_id) as pairs
  from engagement_associations
  where ($1::text[] is null or object_type = any ($1::text[])) and engagement_id in (select id from load_verdicts)
  group by portal_id, engagement_id
) as a on a.portal_id = s.portal_id and a.engagement_id = s.id
where v.verdict = 'unchanged'
  and s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
  and s.associations <> coalesce(a.pairs, '');
