import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseJson } from '../../src/json.ts';
import type { RowSpec } from '../support/ndjson-run.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

const RUN = '2026/11/05/101500Z-full';

let bench: Workbench;
beforeAll(async () => {
  bench = await createWorkbench();
});
afterAll(() => bench.close());
beforeEach(clear);

async function clear(): Promise<void> {
  await bench.client.query('truncate engagements, load_runs');
}

// What transform lets through: any text but U+0000 and unpaired surrogates.
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\t',
        '\n',
        '\r',
        '\\',
        '\\.',
        '"',
        "'",
        '\u0001',
        '\u0002',
        '\u007f',
        '\u2028',
        ',',
        '},"attachments":',
        '😀',
        'é',
        'N',
        'x',
      ),
    }),
  )
  .map((value) => value.replaceAll('\0', ''));
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const object = fc.dictionary(text, json, { maxKeys: 4, noNullPrototype: true });
const nullable = fc.option(text);
const row = fc.record({
  type: text,
  source: nullable,
  source_id: nullable,
  activity_type: nullable,
  title: nullable,
  body_preview: nullable,
  metadata: object,
  extra: object,
});

/** Loads the rows, numbered from 1, and gives back what the table has of the same columns. */
async function roundTrip(rows: Omit<RowSpec, 'id'>[]): Promise<unknown[]> {
  await clear();
  await bench.bring(
    RUN,
    rows.map((one, n) => ({ ...one, id: n + 1 })),
  );
  const { rows: stored } = await bench.client.query(
    `select type, source, source_id, activity_type, title, body_preview, metadata, extra
     from engagements order by id`,
  );
  return stored;
}

test('any text and any JSON comes back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      // JSON has no -0.
      expect(await roundTrip(rows)).toEqual(JSON.parse(JSON.stringify(rows)));
    }),
    { numRuns: 40 },
  );
}, 180_000);

test('empty text is not null', async () => {
  const empty = {
    type: '',
    source: '',
    source_id: '',
    activity_type: '',
    title: '',
    body_preview: '',
    metadata: { '': '' },
    extra: {},
  };
  const none = {
    ...empty,
    source: null,
    source_id: null,
    activity_type: null,
    title: null,
    body_preview: null,
    metadata: { '': null },
  };
  expect(await roundTrip([empty, none])).toEqual([empty, none]);
});

test.each([
  ['12345678901234567890', '12345678901234567890'],
  ['0.1', '0.1'],
  ['1e300', `1${'0'.repeat(300)}`],
  ['1.5e-300', `0.${'0'.repeat(299)}15`],
  ['-98765432109876543210.5', '-98765432109876543210.5'],
])('the number %s is exact in metadata and extra', async (source, stored) => {
  const value = parseJson(`[${source}]`) as unknown[];
  await bench.bring(RUN, [{ id: 1, metadata: { value }, extra: { value } }]);
  expect(
    await bench.rows(`select metadata #>> '{value,0}', extra #>> '{value,0}' from engagements`),
  ).toEqual([[stored, stored]]);
});

test('a thousand levels of nesting and a text of some megabytes', async () => {
  const deep = JSON.parse(`${'{"a":['.repeat(499)}1${']}'.repeat(499)}`);
  const long = 'ä\\n"'.repeat(1 << 20);
  await bench.bring(RUN, [{ id: 1, metadata: deep, body_preview: long }, { id: 2 }]);
  const { rows } = await bench.client.query(
    'select metadata::text as deep, body_preview from engagements order by id',
  );
  expect(JSON.parse(rows[0].deep)).toEqual(deep);
  expect(rows[0].body_preview === long).toBe(true);
  expect(rows[1].deep).toBe('{}');
});

test('instants are exact whatever time zone and date style the server is set to', async () => {
  const settings = `alter database ${bench.client.database}`;
  await bench.client.query(`${settings} set timezone to 'America/New_York'`);
  await bench.client.query(`${settings} set datestyle to 'SQL, DMY'`);
  await bench.bring(RUN, [
    { id: 1, created_at: '2026-03-08T02:30:00.001Z', updated_at: '2026-01-02T23:59:59.999Z' },
  ]);
  expect(
    await bench.rows(
      'select extract(epoch from created_at) * 1000, extract(epoch from updated_at) * 1000 from engagements',
    ),
  ).toEqual([
    ['2026-03-08T02:30:00.001Z', '2026-01-02T23:59:59.999Z'].map(
      (at) => `${Date.parse(at)}.000000`,
    ),
  ]);
});
