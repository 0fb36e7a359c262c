import { OBJECT_TYPE_NAMES } from '../model/object-types.ts';

/** The scopes that reading an object type takes (HubSpot's OpenAPI files, 2026-09). */
const SCOPES: Record<string, readonly string[]> = {
  ...Object.fromEntries(OBJECT_TYPE_NAMES.map((type) => [type, ['crm.objects.contacts.read']])),
  emails: ['crm.objects.contacts.read', 'sales-email-read'],
  contacts: ['crm.objects.contacts.read'],
  companies: ['crm.objects.companies.read'],
  deals: ['crm.objects.deals.read'],
  tickets: ['tickets'],
};

/**
 * An answer 403: what HubSpot refuses, and what to do. `said` is what it answered, `named` the scopes that it names, if
 * any, and `path` what was asked for. Pure.
 */
export function describeMissingScope(
  said: string,
  named: readonly string[],
  path: string,
): [message: string, next: string] {
  const [, room, from, to] =
    /^\/crm\/(objects|properties|associations)\/[^/]+\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  const type = from !== undefined && Object.hasOwn(SCOPES, from) ? from : undefined;
  const kind =
    room === 'associations' && to !== undefined && Object.hasOwn(SCOPES, to) ? to : undefined;
  const known = [...new Set([type, kind].flatMap((name) => (name && SCOPES[name]) ?? []))];
  const scopes = named.length > 0 ? named : known;
  const what =
    type === undefined ? '' : ` to ${kind === undefined ? type : `the ${kind} of ${type}`}`;
  const give =
    scopes.length === 0
      ? 'Give the token the scopes crm.objects.contacts.read and sales-email-read'
      : `Give the token the ${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' and ')}`;
  const others = OBJECT_TYPE_NAMES.filter((name) => name !== type);
  const without =
    type === 'emails' && kind === undefined
      ? `; or leave the e-mails out with --types ${others.join(',')}`
      : '';
  return [`HubSpot refuses access${what} (${said})`, `${give}, then run extract again${without}.`];
}
