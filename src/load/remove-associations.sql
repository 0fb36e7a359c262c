-- Those that the engagement no longer has. $1: whether to look at all engagements, not only those linked anew.
delete from engagement_associations as a
using load_state as s
where ($1::boolean or s.relinked)
  and a.portal_id = s.portal_id and a.engagement_id = s.id
  and not a.object_type || e'\x03' || a.object_id::text = any (string_to_array(s.associations, e'\x04'));
