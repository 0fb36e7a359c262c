import { isRawNumber } from '../json.ts';
import { OWN_NUMBER } from './people.ts';
import type { RecordParts, StoredRecord } from './stored-record.ts';

/** A property of an object type, and where its value comes from. */
export interface PropertyRule {
  name: string;
  /** HubSpot's `type` and `fieldType`, of {@link KINDS}. */
  kind: keyof typeof KINDS;
  /** The value in the record, in v1's form; undefined when it is unset. */
  read: (record: RecordParts, stored: StoredRecord) => unknown;
  /** Made by the account's users and not by HubSpot. */
  custom?: boolean;
}

/** HubSpot's `type` and `fieldType` for each kind of value. */
export const KINDS = {
  text: { type: 'string', fieldType: 'text' },
  long: { type: 'string', fieldType: 'textarea' },
  html: { type: 'string', fieldType: 'html' },
  number: { type: 'number', fieldType: 'number' },
  instant: { type: 'datetime', fieldType: 'date' },
  flag: { type: 'bool', fieldType: 'booleancheckbox' },
  choice: { type: 'enumeration', fieldType: 'select' },
  list: { type: 'enumeration', fieldType: 'checkbox' },
} as const;

type Kind = PropertyRule['kind'];
type Read = PropertyRule['read'];

const rule = (name: string, kind: Kind, read: Read): PropertyRule => ({ name, kind, read });
const field = (name: string, kind: Kind, key: string): PropertyRule =>
  rule(name, kind, ({ engagement }) => engagement[key]);
const meta = (name: string, kind: Kind, key: string): PropertyRule =>
  rule(name, kind, ({ metadata }) => metadata[key]);

/** Properties that every object has: its id, when it was made, when it was modified. */
function ofAll(created: string, modified: string): PropertyRule[] {
  return [
    rule('hs_object_id', 'number', (_record, { id }) => String(id)),
    rule(created, 'instant', (_record, { createdAt }) => createdAt),
    rule(modified, 'instant', (_record, { lastUpdated }) => lastUpdated),
  ];
}

/** Properties under the names by which a contact, a company, a deal or a ticket holds them; `__c` for custom ones. */
function own(kind: Kind, names: string): PropertyRule[] {
  return names.split(' ').map((name) => ({
    ...rule(name, kind, ({ properties }) => properties[name]),
    custom: name.endsWith('__c'),
  }));
}

const COMMON: readonly PropertyRule[] = [
  ...ofAll('hs_createdate', 'hs_lastmodifieddate'),
  field('hs_timestamp', 'instant', 'timestamp'),
  field('hubspot_owner_id', 'choice', 'ownerId'),
  field('hubspot_team_id', 'choice', 'teamId'),
  rule('hs_attachment_ids', 'list', ({ attachments }) =>
    attachments.map((attachment) => (attachment as { id?: unknown } | null)?.id),
  ),
  field('hs_activity_type', 'choice', 'activityType'),
  field('hs_all_accessible_team_ids', 'list', 'allAccessibleTeamIds'),
  field('hs_body_preview', 'long', 'bodyPreview'),
  field('hs_body_preview_html', 'html', 'bodyPreviewHtml'),
  field('hs_body_preview_is_truncated', 'flag', 'bodyPreviewIsTruncated'),
  field('hs_created_by', 'number', 'createdBy'),
  field('hs_created_by_user_id', 'number', 'createdBy'),
  field('hs_engagement_source', 'choice', 'source'),
  field('hs_engagement_source_id', 'text', 'sourceId'),
  field('hs_gdpr_deleted', 'flag', 'gdprDeleted'),
  field('hs_modified_by', 'number', 'modifiedBy'),
  field('hs_object_source', 'text', 'source'),
  field('hs_object_source_id', 'text', 'sourceId'),
  field('hs_queue_membership_ids', 'list', 'queueMembershipIds'),
  field('hs_unique_id', 'text', 'uid'),
  field('hs_updated_by_user_id', 'number', 'modifiedBy'),
  { ...rule('deal_stage_note__c', 'long', readStageNote), custom: true },
  { ...rule('follow_up_score', 'number', readScore), custom: true },
];

/**
 * The properties of each object type, by its plural name: the whole mapping from v1 to objects. Names are those that
 * HubSpot documents, or that tools ask for which read all there are.
 */
