-- Rows whose content is to stay, but whose associations are others than the copy's: astray when somebody removed or
-- added some, relinked when they were edited since the row's copy. $1: the kinds that the run covers, null for all;
-- $2: the verdict to look at. Lists that differ in their order alone are looked at once more, and found right.
update load_verdicts as v
set verdict = case v.verdict when 'unchanged' then 'astray' else 'relinked' end
from load_staging as s
left join (
  select portal_id, engagement_id,
    string_agg(object_type || e'\x03' || object_id::text, e'\x04' order by object_type collate "C", object_id) as pairs
  from engagement_associations
  where ($1::text[] is null or object_type = any ($1::text[]))
    and engagement_id in (select id from load_verdicts where verdict = $2::text)
  group by portal_id, engagement_id
) as a on a.portal_id = s.portal_id and a.engagement_id = s.id
where v.verdict = $2::text
  and s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
  and s.associations <> coalesce(a.pairs, '');
