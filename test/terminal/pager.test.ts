import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { showInPager } from '../../src/terminal/pager.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const PATH = process.env['PATH'];

test('the text goes to the pager that is named, options and all', async () => {
  const folder = await makeTemporaryFolder();
  const file = path.join(folder, 'shown');
  expect(await showInPager('a\nb\n', { PATH, PAGER: `cat - > ${file}; exit 1` })).toBe(true);
  expect(await readFile(file, 'utf8')).toBe('a\nb\n');
  await rm(folder, { recursive: true });
});

test('who leaves early has not read all, and nothing is wrong', async () => {
  expect(await showInPager('x'.repeat(10_000_000), { PATH, PAGER: 'true' })).toBe(true);
});

test('where there is no pager, nothing is shown', async () => {
  expect(await showInPager('a\n', { PATH: '/nowhere' })).toBe(false);
  expect(await showInPager('a\n', { PATH, PAGER: 'no-such-pager 2>/dev/null' })).toBe(false);
});
