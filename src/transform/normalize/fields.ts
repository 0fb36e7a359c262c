import { OBJECT_TYPES, type ObjectType, type ObjectTypeName } from '../../model/object-types.ts';
import type { RowContent } from '../../model/row.ts';
import type { CONVERT } from './values.ts';

/** A name in v1's shape, the property of the CRM objects API that holds the same, and how its value is converted. */
export type Field = readonly [v1: string, property: string, as: keyof typeof CONVERT];

/** The columns that a field of either API holds the value of: all but those that are made of more. */
type MappedColumn = Exclude<
  keyof RowContent,
  | ('portal_id' | 'id' | 'type' | 'active' | 'title' | 'archived_at')
  | ('associations' | 'association_labels' | 'metadata' | 'extra')
>;

/** Where both APIs have what a column of the rows holds. */
export interface ColumnField {
  /** The name in v1's `engagement`. */
  v1: string;
  /** The first of these that is set counts; `record.…` is a key of the record itself. */
  properties: readonly string[];
  as: keyof typeof CONVERT;
  /** Only the property in the same place as the one which that column was taken from. */
  goesWith?: MappedColumn;
}

// HubSpot publishes no table of the two generations. These follow the properties' own names, HubSpot's guides of each
// activity type, and what its web client writes through either API.
export const COLUMN_FIELDS = {
  created_at: {
    v1: 'createdAt',
    properties: ['hs_createdate', 'record.createdAt'],
    as: 'instant',
  },
  updated_at: {
    v1: 'lastUpdated',
    properties: ['hs_lastmodifieddate', 'record.updatedAt'],
    as: 'instant',
  },
  occurred_at: { v1: 'timestamp', properties: ['hs_timestamp'], as: 'instant' },
  owner_id: { v1: 'ownerId', properties: ['hubspot_owner_id'], as: 'id' },
  team_id: { v1: 'teamId', properties: ['hubspot_team_id'], as: 'id' },
  // Ids of users, as v1's are. The properties without `user_id` are those that only engagements have.
  created_by: { v1: 'createdBy', properties: ['hs_created_by', 'hs_created_by_user_id'], as: 'id' },
  modified_by: {
    v1: 'modifiedBy',
    properties: ['hs_modified_by', 'hs_updated_by_user_id'],
    as: 'id',
  },
  // What made the engagement, as v1 has it; hs_object_source, which every CRM object has, is worded differently.
  source: {
    v1: 'source',
    properties: ['hs_engagement_source', 'hs_object_source'],
    as: 'text',
  },
  source_id: {
    v1: 'sourceId',
    properties: ['hs_engagement_source_id', 'hs_object_source_id'],
    as: 'text or digits',
    goesWith: 'source',
  },
  activity_type: { v1: 'activityType', properties: ['hs_activity_type'], as: 'text' },
  body_preview: { v1: 'bodyPreview', properties: ['hs_body_preview'], as: 'text' },
  attachments: { v1: 'attachments[].id', properties: ['hs_attachment_ids'], as: 'ids' },
} as const satisfies Record<MappedColumn, ColumnField>;

/** The columns of {@link COLUMN_FIELDS}. */
export const MAPPED_COLUMNS = Object.keys(COLUMN_FIELDS) as MappedColumn[];

/** The fields of v1's `engagement` that have a column; its attachments stand beside it. */
export const V1_FIELDS = MAPPED_COLUMNS.filter((column) => column !== 'attachments').map(
  (column) => ({ column, ...COLUMN_FIELDS[column] }),
);

/** What v1 has outside its metadata and without a column of its own: into `extra`, under v1's name. */
export const EXTRA_FIELDS: readonly Field[] = [
  ['uid', 'hs_unique_id', 'text'],
  ['gdprDeleted', 'hs_gdpr_deleted', 'boolean'],
  ['allAccessibleTeamIds', 'hs_all_accessible_team_ids', 'ids'],
  ['queueMembershipIds', 'hs_queue_membership_ids', 'ids'],
  ['bodyPreviewHtml', 'hs_body_preview_html', 'text'],
  ['bodyPreviewIsTruncated', 'hs_body_preview_is_truncated', 'boolean'],
  ['scheduledTasks', 'hs_scheduled_tasks', 'scheduled tasks'],
];

const CALL: readonly Field[] = [
  ['toNumber', 'hs_call_to_number', 'text'],
  ['fromNumber', 'hs_call_from_number', 'text'],
  ['status', 'hs_call_status', 'text'],
  ['durationMilliseconds', 'hs_call_duration', 'number'],
  ['recordingUrl', 'hs_call_recording_url', 'text'],
  ['body', 'hs_call_body', 'text'],
  ['title', 'hs_call_title', 'text'],
  ['disposition', 'hs_call_disposition', 'text'],
  ['externalId', 'hs_call_external_id', 'text'],
  ['externalAccountId', 'hs_call_external_account_id', 'text'],
  ['calleeObjectId', 'hs_call_callee_object_id', 'number'],
  ['calleeObjectType', 'hs_call_callee_object_type', 'text'],
];

