import { expect, test } from 'vitest';
import type { RowContent } from '../../../src/model/row.ts';
import { isRedacted } from '../../../src/transform/normalize/is-redacted.ts';

const notice =
  'The content of this email has been redacted. To include it in the response, your app must require the sales-email-read scope.';

const row = (type: string, metadata: object, body_preview: string | null = null) =>
  ({ type, metadata, body_preview }) as RowContent;

test.each([
  ['EMAIL', { html: notice }],
  ['INCOMING_EMAIL', { html: `<html><body>\n${notice}</body></html>` }],
  ['FORWARDED_EMAIL', { text: notice }],
])('an %s with the notice for its content is redacted', (type, metadata) => {
  expect(isRedacted(row(type, metadata))).toBe(true);
});

test('the notice in the preview alone will do', () => {
  expect(isRedacted(row('EMAIL', {}, notice))).toBe(true);
});

test.each([
  ['EMAIL', { html: `Re: ${notice}` }],
  ['EMAIL', { text: `\\n${notice}` }],
  ['EMAIL', { subject: notice }],
  ['EMAIL', {}],
  ['NOTE', { html: notice }],
])('an %s with %j is not', (type, metadata) => {
  expect(isRedacted(row(type, metadata))).toBe(false);
});
