-- Those that the engagement has and the table has not. $1: see remove-associations.sql.
insert into engagement_associations (portal_id, engagement_id, object_type, object_id, labels)
select
  portal_id, id, split_part(pair, e'\x03', 1), split_part(pair, e'\x03', 2)::bigint,
  string_to_array(split_part(split_part(e'\x04' || labels || e'\x04', e'\x04' || pair || e'\x05', 2), e'\x04', 1), e'\x05')
from (
  select portal_id, id, labels, unnest(string_to_array(associations, e'\x04')) as pair
  from load_state
  where ($1::boolean or relinked) and associations <> ''
) as wanted
on conflict do nothing;
