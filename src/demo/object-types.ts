/** A type of the CRM objects API. */
export interface ObjectType {
  /** As in paths: plural. */
  name: string;
  /** As in association types: `call_to_contact`. */
  singular: string;
  /** HubSpot's number of it, which paths take as well. */
  id: string;
  /** Which store has its records. */
  store: StoreName;
  /** The `engagement.type`s of its records. */
  recordTypes: readonly string[];
  /** Properties that every answer has. */
  always: readonly string[];
  /** HubSpot's numbers of its plain associations to each target. */
  associationTypeIds: Partial<Record<TargetName, number>>;
}

/** A type that others are associated with. */
export interface TargetType {
  name: TargetName;
  singular: string;
  id: string;
  /** The key of its ids in a v1 record. */
  v1Key: string;
}

export type TargetName = 'contacts' | 'companies' | 'deals' | 'tickets';

/** Engagements have one store, as their ids are distinct; every other type has its own. */
export type StoreName = 'engagements' | TargetName;

const ACTIVITY = {
  store: 'engagements',
  always: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
} as const;
const DATES = ['createdate', 'hs_lastmodifieddate', 'hs_object_id'];

// v1 has PUBLISHING_TASK besides, which is no object of any type.
// biome-ignore format: rows of a table
export const OBJECT_TYPES: readonly ObjectType[] = [
  { name: 'calls', singular: 'call', id: '0-48', ...ACTIVITY, recordTypes: ['CALL'],
    associationTypeIds: { contacts: 194, companies: 182, deals: 206, tickets: 220 } },
  { name: 'communications', singular: 'communication', id: '0-18', ...ACTIVITY, recordTypes: ['SMS', 'WHATS_APP', 'LINKEDIN_MESSAGE'],
    associationTypeIds: { contacts: 81, companies: 87, deals: 85, tickets: 84 } },
  { name: 'emails', singular: 'email', id: '0-49', ...ACTIVITY, recordTypes: ['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL'],
    associationTypeIds: { contacts: 198, companies: 186, deals: 210, tickets: 224 } },
  { name: 'meetings', singular: 'meeting', id: '0-47', ...ACTIVITY, recordTypes: ['MEETING'],
    associationTypeIds: { contacts: 200, companies: 188, deals: 212, tickets: 226 } },
  { name: 'notes', singular: 'note', id: '0-46', ...ACTIVITY, recordTypes: ['NOTE'],
    associationTypeIds: { contacts: 202, companies: 190, deals: 214, tickets: 228 } },
  { name: 'postal_mail', singular: 'postal_mail', id: '0-116', ...ACTIVITY, recordTypes: ['POSTAL_MAIL'],
    associationTypeIds: { contacts: 453, companies: 459, deals: 457, tickets: 455 } },
  { name: 'tasks', singular: 'task', id: '0-27', ...ACTIVITY, recordTypes: ['TASK'],
    associationTypeIds: { contacts: 204, companies: 192, deals: 216, tickets: 230 } },
  { name: 'contacts', singular: 'contact', id: '0-1', store: 'contacts', recordTypes: ['CONTACT'],
    always: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
    associationTypeIds: { contacts: 449, companies: 279, deals: 4, tickets: 15 } },
  { name: 'companies', singular: 'company', id: '0-2', store: 'companies', recordTypes: ['COMPANY'],
    always: [...DATES, 'domain', 'name'],
    associationTypeIds: { contacts: 280, companies: 450, deals: 342, tickets: 340 } },
  { name: 'deals', singular: 'deal', id: '0-3', store: 'deals', recordTypes: ['DEAL'],
    always: [...DATES, 'amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
    associationTypeIds: { contacts: 3, companies: 341, deals: 451, tickets: 27 } },
  { name: 'tickets', singular: 'ticket', id: '0-5', store: 'tickets', recordTypes: ['TICKET'],
    always: [...DATES, 'content', 'hs_pipeline', 'hs_pipeline_stage', 'hs_ticket_priority', 'subject'],
    associationTypeIds: { contacts: 16, companies: 339, deals: 28, tickets: 452 } },
];

// biome-ignore format: rows of a table
export const TARGET_TYPES: readonly TargetType[] = [
  { name: 'contacts', singular: 'contact', id: '0-1', v1Key: 'contactIds' },
  { name: 'companies', singular: 'company', id: '0-2', v1Key: 'companyIds' },
  { name: 'deals', singular: 'deal', id: '0-3', v1Key: 'dealIds' },
  { name: 'tickets', singular: 'ticket', id: '0-5', v1Key: 'ticketIds' },
];

/** The type that a path or a parameter names by its plural, its singular or its number. */
export function findType<T extends { name: string; singular: string; id: string }>(
  types: readonly T[],
  text: string,
): T | undefined {
  const wanted = text.toLowerCase();
  return types.find(({ name, singular, id }) => [name, singular, id].includes(wanted));
}
