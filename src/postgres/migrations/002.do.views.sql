create view calls as
select
  portal_id,
  id,
  metadata ->> 'title' as title,
  metadata ->> 'body' as body,
  extra ->> 'hs_call_direction' as direction,
  metadata ->> 'status' as status,
  case metadata ->> 'disposition'
    when '9d9162e7-6cf3-4944-bf63-4dff82258764' then 'Busy'
    when 'f240bbac-87c9-4f6e-bf70-924b57d47db7' then 'Connected'
    when 'a4c4c377-d246-4b32-a13b-75a56a4cd0ff' then 'Left live message'
    when 'b2cf5968-551e-4856-9783-52b3da59a7d0' then 'Left voicemail'
    when '73a0d17f-1163-4015-bdd5-ec830791da20' then 'No answer'
    when '17b47fee-58de-441e-a44c-c6300d46f273' then 'Wrong number'
  end as outcome,
  metadata ->> 'disposition' as disposition,
  jsonb_path_query_first(metadata,
    'strict $.durationMilliseconds ? (@ >= -9223372036854775808 && @ <= 9223372036854775807)', silent => true)::bigint as duration_ms,
  metadata ->> 'fromNumber' as from_number,
  metadata ->> 'toNumber' as to_number,
  metadata ->> 'recordingUrl' as recording_url,
  metadata ->> 'externalId' as external_id,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type = 'CALL';

comment on view calls is 'Calls, with the typed fields of their metadata.';
comment on column calls.portal_id is 'The HubSpot portal (account).';
comment on column calls.id is 'HubSpot''s id of the engagement.';
comment on column calls.title is 'The title of the call.';
comment on column calls.body is 'Notes on the call; HTML.';
comment on column calls.direction is 'INBOUND or OUTBOUND; null in rows of the v1 API, which does not tell.';
comment on column calls.status is 'Such as COMPLETED, NO_ANSWER or BUSY.';
comment on column calls.outcome is 'The disposition in words, where it is one that every portal has.';
comment on column calls.disposition is 'GUID of the outcome, as configured in the portal.';
comment on column calls.duration_ms is 'How long it lasted, in milliseconds.';
comment on column calls.from_number is 'The number that called.';
comment on column calls.to_number is 'The number that was called.';
comment on column calls.recording_url is 'Where the recording is.';
comment on column calls.external_id is 'Its id in the telephone system.';
comment on column calls.created_at is 'When it was created in HubSpot.';
comment on column calls.updated_at is 'When HubSpot says it was last modified.';
comment on column calls.occurred_at is 'When the call took place.';
comment on column calls.owner_id is 'The HubSpot owner it belongs to.';
comment on column calls.team_id is 'The HubSpot team it belongs to.';
comment on column calls.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';

create view emails as
select
  portal_id,
  id,
  case type when 'EMAIL' then 'outgoing' when 'INCOMING_EMAIL' then 'incoming' else 'forwarded' end as direction,
  metadata ->> 'subject' as subject,
  metadata ->> 'status' as status,
  metadata -> 'from' ->> 'email' as from_email,
  nullif(concat_ws(' ', metadata -> 'from' ->> 'firstName',
    metadata -> 'from' ->> 'lastName'), '') as from_name,
  jsonb_path_query_array(metadata, 'lax $.to[*].email ? (@.type() == "string")') as to_emails,
  jsonb_path_query_array(metadata, 'lax $.cc[*].email ? (@.type() == "string")') as cc_emails,
  jsonb_path_query_array(metadata, 'lax $.bcc[*].email ? (@.type() == "string")') as bcc_emails,
  metadata ->> 'html' as html,
  metadata ->> 'text' as text,
  metadata ->> 'threadId' as thread_id,
  metadata ->> 'messageId' as message_id,
  metadata ->> 'sentVia' as sent_via,
  metadata ->> 'loggedFrom' as logged_from,
  metadata ->> 'errorMessage' as error_message,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type in ('EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL');

comment on view emails is 'E-mails of all directions, with the typed fields of their metadata.';
comment on column emails.portal_id is 'The HubSpot portal (account).';
comment on column emails.id is 'HubSpot''s id of the engagement.';
comment on column emails.direction is 'outgoing, incoming or forwarded; from the engagement type.';
comment on column emails.subject is 'The subject.';
comment on column emails.status is 'Such as SENT, BOUNCED or SCHEDULED.';
comment on column emails.from_email is 'The sender''s address.';
comment on column emails.from_name is 'The sender''s first and last name.';
comment on column emails.to_emails is 'JSON array of the addresses of the recipients.';
comment on column emails.cc_emails is 'JSON array of the addresses in copy.';
comment on column emails.bcc_emails is 'JSON array of the addresses in blind copy.';
comment on column emails.html is 'The content as HTML.';
comment on column emails.text is 'The content as plain text.';
comment on column emails.thread_id is 'The conversation it belongs to.';
comment on column emails.message_id is 'The Message-ID of the e-mail itself.';
comment on column emails.sent_via is 'The mail program, such as GMAIL.';
comment on column emails.logged_from is 'How it came into HubSpot, such as CRM or EMAIL.';
comment on column emails.error_message is 'Why it could not be delivered.';
comment on column emails.created_at is 'When it was created in HubSpot.';
comment on column emails.updated_at is 'When HubSpot says it was last modified.';
comment on column emails.occurred_at is 'When it was sent or received.';
comment on column emails.owner_id is 'The HubSpot owner it belongs to.';
comment on column emails.team_id is 'The HubSpot team it belongs to.';
comment on column emails.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';