export const OBJECT_PROPERTIES: Readonly<Record<string, readonly PropertyRule[]>> = {
  calls: [
    ...COMMON,
    meta('hs_call_body', 'html', 'body'),
    meta('hs_call_callee_object_id', 'number', 'calleeObjectId'),
    meta('hs_call_callee_object_type', 'choice', 'calleeObjectType'),
    rule('hs_call_direction', 'choice', readDirection),
    meta('hs_call_disposition', 'choice', 'disposition'),
    meta('hs_call_duration', 'number', 'durationMilliseconds'),
    meta('hs_call_external_account_id', 'text', 'externalAccountId'),
    meta('hs_call_external_id', 'text', 'externalId'),
    meta('hs_call_from_number', 'text', 'fromNumber'),
    meta('hs_call_recording_url', 'text', 'recordingUrl'),
    meta('hs_call_status', 'choice', 'status'),
    meta('hs_call_title', 'text', 'title'),
    meta('hs_call_to_number', 'text', 'toNumber'),
  ],
  communications: [
    ...COMMON,
    meta('hs_communication_body', 'html', 'body'),
    field('hs_communication_channel_type', 'choice', 'type'),
    rule('hs_communication_logged_from', 'choice', () => 'CRM'),
  ],
  emails: [
    ...COMMON,
    meta('hs_email_attached_video_opened', 'flag', 'attachedVideoOpened'),
    meta('hs_email_attached_video_watched', 'flag', 'attachedVideoWatched'),
    ...addressRules('bcc'),
    ...addressRules('cc'),
    field('hs_email_direction', 'choice', 'type'),
    meta('hs_email_error_message', 'text', 'errorMessage'),
    ...addressRules('from'),
    rule('hs_email_headers', 'long', readEmailHeaders),
    meta('hs_email_html', 'html', 'html'),
    meta('hs_email_logged_from', 'choice', 'loggedFrom'),
    meta('hs_email_message_id', 'text', 'messageId'),
    meta('hs_email_post_send_status', 'long', 'postSendStatus'),
    meta('hs_email_recipient_drop_reasons', 'long', 'recipientDropReasons'),
    ...addressRules('sender'),
    meta('hs_email_sent_via', 'choice', 'sentVia'),
    meta('hs_email_status', 'choice', 'status'),
    meta('hs_email_subject', 'text', 'subject'),
    meta('hs_email_text', 'long', 'text'),
    meta('hs_email_thread_id', 'text', 'threadId'),
    ...addressRules('to'),
    meta('hs_email_tracker_key', 'text', 'trackerKey'),
    meta('hs_email_validation_skipped', 'list', 'validationSkipped'),
  ],
  meetings: [
    ...COMMON,
    meta('hs_attendee_owner_ids', 'list', 'attendeeOwnerIds'),
    meta('hs_guest_emails', 'list', 'guestEmails'),
    meta('hs_i_cal_uid', 'text', 'iCalUid'),
    meta('hs_internal_meeting_notes', 'html', 'internalMeetingNotes'),
    meta('hs_meeting_body', 'html', 'body'),
    meta('hs_meeting_created_from_link_id', 'number', 'createdFromLinkId'),
    meta('hs_meeting_end_time', 'instant', 'endTime'),
    meta('hs_meeting_external_url', 'text', 'externalUrl'),
    meta('hs_meeting_location', 'text', 'location'),
    meta('hs_meeting_outcome', 'choice', 'meetingOutcome'),
    rule('hs_meeting_pre_meeting_prospect_reminders', 'long', ({ metadata }) =>
      JSON.stringify(metadata['preMeetingProspectReminders']),
    ),
    meta('hs_meeting_source', 'choice', 'source'),
    meta('hs_meeting_source_id', 'text', 'sourceId'),
    meta('hs_meeting_start_time', 'instant', 'startTime'),
    meta('hs_meeting_title', 'text', 'title'),
    meta('hs_video_conference_url', 'text', 'videoConferenceUrl'),
  ],
  notes: [...COMMON, meta('hs_note_body', 'html', 'body')],
  postal_mail: [...COMMON, meta('hs_postal_mail_body', 'html', 'body')],
  tasks: [
    ...COMMON,
    meta('hs_task_body', 'html', 'body'),
    meta('hs_task_completion_date', 'instant', 'completionDate'),
    meta('hs_task_for_object_type', 'choice', 'forObjectType'),
    meta('hs_task_is_all_day', 'flag', 'isAllDay'),
    meta('hs_task_priority', 'choice', 'priority'),
    meta('hs_task_reminders', 'list', 'reminders'),
    meta('hs_task_send_default_reminder', 'flag', 'sendDefaultReminder'),
    meta('hs_task_status', 'choice', 'status'),
    meta('hs_task_subject', 'text', 'subject'),
    meta('hs_task_type', 'choice', 'taskType'),
  ],
  contacts: [
    ...ofAll('createdate', 'lastmodifieddate'),
    ...own('text', 'firstname lastname email phone jobtitle company city country'),
    ...own('choice', 'hubspot_owner_id lifecyclestage'),
    ...own('number', 'associatedcompanyid'),
    ...own('list', 'hs_merged_object_ids newsletter__c'),
  ],
  companies: [
    ...ofAll('createdate', 'hs_lastmodifieddate'),
    ...own('text', 'name domain phone city country'),
    ...own('choice', 'hubspot_owner_id industry lifecyclestage'),
    ...own('number', 'numberofemployees annualrevenue'),
    ...own('list', 'hs_merged_object_ids'),
  ],
  deals: [
    ...ofAll('createdate', 'hs_lastmodifieddate'),
    ...own('text', 'dealname'),
    ...own('number', 'amount'),
    ...own('choice', 'hubspot_owner_id dealtype pipeline dealstage'),
    ...own('instant', 'closedate'),
    ...own('flag', 'hs_is_closed_won'),
    ...own('list', 'hs_merged_object_ids'),
  ],
  tickets: [
    ...ofAll('createdate', 'hs_lastmodifieddate'),
    ...own('text', 'subject'),
    ...own('long', 'content'),
    ...own('choice', 'hubspot_owner_id hs_ticket_priority hs_pipeline hs_pipeline_stage'),
    ...own('instant', 'closed_date'),
    ...own('list', 'hs_merged_object_ids'),
  ],
};

