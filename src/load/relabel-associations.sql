-- Those whose labels are others. $1: see remove-associations.sql.
update engagement_associations as a
set labels = string_to_array(split_part(split_part(e'\x04' || s.labels || e'\x04',
  e'\x04' || a.object_type || e'\x03' || a.object_id::text || e'\x05', 2), e'\x04', 1), e'\x05')
from load_state as s
where ($1::boolean or s.relinked)
  and a.portal_id = s.portal_id and a.engagement_id = s.id
  and (s.labels <> '' or a.labels <> '{}')
  and a.labels <> string_to_array(split_part(split_part(e'\x04' || s.labels || e'\x04',
    e'\x04' || a.object_type || e'\x03' || a.object_id::text || e'\x05', 2), e'\x04', 1), e'\x05');
