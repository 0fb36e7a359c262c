import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RowSpec } from '../support/ndjson-run.ts';
import { createWorkbench, NOTHING, type Workbench } from './workbench.ts';

const FIRST = '2026/11/05/101500Z-full';
const SECOND = '2026/11/06/101500Z-changes';
const THIRD = '2026/11/07/101500Z-changes';
const GOOD: RowSpec = {
  id: 1,
  type: 'EMAIL',
  updated_at: '2026-11-01T00:00:00.000Z',
  owner_id: 7,
  metadata: { html: '<p>Dear Ada</p>', to: [{ email: 'ada@x.example' }] },
};
const REDACTED: RowSpec = {
  ...GOOD,
  updated_at: '2026-11-02T00:00:00.000Z',
  owner_id: null,
  metadata: { html: '<div>\n<p>The content of this email has been redacted (ä).', to: [] },
};

let bench: Workbench;
beforeEach(async () => {
  bench = await createWorkbench();
});
afterEach(() => bench.close());

const html = () => bench.rows(`select metadata ->> 'html', owner_id from engagements order by id`);
const good = [['<p>Dear Ada</p>', '7']];
const redacted = [[(REDACTED.metadata as { html: string }).html, null]];

test('a redacted e-mail does not replace contents; it is counted and said', async () => {
  await bench.bring(FIRST, [GOOD]);
  await bench.write(SECOND, [REDACTED, { ...REDACTED, id: 2 }], { redacted: 2 });
  const { merged } = await bench.load();
  expect(merged).toMatchObject([{ inserted: 1, unchanged: 1, withheld: 1 }]);
  expect(await html()).toEqual([...good, ...redacted]);
  expect(bench.notes).toEqual([
    `run ${SECOND}: 1 e-mails came redacted and did not replace the contents there are; the token lacks sales-email-read`,
  ]);
  expect(await bench.rows('select withheld from load_runs order by run')).toEqual([['0'], ['1']]);
  expect((await bench.load({ from: SECOND })).written).toEqual(NOTHING);
  expect(await html()).toEqual([...good, ...redacted]);
});

test('a rebuild withholds what was withheld, and what older runs that it takes in have contents of', async () => {
  await bench.bring(SECOND, [REDACTED], { redacted: 1 });
  await bench.write(FIRST, [GOOD]);
  await bench.load({ rebuild: true });
  expect(await html()).toEqual(good);
  await bench.load({ rebuild: true });
  expect(await html()).toEqual(good);
});

test('older contents replace redacted ones', async () => {
  await bench.bring(FIRST, [REDACTED], { redacted: 1 });
  expect(await bench.bring(SECOND, [GOOD])).toBe('0 1 0 0 0');
  expect(await html()).toEqual(good);
  await bench.load({ from: FIRST });
  expect(await html()).toEqual(good);
});

test('contents replace redacted ones, from the other API at the same time too', async () => {
  await bench.bring(FIRST, [REDACTED], { redacted: 1 });
  const late = { ...GOOD, updated_at: REDACTED.updated_at as string, api: 'objects' as const };
  await bench.bring(SECOND, [late]);
  expect(await html()).toEqual(good);
  await bench.load({ from: FIRST });
  expect(await html()).toEqual(good);
});

test('unless they are accepted', async () => {
  await bench.bring(FIRST, [GOOD]);
  await bench.write(SECOND, [REDACTED], { redacted: 1 });
  await bench.load({ acceptRedacted: true });
  expect(await html()).toEqual(redacted);
  expect(await bench.rows('select redacted, accepts_redacted from load_runs order by run')).toEqual(
    [
      ['0', false],
      ['1', true],
    ],
  );
  // What was accepted once needs no second word.
  await bench.load({ from: FIRST });
  await bench.load({ rebuild: true });
  expect(await html()).toEqual(redacted);
});

test('what was withheld can be accepted by a replay', async () => {
  await bench.bring(FIRST, [GOOD]);
  await bench.bring(SECOND, [REDACTED], { redacted: 1 });
  expect(await html()).toEqual(good);
  await bench.load({ from: SECOND, acceptRedacted: true });
  expect(await html()).toEqual(redacted);
  await bench.load({ rebuild: true });
  expect(await html()).toEqual(redacted);
});

test.each<[string, RowSpec]>([
  ['a note', { ...REDACTED, type: 'NOTE' }],
  [
    'a quotation',
    { ...REDACTED, metadata: { html: 'He wrote: The content of this email has been redacted' } },
  ],
])('%s with those words is no redacted e-mail', async (_name, row) => {
  await bench.bring(FIRST, [{ ...GOOD, type: row.type as string }]);
  await bench.write(THIRD, [row]);
  expect((await bench.load()).merged).toMatchObject([{ updated: 1, withheld: 0 }]);
});
