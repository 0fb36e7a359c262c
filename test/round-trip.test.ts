import { rm } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/commands/open-database.ts';
import { parseJson } from '../src/json.ts';
import { load } from '../src/load/load.ts';
import type { Database } from '../src/postgres/database.ts';
import { silent } from '../src/progress.ts';
import { transform } from '../src/transform/transform.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { writeRawRun } from './support/raw-run.ts';

const RUN = '2026/11/05/101500Z-full';
const { signal } = new AbortController();

let base: TestDatabase;
let database: Database;
beforeAll(async () => {
  base = await createTestDatabase();
  database = await openDatabase(base.settings, { note() {}, signal });
});
afterAll(async () => {
  await database.close();
  await base.close();
});

/** What HubSpot could send as the text of a JSON string, within its quotes. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }).map((own) => JSON.stringify(own).slice(1, -1)),
      fc.constantFrom(
        '\\u0000',
        '\\ud83d',
        '\\uDE00',
        '\\ud83d\\ude00',
        '😀',
        '\\u00e9',
        'é',
        '\\/',
      ),
      fc.constantFrom(
        '\\n',
        '\\r\\n',
        '\\t',
        '\\\\',
        '\\\\.',
        '\\\\u0000',
        '\\"',
        '\\u0001',
        '\\u001f',
      ),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => pieces.join(''));
const number = fc.oneof(
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((own) => JSON.stringify(own)),
  fc
    .tuple(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.stringMatching(/^[0-9]{1,25}[1-9]$/),
    )
    .map(([integer, fraction]) => `${integer}.${fraction}`),
  fc.constantFrom('1e400', '-1E+400', '9007199254740993', '0.1', '1e-7', '12345678901234567890'),
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text.map((own) => `"${own}"`),
    number,
    fc.constantFrom('true', 'false', 'null', '""', '[]', '{}'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' ,\r\n')}]`),
    fc
      .dictionary(fc.oneof(text, fc.constantFrom('__proto__', '10', '9', 'id')), tie('value'), {
        maxKeys: 4,
        noNullPrototype: false,
      })
      .map(
        (own) =>
          `{${Object.entries(own)
            .map(([key, item]) => `"${key}" :\t${item}`)
            .join(',')}}`,
      ),
  ),
}));

/** The value with what Postgres refuses replaced, as the only change there is; keys distinct and sorted. */
function toExpected(own: unknown): unknown {
  if (typeof own === 'string') return own.toWellFormed().replaceAll('\0', '\ufffd');
  if (Array.isArray(own)) return own.map(toExpected);
  if (typeof own !== 'object' || own === null || 'rawJSON' in own) return toNumber(own);
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(own)) {
    let free = toExpected(key) as string;
    while (entries.some(([taken]) => taken === free)) free += '\ufffd';
    entries.push([free, toExpected(item)]);
  }
  return entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** A number as its digits, without exponent and idle zeros: jsonb keeps `1e400` as numeric, with all its zeros. */
function toNumber(own: unknown): unknown {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(JSON.stringify(own)) ?? [];
  if (whole === '') return own;
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`;
  const at = Math.max(0, point);
  const before = digits.slice(0, at).padEnd(at, '0').replace(/^0+/, '');
  const after = digits.slice(at).replace(/0+$/, '');
  return before === '' && after === '' ? '0' : `${sign}${before}.${after}`;
}

test('any value that HubSpot could send is in the table as it was, but for what Postgres refuses', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, text), { minLength: 1, maxLength: 20 }),
      async (sent) => {
        const { dataDir } = base.settings;
        await base.client.query('truncate engagements, load_runs');
        for (const stage of ['raw', 'ndjson']) {
          await rm(path.join(dataDir, stage), { recursive: true, force: true });
        }
        const records = sent.map(
          ([own, title], n) =>
            `{"engagement":{"id":${n + 1},"type":"T","custom":${own}},"metadata":{"subject":"${title}","own":${own}}}`,
        );
        await writeRawRun(dataDir, RUN, [`{"results":[${records.join(',')}],"hasMore":false}`]);
        await transform({ dataDir }, { progress: silent });
        await load({ dataDir, allowDemo: false } as Parameters<typeof load>[0], {
          database,
          clock: systemClock,
          progress: silent,
          signal,
        });
        const { rows } = await base.client.query(
          `select id, title, (metadata -> 'own')::text as own, (extra -> 'custom')::text as custom
         from engagements order by id`,
        );
        expect(
          rows.map(({ id, title, own, custom }) => [id, title, read(own), read(custom)]),
        ).toEqual(
          sent.map(([own, title], n) => {
            const expected = toExpected(parseJson(own));
            const subject = toExpected(JSON.parse(`"${title}"`)) as string;
            return [String(n + 1), subject === '' ? null : subject, expected, expected];
          }),
        );
      },
    ),
    { numRuns: 60 },
  );
});

function read(json: string | null): unknown {
  return json === null ? undefined : toExpected(parseJson(json));
}
