import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorkbench, type Workbench } from './workbench.ts';

const GOOD = '2026/11/05/101500Z-full';
const BAD = '2026/11/06/101500Z-changes';
const LAST = '2026/11/07/101500Z-changes';
const PART = 'engagements-0002.ndjson';
const NEXT = 'Make the run anew from its raw pages: run transform --force, then load.';
const NOT_AS_SAID = 'its content is not what the manifest says';

let bench: Workbench;
let folder: string;
beforeEach(async () => {
  bench = await createWorkbench();
  await bench.write(GOOD, [{ id: 1, title: 'good' }]);
  const rows = [1, 2, 3, 4].map((id) => ({ id, title: 'bad', associations: { contact: [id] } }));
  folder = await bench.write(BAD, rows, { rowsPerPart: 2 });
  await bench.write(LAST, [{ id: 3, title: 'last' }]);
});
afterEach(() => bench.close());

async function edit(change: (text: string) => string): Promise<void> {
  const file = path.join(folder, PART);
  await writeFile(file, change(await readFile(file, 'latin1')), 'latin1');
}

/** Expects `load` to name the damage, and to have loaded the other runs and nothing of this one. */
async function expectDamage(message: string, next?: string): Promise<void> {
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_ARCHIVE',
    exitCode: 4,
    message: message.replace('PART', path.join(folder, PART)),
    next,
  });
  expect(await bench.rows('select id, title from engagements order by id')).toEqual([
    ['1', 'good'],
    ['3', 'last'],
  ]);
  expect(await bench.rows('select count(*) from engagement_associations')).toEqual([['0']]);
  expect(await bench.rows('select run from load_runs order by run')).toEqual([[GOOD], [LAST]]);
}

test.each<[string, (text: string) => string, string]>([
  ['a flipped byte in a text', (text) => text.replace('bad', 'bae'), NOT_AS_SAID],
  ['a flipped digit of an id', (text) => text.replace('"id":3', '"id":7'), NOT_AS_SAID],
  ['an id that is no number', (text) => text.replace('"id":3', '"id":x'), NOT_AS_SAID],
  ['an instant that is none', (text) => text.replace('"2026-11', '"2026-77'), NOT_AS_SAID],
  ['bytes that are no UTF-8', (text) => text.replace('bad', 'b\xffd'), NOT_AS_SAID],
  ['U+0000', (text) => text.replace('bad', 'b\0d'), NOT_AS_SAID],
  ["COPY's delimiter", (text) => text.replace('bad', 'b\x01d'), NOT_AS_SAID],
  ["COPY's quote", (text) => text.replace('bad', 'b\x02d'), NOT_AS_SAID],
  ['a carriage return', (text) => text.replace('\n', '\r\n'), NOT_AS_SAID],
  ['text that is no JSON', (text) => text.replace('"title":"bad"', '"title":bad"'), NOT_AS_SAID],
  ['lines that changed places', (text) => text.replace(/^(.*\n)(.*\n)$/, '$2$1'), NOT_AS_SAID],
  ['a line less', (text) => text.replace(/^.*\n/, ''), NOT_AS_SAID],
  ['a line more', (text) => text + text, NOT_AS_SAID],
  ['no lines', () => '', NOT_AS_SAID],
  ['no last line end', (text) => text.slice(0, -1), NOT_AS_SAID],
  ['a blank line', (text) => `${text}\n`, 'line 3 is not a row'],
  ['an end-of-data mark', (text) => text.replace('\n', '\n\\.\n'), 'line 2 is not a row'],
  [
    'a key of another name',
    (text) => text.replace('"metadata"', '"metadate"'),
    'line 1 is not a row',
  ],
  [
    'another order',
    (text) => text.replace('"id":4,"type":"NOTE"', '"type":"NOTE","id":4'),
    'line 2 is not a row',
  ],
])('%s', async (_name, change, what) => {
  await edit(change);
  await expectDamage(`PART is damaged: ${what}`, NEXT);
});

test('a line cut off', async () => {
  const file = path.join(folder, PART);
  await truncate(file, (await readFile(file)).length - 20);
  await expectDamage(`PART is damaged: ${NOT_AS_SAID}`, NEXT);
});

test('a missing part', async () => {
  await rm(path.join(folder, PART));
  await expectDamage('cannot read PART: no such file or folder');
});

test('parts that changed names', async () => {
  const first = path.join(folder, 'engagements-0001.ndjson');
  await rename(first, `${first}.x`);
  await rename(path.join(folder, PART), first);
  await rename(`${first}.x`, path.join(folder, PART));
  await expectDamage(`${first} is damaged: ${NOT_AS_SAID}`, NEXT);
});

test('a manifest that is no JSON', async () => {
  const manifest = path.join(folder, '_manifest.json');
  await appendFile(manifest, '}');
  await expectDamage(`${manifest} is damaged: it is not JSON`);
});

test('several damaged runs are all named', async () => {
  await edit(() => '');
  const last = path.join(folder, '../../07/101500Z-changes', 'engagements-0001.ndjson');
  await rm(last);
  await expect(bench.load()).rejects.toMatchObject({
    code: 'ERR_ARCHIVE',
    message: `${path.join(folder, PART)} is damaged: ${NOT_AS_SAID}\ncannot read ${last}: no such file or folder`,
    next: NEXT,
  });
  expect(await bench.rows('select run from load_runs')).toEqual([[GOOD]]);
});