/** A value in the form of the objects API: text, an ISO instant, `;`-separated lists; undefined when it is unset. */
export function toPropertyValue(value: unknown, kind: Kind): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : value.map(toText).join(';');
  }
  if (kind !== 'instant' || typeof value !== 'number') return toText(value);
  return Number.isNaN(new Date(value).getTime()) ? undefined : new Date(value).toISOString();
}

function toText(value: unknown): string {
  if (isRawNumber(value)) return value.rawJSON;
  return typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
}

/** `hs_email_to_email` and its like: one entry for each address, also where that has no name. */
function addressRules(header: 'from' | 'sender' | 'to' | 'cc' | 'bcc'): PropertyRule[] {
  const part = (suffix: string, key: string): PropertyRule =>
    rule(`hs_email_${header}_${suffix}`, 'text', ({ metadata }) => {
      const addresses = [metadata[header] ?? []].flat() as Record<string, unknown>[];
      const values = addresses.map((address) => address?.[key]);
      return values.some((value) => value !== undefined) ? values : undefined;
    });
  return [
    part('email', 'email'),
    part('firstname', 'firstName'),
    part('lastname', 'lastName'),
    part('raw', 'raw'),
  ];
}

function readEmailHeaders({ metadata }: RecordParts): unknown {
  const { from, sender, to, cc, bcc } = metadata;
  const headers = JSON.stringify({ from, sender, to, cc, bcc });
  return headers === '{}' ? undefined : headers;
}

/** v1 does not say who called whom, but the numbers do. */
function readDirection({ metadata }: RecordParts): string | undefined {
  if (metadata['toNumber'] === OWN_NUMBER) return 'INBOUND';
  return metadata['fromNumber'] === OWN_NUMBER ? 'OUTBOUND' : undefined;
}

// v1 records have no room for the properties of an account's own, so these go by the id.
function readStageNote(_record: RecordParts, { id }: StoredRecord): unknown {
  return id % 10n === 0n ? `Stage "qualified";\nsee \\N-${id}` : undefined;
}

function readScore(_record: RecordParts, { id }: StoredRecord): unknown {
  return id % 15n === 0n ? Number(id % 100n) : undefined;
}
