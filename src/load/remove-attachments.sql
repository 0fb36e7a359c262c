-- Those that the engagement no longer has. $1: see remove-associations.sql.
delete from engagement_attachments as a
using load_state as s
where ($1::boolean or s.relinked)
  and a.portal_id = s.portal_id and a.engagement_id = s.id
  and not a.file_id::text = any (string_to_array(s.attachments, ','));
