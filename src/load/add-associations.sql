-- Those that the chosen copy has and the table has not. $1: the verdicts to act on.
insert into engagement_associations (portal_id, engagement_id, object_type, object_id)
select portal_id, id, split_part(pair, e'\x03', 1), split_part(pair, e'\x03', 2)::bigint
from (
  select s.portal_id, s.id, unnest(string_to_array(s.associations, e'\x04')) as pair
  from load_verdicts as v
  join load_staging as s on s.portal_id = v.portal_id and s.id = v.id and s.line = v.line
  where v.verdict = any ($1::text[]) and s.associations <> ''
) as wanted
on conflict do nothing;
