-- It holds what deletion notices tell, too.
comment on table engagement_returns is 'Engagements that came back, or were told to be gone, by a copy that is not the row''s: what a replay of older runs must know.';
comment on column engagement_returns.run is 'The run that told so last.';

-- One API sends an empty list where the other sends nothing.
create or replace view meetings as
select
  portal_id,
  id,
  case when jsonb_typeof(metadata -> 'title') = 'string' then metadata ->> 'title' end as title,
  case when jsonb_typeof(metadata -> 'body') = 'string' then metadata ->> 'body' end as body,
  case when jsonb_typeof(metadata -> 'internalMeetingNotes') = 'string' then metadata ->> 'internalMeetingNotes' end as internal_notes,
  case when jsonb_typeof(metadata -> 'meetingOutcome') = 'string' then metadata ->> 'meetingOutcome' end as outcome,
  timestamptz 'epoch' + interval '1 millisecond' * jsonb_path_query_first(metadata,
    'strict $.startTime ? (@ >= -62135596800000 && @ <= 253402300799999)', silent => true)::float8 as starts_at,
  timestamptz 'epoch' + interval '1 millisecond' * jsonb_path_query_first(metadata,
    'strict $.endTime ? (@ >= -62135596800000 && @ <= 253402300799999)', silent => true)::float8 as ends_at,
  case when jsonb_typeof(metadata -> 'location') = 'string' then metadata ->> 'location' end as location,
  case when jsonb_typeof(metadata -> 'externalUrl') = 'string' then metadata ->> 'externalUrl' end as external_url,
  case when jsonb_typeof(metadata -> 'videoConferenceUrl') = 'string' then metadata ->> 'videoConferenceUrl' end as video_conference_url,
  case when jsonb_typeof(metadata -> 'attendeeOwnerIds') = 'array' then nullif(metadata -> 'attendeeOwnerIds', '[]') end as attendee_owner_ids,
  case when jsonb_typeof(metadata -> 'guestEmails') = 'array' then nullif(metadata -> 'guestEmails', '[]') end as guest_emails,
  case when jsonb_typeof(metadata -> 'iCalUid') = 'string' then metadata ->> 'iCalUid' end as ical_uid,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type = 'MEETING';

create or replace view tasks as
select
  portal_id,
  id,
  case when jsonb_typeof(metadata -> 'subject') = 'string' then metadata ->> 'subject' end as subject,
  case when jsonb_typeof(metadata -> 'body') = 'string' then metadata ->> 'body' end as body,
  case when jsonb_typeof(metadata -> 'status') = 'string' then metadata ->> 'status' end as status,
  case when jsonb_typeof(metadata -> 'priority') = 'string' then metadata ->> 'priority' end as priority,
  case when jsonb_typeof(metadata -> 'taskType') = 'string' then metadata ->> 'taskType' end as task_type,
  case when jsonb_typeof(metadata -> 'forObjectType') = 'string' then metadata ->> 'forObjectType' end as for_object_type,
  case when jsonb_typeof(metadata -> 'isAllDay') = 'boolean' then (metadata ->> 'isAllDay')::boolean end as is_all_day,
  timestamptz 'epoch' + interval '1 millisecond' * jsonb_path_query_first(metadata,
    'strict $.completionDate ? (@ >= -62135596800000 && @ <= 253402300799999)', silent => true)::float8 as completed_at,
  case when jsonb_typeof(metadata -> 'reminders') = 'array' then nullif(metadata -> 'reminders', '[]') end as reminders,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type = 'TASK';
