import type { V1Parts } from './v1-parts.ts';

const TYPES = new Set(['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL']);

/** What stands where the letter was; HubSpot's own words. */
export const REDACTED =
  'The content of this email has been redacted. To include it in the response, your app must require the sales-email-read scope.';

// The fields of the example in HubSpot's announcement of the scope (2019).
const KEPT_FIELDS = [
  'id',
  'portalId',
  'active',
  'createdAt',
  'lastUpdated',
  'type',
  'timestamp',
  'allAccessibleTeamIds',
  'queueMembershipIds',
];

/** An e-mail as an app without the scope `sales-email-read` gets it, silently; other records are returned as they are. */
export function redactEmail(record: V1Parts): V1Parts {
  if (!TYPES.has(String(record.engagement['type']))) return record;
  const kept = KEPT_FIELDS.flatMap((field) =>
    field in record.engagement ? [[field, record.engagement[field]]] : [],
  );
  return {
    engagement: Object.fromEntries(kept),
    associations: record.associations,
    attachments: [],
    metadata: { cc: [], to: [], validationSkipped: [], html: REDACTED, bcc: [] },
  };
}
