-- Those that the engagement has and the table has not. $1: see remove-associations.sql.
insert into engagement_attachments (portal_id, engagement_id, file_id)
select portal_id, id, unnest(string_to_array(attachments, ','))::bigint
from load_state
where ($1::boolean or relinked) and attachments <> ''
on conflict do nothing;
