import { isObject, type JsonObject } from '../../json.ts';
import { toJson, toListItems } from './values.ts';

/** What v1 says of a person, and the ends of the properties that say it. */
const PERSON_FIELDS = [
  ['email', 'email'],
  ['firstName', 'firstname'],
  ['lastName', 'lastname'],
  ['raw', 'raw'],
] as const;

/** The people of an e-mail in v1's metadata, and the properties that say who they are. */
export const ROLES = (['from', 'sender', 'to', 'cc', 'bcc'] as const).map((role) => ({
  role,
  isList: role !== 'from' && role !== 'sender',
  fields: PERSON_FIELDS.map(([field, end]) => [field, `hs_email_${role}_${end}`] as const),
}));

/** The property with the whole of them, as JSON text in v1's very shape. */
export const HEADERS = 'hs_email_headers';

/** An e-mail's people, and the properties that they say all of. */
export interface People {
  /** v1's `from`, `sender`, `to`, `cc`, `bcc`; those that the record knows nothing of are left out. */
  metadata: JsonObject;
  said: Set<string>;
}

/**
 * The people of an e-mail as v1 has them. {@link HEADERS} comes first, being what HubSpot fills the other properties
 * from (guide of the emails API, "Set email headers"); `hs_email_to_email`, `_firstname` and so on complete it, or take
 * its place. Those are lists with a semicolon between the people, and count only when there is one part for each. `read`
 * gives a property's value, in real text.
 */
export function toPeople(read: (property: string) => unknown): People {
  const headers = toJson(read(HEADERS));
  const people: People = { metadata: {}, said: new Set() };
  let headersSaid = isObject(headers);
  for (const { role, isList, fields } of ROLES) {
    const sent = isObject(headers) ? (headers[role] ?? undefined) : undefined;
    const persons = toPersons(sent, isList);
    if (persons === undefined && sent !== undefined) headersSaid = false;
    const completed = complete(persons, { isList, fields }, read, people.said);
    if (completed === undefined) continue;
    people.metadata[role] = isList ? completed : completed[0];
  }
  if (isObject(headers) && !Object.keys(headers).every(isRole)) headersSaid = false;
  if (headersSaid) people.said.add(HEADERS);
  return people;
}

function isRole(key: string): boolean {
  return ROLES.some(({ role }) => role === key);
}

function toPersons(sent: unknown, isList: boolean): JsonObject[] | undefined {
  if (!isList) return isObject(sent) ? [{ ...sent }] : undefined;
  if (!Array.isArray(sent) || !sent.every(isObject)) return undefined;
  return sent.map((person) => ({ ...person }));
}

/** Adds what the properties of a role know besides; names in `said` those that nothing is left of. */
function complete(
  persons: JsonObject[] | undefined,
  { isList, fields }: Pick<(typeof ROLES)[number], 'isList' | 'fields'>,
  read: (property: string) => unknown,
  said: Set<string>,
): JsonObject[] | undefined {
  let found = persons;
  for (const [field, property] of fields) {
    const value = read(property);
    if (typeof value !== 'string' || value === '') continue;
    const parts = isList ? toParts(value, found?.length) : [value];
    found ??= parts.map(() => ({}));
    if (parts.length !== found.length) continue;
    let agrees = true;
    for (const [n, part] of parts.entries()) {
      const person = found[n] as JsonObject;
      if (part === '') continue;
      person[field] ??= part;
      if (person[field] !== part) agrees = false;
    }
    if (agrees) said.add(property);
  }
  return found;
}

/** The parts of a list for so many people: a blank stands for someone without, unless there are too many then. */
function toParts(value: string, count: number | undefined): string[] {
  const parts = value.split(';').map((part) => part.trim());
  return count === undefined || parts.length !== count ? toListItems(value) : parts;
}