// v1's documentation has no messages; the names are the properties' own, in v1's style.
const COMMUNICATION: readonly Field[] = [
  ['body', 'hs_communication_body', 'text'],
  ['channelType', 'hs_communication_channel_type', 'text'],
  ['loggedFrom', 'hs_communication_logged_from', 'text'],
];

/** Besides from, to, cc, bcc and sender, which come from several properties: see {@link toPeople}. */
const EMAIL: readonly Field[] = [
  ['subject', 'hs_email_subject', 'text'],
  ['html', 'hs_email_html', 'text'],
  ['text', 'hs_email_text', 'text'],
  ['status', 'hs_email_status', 'text'],
  ['sentVia', 'hs_email_sent_via', 'text'],
  ['threadId', 'hs_email_thread_id', 'integer or text'],
  ['messageId', 'hs_email_message_id', 'text'],
  ['loggedFrom', 'hs_email_logged_from', 'text'],
  ['trackerKey', 'hs_email_tracker_key', 'text'],
  ['attachedVideoOpened', 'hs_email_attached_video_opened', 'boolean'],
  ['attachedVideoWatched', 'hs_email_attached_video_watched', 'boolean'],
  ['validationSkipped', 'hs_email_validation_skipped', 'list'],
  ['postSendStatus', 'hs_email_post_send_status', 'JSON or text'],
  ['errorMessage', 'hs_email_error_message', 'text'],
  ['recipientDropReasons', 'hs_email_recipient_drop_reasons', 'JSON or list'],
  ['mediaProcessingStatus', 'hs_email_media_processing_status', 'text'],
  ['pendingInlineImageIds', 'hs_email_pending_inline_image_ids', 'list'],
  ['emailSendEventId.id', 'hs_email_send_event_id', 'text'],
  ['emailSendEventId.created', 'hs_email_send_event_id_created', 'epoch ms'],
];

const MEETING: readonly Field[] = [
  ['startTime', 'hs_meeting_start_time', 'epoch ms'],
  ['endTime', 'hs_meeting_end_time', 'epoch ms'],
  ['title', 'hs_meeting_title', 'text'],
  ['body', 'hs_meeting_body', 'text'],
  ['internalMeetingNotes', 'hs_internal_meeting_notes', 'text'],
  ['meetingOutcome', 'hs_meeting_outcome', 'text'],
  ['externalUrl', 'hs_meeting_external_url', 'text'],
  ['location', 'hs_meeting_location', 'text'],
  ['source', 'hs_meeting_source', 'text'],
  ['sourceId', 'hs_meeting_source_id', 'text'],
  ['createdFromLinkId', 'hs_meeting_created_from_link_id', 'number'],
  ['preMeetingProspectReminders', 'hs_meeting_pre_meeting_prospect_reminders', 'JSON or list'],
  ['attendeeOwnerIds', 'hs_attendee_owner_ids', 'ids'],
  ['guestEmails', 'hs_guest_emails', 'list'],
  ['iCalUid', 'hs_i_cal_uid', 'text'],
  ['videoConferenceUrl', 'hs_video_conference_url', 'text'],
];

const NOTE: readonly Field[] = [['body', 'hs_note_body', 'text']];

const POSTAL_MAIL: readonly Field[] = [['body', 'hs_postal_mail_body', 'text']];

const TASK: readonly Field[] = [
  ['body', 'hs_task_body', 'text'],
  ['subject', 'hs_task_subject', 'text'],
  ['status', 'hs_task_status', 'text'],
  ['forObjectType', 'hs_task_for_object_type', 'text'],
  ['taskType', 'hs_task_type', 'text'],
  ['reminders', 'hs_task_reminders', 'epoch ms list'],
  ['sendDefaultReminder', 'hs_task_send_default_reminder', 'boolean'],
  ['priority', 'hs_task_priority', 'text'],
  ['isAllDay', 'hs_task_is_all_day', 'boolean'],
  ['completionDate', 'hs_task_completion_date', 'epoch ms'],
];

/** What the records of one object type of the CRM objects API become. */
export interface ObjectKind extends ObjectType {
  metadata: readonly Field[];
}

/** By the object types' names in the API's paths. */
export const OBJECT_KINDS: Readonly<Record<ObjectTypeName, ObjectKind>> = {
  calls: { ...OBJECT_TYPES.calls, metadata: CALL },
  communications: { ...OBJECT_TYPES.communications, metadata: COMMUNICATION },
  emails: { ...OBJECT_TYPES.emails, metadata: EMAIL },
  meetings: { ...OBJECT_TYPES.meetings, metadata: MEETING },
  notes: { ...OBJECT_TYPES.notes, metadata: NOTE },
  postal_mail: { ...OBJECT_TYPES.postal_mail, metadata: POSTAL_MAIL },
  tasks: { ...OBJECT_TYPES.tasks, metadata: TASK },
};
