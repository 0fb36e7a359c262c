import { redactEmail } from './redact-email.ts';
import type { Store } from './store.ts';
import { toV1Parts } from './v1-parts.ts';

/** What the endpoints of a portal answer from. */
export interface PortalData {
  store: Store;
  portalId: number;
  /** Epoch milliseconds. */
  now: () => number;
  /**
   * `old`: the app has nothing but the former scope `engagements-read`, with which `modified/after` is empty without a
   * word.
   */
  scopes: 'all' | 'old';
  /**
   * Scopes that the app lacks. Without `sales-email-read` e-mails come redacted; without `crm.objects.contacts.read`
   * nothing is answered but account-info, without `crm.objects.<type>.read` nothing about that object type: 403.
   */
  lackedScopes: readonly string[];
  /** Largest page of v1's `/paged`. */
  pageLimit: number;
  /** How many associated ids of one kind an object has inline, and a batch of associations has for one id. */
  inlineAssociations: number;
  batchAssociations: number;
  /** How far search can be paged. */
  searchCap: number;
}

/** A record as this app may see it. */
export function viewRecord(record: unknown, { lackedScopes }: PortalData): unknown {
  if (!lackedScopes.includes('sales-email-read')) return record;
  const parts = toV1Parts(record);
  const redacted = redactEmail(parts);
  // An odd record stays what it is.
  return redacted === parts ? record : redacted;
}

/** Which scope keeps the app from `type` (an object type's plural name; none for all of v1), if any. */
export function findLackedScope({ lackedScopes }: PortalData, type?: string): string | undefined {
  const needed = ['crm.objects.contacts.read', ...(type ? [`crm.objects.${type}.read`] : [])];
  return needed.find((scope) => lackedScopes.includes(scope));
}