create view meetings as
select
  portal_id,
  id,
  metadata ->> 'title' as title,
  metadata ->> 'body' as body,
  metadata ->> 'internalMeetingNotes' as internal_notes,
  metadata ->> 'meetingOutcome' as outcome,
  timestamptz 'epoch' + interval '1 millisecond' * jsonb_path_query_first(metadata,
    'strict $.startTime ? (@ >= -62135596800000 && @ <= 253402300799999)', silent => true)::float8 as starts_at,
  timestamptz 'epoch' + interval '1 millisecond' * jsonb_path_query_first(metadata,
    'strict $.endTime ? (@ >= -62135596800000 && @ <= 253402300799999)', silent => true)::float8 as ends_at,
  metadata ->> 'location' as location,
  metadata ->> 'externalUrl' as external_url,
  metadata ->> 'videoConferenceUrl' as video_conference_url,
  case when jsonb_typeof(metadata -> 'attendeeOwnerIds') = 'array' then nullif(metadata -> 'attendeeOwnerIds', '[]') end as attendee_owner_ids,
  case when jsonb_typeof(metadata -> 'guestEmails') = 'array' then nullif(metadata -> 'guestEmails', '[]') end as guest_emails,
  metadata ->> 'iCalUid' as ical_uid,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type = 'MEETING';

comment on view meetings is 'Meetings, with the typed fields of their metadata.';
comment on column meetings.portal_id is 'The HubSpot portal (account).';
comment on column meetings.id is 'HubSpot''s id of the engagement.';
comment on column meetings.title is 'The title.';
comment on column meetings.body is 'The description; HTML.';
comment on column meetings.internal_notes is 'Notes that attendees do not see; HTML.';
comment on column meetings.outcome is 'Such as SCHEDULED, COMPLETED, NO_SHOW or CANCELED.';
comment on column meetings.starts_at is 'When it begins.';
comment on column meetings.ends_at is 'When it ends.';
comment on column meetings.location is 'Where it takes place.';
comment on column meetings.external_url is 'Its page in the calendar it came from.';
comment on column meetings.video_conference_url is 'Where to join by video.';
comment on column meetings.attendee_owner_ids is 'JSON array of the owners that attend.';
comment on column meetings.guest_emails is 'JSON array of the addresses of other guests.';
comment on column meetings.ical_uid is 'Its id in calendars.';
comment on column meetings.created_at is 'When it was created in HubSpot.';
comment on column meetings.updated_at is 'When HubSpot says it was last modified.';
comment on column meetings.occurred_at is 'When the meeting takes place.';
comment on column meetings.owner_id is 'The HubSpot owner it belongs to.';
comment on column meetings.team_id is 'The HubSpot team it belongs to.';
comment on column meetings.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';

create view notes as
select
  portal_id,
  id,
  metadata ->> 'body' as body,
  created_at,
  updated_at,
  occurred_at,
  owner_id,
  team_id,
  deleted_at
from engagements
where type = 'NOTE';

comment on view notes is 'Notes, with the typed fields of their metadata.';
comment on column notes.portal_id is 'The HubSpot portal (account).';
comment on column notes.id is 'HubSpot''s id of the engagement.';
comment on column notes.body is 'The note; HTML.';
comment on column notes.created_at is 'When it was created in HubSpot.';
comment on column notes.updated_at is 'When HubSpot says it was last modified.';
comment on column notes.occurred_at is 'When the note was taken.';
comment on column notes.owner_id is 'The HubSpot owner it belongs to.';
comment on column notes.team_id is 'The HubSpot team it belongs to.';
comment on column notes.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';

create view tasks as
select
  portal_id,
  id,
  metadata ->> 'subject' as subject,
  metadata ->> 'body' as body,
  metadata ->> 'status' as status,
  metadata ->> 'priority' as priority,
  metadata ->> 'taskType' as task_type,
  metadata ->> 'forObjectType' as for_object_type,
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

comment on view tasks is 'Tasks, with the typed fields of their metadata.';
comment on column tasks.portal_id is 'The HubSpot portal (account).';
comment on column tasks.id is 'HubSpot''s id of the engagement.';
comment on column tasks.subject is 'What is to be done.';
comment on column tasks.body is 'Notes on the task; HTML.';
comment on column tasks.status is 'Such as NOT_STARTED, COMPLETED, WAITING or DEFERRED.';
comment on column tasks.priority is 'NONE, LOW, MEDIUM or HIGH.';
comment on column tasks.task_type is 'Such as TODO, CALL or EMAIL.';
comment on column tasks.for_object_type is 'The kind of object it is about, such as CONTACT.';
comment on column tasks.is_all_day is 'Whether it is due on a day, not at a time.';
comment on column tasks.completed_at is 'When it was completed.';
comment on column tasks.reminders is 'JSON array of reminders, epoch milliseconds.';
comment on column tasks.created_at is 'When it was created in HubSpot.';
comment on column tasks.updated_at is 'When HubSpot says it was last modified.';
comment on column tasks.occurred_at is 'When the task is due.';
comment on column tasks.owner_id is 'The HubSpot owner it belongs to.';
comment on column tasks.team_id is 'The HubSpot team it belongs to.';
comment on column tasks.deleted_at is 'When HubSpot was found to hold it no longer; null while it does.';
