import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportSql } from '../../src/report/report.ts';
import { checkOptions, type ReportOptions } from '../../src/report/report-options.ts';
import { readQuery } from '../../src/report/report-sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.client.query(
    `insert into engagements (portal_id, id, type, created_at, metadata, extra, api, content_hash, extracted_at, raw_page)
     select 1, n, 'TYPE_' || n % 5, timestamptz '2020-01-01Z' + n * interval '1 hour', '{}', '{}', 'v1', md5(n::text),
       '2026-01-01Z', 'page#0'
     from generate_series(1, 40000) as n`,
  );
  await database.client.query('vacuum (analyze) engagements');
});
afterAll(() => database.close());

async function explain(sql: string): Promise<string> {
  const { rows } = await database.client.query(`explain ${sql.replace(/;\s*$/, '')}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const options: ReportOptions = {
  by: 'created',
  range: { kind: 'last', days: 30 },
  timezone: 'Europe/Berlin',
  schema: 'hubspot',
};

test.each<Partial<ReportOptions>>([
  {},
  { types: ['TYPE_1'] },
  { portal: '1', align: 'centered', window: 15 },
])('the default report reads its days from the index alone: %j', async (changes) => {
  const plan = await explain(await reportSql({ ...options, ...changes }, database.client));
  expect(plan).toContain('Index Only Scan using engagements_report on engagements');
  expect(plan).not.toContain('Seq Scan on engagements');
});

test('what there is to report is looked up in the index alone', async () => {
  const query = await readQuery('types-by-index.sql', checkOptions(options), { after: 'TYPE_2' });
  const plan = await explain(query);
  expect(plan.match(/Index Only Scan (Backward )?using engagements_report/g)).toHaveLength(4);
  expect(plan).not.toContain('Seq Scan on engagements');
});

test('the index leaves updates of other columns on their page', async () => {
  const { client } = database;
  const { rows } = await client.query(
    `select array_agg(attname::text order by attname) as columns
     from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
     where indexrelid = 'engagements_report'::regclass`,
  );
  expect(rows[0].columns).toStrictEqual(['created_at', 'id', 'portal_id', 'type']);
});
