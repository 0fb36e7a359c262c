// What lets the same tables be distributed by Citus: see ARCHITECTURE.md, "One loader for Postgres and Citus".
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** Bookkeeping: never distributed. */
const PLAIN = ['load_runs', 'schema_migrations'];

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

test('every key of a distributed table contains the id of the engagement', async () => {
  const { rows } = await db.client.query(
    `select i.indexrelid::regclass::text as index,
            (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
             where a.attrelid = i.indexrelid) as columns
     from pg_index i join pg_class t on t.oid = i.indrelid
     where t.relnamespace = 'hubspot'::regnamespace and i.indisunique and t.relname <> all ($1)
     order by 1`,
    [PLAIN],
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      { index: 'engagements_pkey', columns: ['portal_id', 'id'] },
      {
        index: 'engagement_associations_pkey',
        columns: ['portal_id', 'engagement_id', 'object_type', 'object_id'],
      },
      {
        index: 'engagement_attachments_pkey',
        columns: ['portal_id', 'engagement_id', 'file_id'],
      },
    ]),
  );
  const without = rows.filter(
    ({ index, columns }) =>
      !columns.includes(index.startsWith('engagements_') ? 'id' : 'engagement_id'),
  );
  expect(without).toEqual([]);
});

test('every table to be distributed has a primary key, and the same type of id', async () => {
  const { rows } = await db.client.query(
    `select t.relname::text as table, a.attname::text as column, format_type(a.atttypid, null) as type,
            exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary) as keyed
     from pg_class t join pg_attribute a on a.attrelid = t.oid
     where t.relnamespace = 'hubspot'::regnamespace and t.relkind = 'r' and t.relname <> all ($1)
       and a.attname = case t.relname when 'engagements' then 'id' else 'engagement_id' end
     order by 1`,
    [PLAIN],
  );
  expect(rows).toEqual([
    { table: 'engagement_associations', column: 'engagement_id', type: 'bigint', keyed: true },
    { table: 'engagement_attachments', column: 'engagement_id', type: 'bigint', keyed: true },
    { table: 'engagements', column: 'id', type: 'bigint', keyed: true },
  ]);
});

test('there are no triggers and no foreign keys', async () => {
  const { rows } = await db.client.query(
    `select tgname::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'hubspot'::regnamespace
     union all
     select conname::text from pg_constraint
     where connamespace = 'hubspot'::regnamespace and contype = 'f'`,
  );
  expect(rows).toEqual([]);
});
