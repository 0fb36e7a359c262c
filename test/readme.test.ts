import { expect, test } from 'vitest';
import { readReadme } from '../scripts/readme.ts';

test('README has the help, the settings and the exit codes as the program has them (make format)', async () => {
  const { actual, expected } = await readReadme();
  expect(actual).toBe(expected);
});
