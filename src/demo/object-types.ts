/** An activity type of the CRM objects API. */
export interface ObjectType {
  /** As in paths: plural. */
  name: string;
  /** As in association types: `call_to_contact`. */
  singular: string;
  /** HubSpot's number of it, which paths take as well. */
  id: string;
  /** The `engagement.type`s that it holds. */
  v1Types: readonly string[];
  /** HubSpot's numbers of its plain associations to each target. */
  associationTypeIds: Record<TargetName, number>;
}

/** A type that activities are associated with. */
export interface TargetType {
  name: TargetName;
  singular: string;
  id: string;
  /** The key of its ids in a v1 record. */
  v1Key: string;
}

type TargetName = 'contacts' | 'companies' | 'deals' | 'tickets';

// v1 has PUBLISHING_TASK besides, which is no object of any type.
// biome-ignore format: rows of a table
export const OBJECT_TYPES: readonly ObjectType[] = [
  { name: 'calls', singular: 'call', id: '0-48', v1Types: ['CALL'],
    associationTypeIds: { contacts: 194, companies: 182, deals: 206, tickets: 220 } },
  { name: 'communications', singular: 'communication', id: '0-18', v1Types: ['SMS', 'WHATS_APP', 'LINKEDIN_MESSAGE'],
    associationTypeIds: { contacts: 81, companies: 87, deals: 85, tickets: 84 } },
  { name: 'emails', singular: 'email', id: '0-49', v1Types: ['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL'],
    associationTypeIds: { contacts: 198, companies: 186, deals: 210, tickets: 224 } },
  { name: 'meetings', singular: 'meeting', id: '0-47', v1Types: ['MEETING'],
    associationTypeIds: { contacts: 200, companies: 188, deals: 212, tickets: 226 } },
  { name: 'notes', singular: 'note', id: '0-46', v1Types: ['NOTE'],
    associationTypeIds: { contacts: 202, companies: 190, deals: 214, tickets: 228 } },
  { name: 'postal_mail', singular: 'postal_mail', id: '0-116', v1Types: ['POSTAL_MAIL'],
    associationTypeIds: { contacts: 453, companies: 459, deals: 457, tickets: 455 } },
  { name: 'tasks', singular: 'task', id: '0-27', v1Types: ['TASK'],
    associationTypeIds: { contacts: 204, companies: 192, deals: 216, tickets: 230 } },
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
