import { expect, test } from 'vitest';
import { renderDocuments } from '../scripts/documents.ts';

test('README and ARCHITECTURE say what the program says (make format)', async () => {
  for (const { actual, expected } of await renderDocuments()) expect(actual).toBe(expected);
});
