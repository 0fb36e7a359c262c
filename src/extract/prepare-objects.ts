import type { RunPlan } from '../archive/manifest.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import { parsePortalId, parsePropertyNames } from '../hubspot/crm-objects.ts';
import { toAccountRequest, toPropertiesRequest } from '../hubspot/crm-requests.ts';
import { ASSOCIATION_KIND_NAMES } from '../model/association-kinds.ts';
import type { ObjectTypeName } from '../model/object-types.ts';

/**
 * What a run by the objects API has to know before its first page; kept in its plan, so that resuming asks the same.
 * `now` is HubSpot's clock.
 */
export async function prepareObjects(
  version: string,
  types: readonly ObjectTypeName[],
  fetch: HubSpotClient['fetchPage'],
): Promise<{ objects: NonNullable<RunPlan['objects']>; now: Date }> {
  // First and alone: a wrong token, and the account's limit, show here.
  const account = await fetch(() => toAccountRequest(version), parsePortalId);
  const properties = await Promise.all(
    types.map(async (type) => {
      const answer = await fetch(() => toPropertiesRequest({ version, type }), parsePropertyNames);
      return [type, answer.page] as const;
    }),
  );
  const objects = {
    portalId: account.page,
    properties: Object.fromEntries(properties),
    associationKinds: [...ASSOCIATION_KIND_NAMES],
  };
  return { objects, now: account.answeredAt };
}
