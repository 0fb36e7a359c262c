import { type Answer, answerOf } from './answers.ts';
import { PIPELINES, type Pipeline } from './crm-pipelines.ts';
import { DISPOSITION_OPTIONS } from './metadata.ts';
import { KINDS, OBJECT_PROPERTIES, type PropertyRule } from './object-properties.ts';
import type { ObjectType } from './object-types.ts';
import { INDUSTRY_VALUES } from './people.ts';

interface Choice {
  value: string;
  label: string;
}

/** The options of enumerated properties; those that are not here have none, or take them from elsewhere (owners, teams). */
const OPTIONS: Record<string, readonly Choice[]> = {
  dealstage: toStages(PIPELINES.deals),
  dealtype: [
    { value: 'newbusiness', label: 'New Business' },
    { value: 'existingbusiness', label: 'Existing Business' },
  ],
  hs_call_direction: toChoices('INBOUND OUTBOUND'),
  hs_call_disposition: DISPOSITION_OPTIONS,
  hs_call_status: toChoices('BUSY CANCELED COMPLETED FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED'),
  hs_communication_channel_type: toChoices('LINKEDIN_MESSAGE SMS WHATS_APP'),
  hs_email_direction: toChoices('EMAIL FORWARDED_EMAIL INCOMING_EMAIL'),
  hs_email_status: toChoices('BOUNCED FAILED SCHEDULED SENDING SENT'),
  hs_meeting_outcome: toChoices('CANCELED COMPLETED NO_SHOW RESCHEDULED SCHEDULED'),
  hs_pipeline: [{ value: PIPELINES.tickets.id, label: PIPELINES.tickets.label }],
  hs_pipeline_stage: toStages(PIPELINES.tickets),
  hs_task_priority: toChoices('HIGH LOW MEDIUM NONE'),
  hs_task_status: toChoices('COMPLETED DEFERRED IN_PROGRESS NOT_STARTED WAITING'),
  hs_task_type: toChoices('CALL EMAIL TODO'),
  hs_ticket_priority: toChoices('HIGH LOW MEDIUM URGENT'),
  industry: toChoices(INDUSTRY_VALUES.join(' ')),
  lifecyclestage: toChoices('lead opportunity customer'),
  newsletter__c: toChoices('chains gears'),
  pipeline: [{ value: PIPELINES.deals.id, label: PIPELINES.deals.label }],
};

/** `GET /crm/properties/<version>/{type}`: every property of a type, custom ones too. */
export function answerProperties(type: ObjectType): Answer {
  const rules = OBJECT_PROPERTIES[type.name] ?? [];
  const results = [...rules]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((rule) => toDefinition(rule, type));
  return answerOf({ results });
}

function toDefinition({ name, kind, custom = false }: PropertyRule, { singular }: ObjectType) {
  const isElsewhere = name === 'hubspot_owner_id' || name === 'hubspot_team_id';
  const options = (OPTIONS[name] ?? []).map((option, displayOrder) => ({
    ...option,
    description: '',
    displayOrder,
    hidden: false,
  }));
  return {
    name,
    label: toLabel(name.replace(/^hs_|__c$/g, '')),
    ...KINDS[kind],
    description: '',
    groupName: custom ? 'custom_information' : `${singular}information`,
    options,
    displayOrder: -1,
    calculated: false,
    externalOptions: isElsewhere,
    ...(isElsewhere && { referencedObjectType: name === 'hubspot_team_id' ? 'TEAM' : 'OWNER' }),
    archived: false,
    hasUniqueValue: name === 'hs_object_id',
    hidden: false,
    hubspotDefined: !custom,
    modificationMetadata: {
      archivable: custom,
      readOnlyDefinition: !custom,
      readOnlyValue: /^hs_object_id$|createdate$|lastmodifieddate$/.test(name),
    },
    formField: false,
    dataSensitivity: 'non_sensitive',
  };
}

function toStages({ stages }: Pipeline): Choice[] {
  return stages.map(({ id, label }) => ({ value: id, label }));
}

function toChoices(values: string): Choice[] {
  return values.split(' ').map((value) => ({ value, label: toLabel(value.toLowerCase()) }));
}

/** `no_answer` → `No answer`. */
function toLabel(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
