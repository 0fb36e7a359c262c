import type { RowContent } from '../../model/row.ts';

/**
 * What stands in place of an e-mail's content for a token without the scope `sales-email-read`, silently and with
 * status 200 (HubSpot changelog, "New scope required to get the content of email engagements").
 */
const REDACTED = /^\s*(?:<[^<>]*>\s*)*The content of this email has been redacted\b/;

/** Whether a row, whose strings may be byte text, is an e-mail whose content HubSpot held back, by either API. */
export function isRedacted({ type, metadata, body_preview }: RowContent): boolean {
  if (!type.endsWith('EMAIL')) return false;
  return [metadata['html'], metadata['text'], body_preview].some(
    (text) => typeof text === 'string' && REDACTED.test(text),
  );
}
