/**
 * How a text begins that HubSpot puts in place of an e-mail's content for want of the scope `sales-email-read`
 * (HubSpot changelog, "New scope required to get the content of email engagements"); the same regular expression to
 * JavaScript and to Postgres.
 */
export const REDACTED = '^\\s*(?:<[^<>]*>\\s*)*The content of this email has been redacted';

/** What stands somewhere in every line of a redacted e-mail. */
export const REDACTED_WORDS = 'The content of this email has been redacted';

const PATTERN = new RegExp(REDACTED);

/** Whether a line, in byte text, is that of an e-mail whose content HubSpot held back. */
export function isRedactedLine(line: string): boolean {
  if (!line.includes(REDACTED_WORDS)) return false;
  let row: { type?: unknown; metadata?: Record<string, unknown>; body_preview?: unknown };
  try {
    row = JSON.parse(line);
  } catch {
    return false;
  }
  if (typeof row.type !== 'string' || !row.type.endsWith('EMAIL')) return false;
  return [row.metadata?.['html'], row.metadata?.['text'], row.body_preview].some(
    (text) => typeof text === 'string' && PATTERN.test(text),
  );
}
