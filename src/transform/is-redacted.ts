import type { RowContent } from '../model/row.ts';
import { toLifted } from './lift-texts.ts';

/**
 * What stands in place of an e-mail's content for a token without the scope `sales-email-read`, silently and with
 * status 200 (HubSpot changelog, "New scope required to get the content of email engagements").
 */
const REDACTED = /^\s*(?:<[^<>]*>\s*)*The content of this email has been redacted\b/;

/** What the JSON of such a text looks like, and seldom that of another. */
const REDACTED_JSON =
  /^(?:\s|\\[fnrt])*(?:<[^<>]*>(?:\s|\\[fnrt])*)*The content of this email has been redacted\b/;

/** Whether a row is an e-mail whose content HubSpot held back, whichever API it came from; `texts` are those lifted. */
export function isRedacted(content: RowContent, texts: string[] = []): boolean {
  const { type, metadata, body_preview } = content;
  if (!type.endsWith('EMAIL')) return false;
  return [metadata['html'], metadata['text'], body_preview].some(
    (text) => typeof text === 'string' && isRedactedText(text, toLifted(text, texts)),
  );
}

function isRedactedText(text: string, lifted: string | undefined): boolean {
  if (lifted === undefined) return REDACTED.test(text);
  return REDACTED_JSON.test(lifted) && REDACTED.test(JSON.parse(`"${lifted}"`));
}
