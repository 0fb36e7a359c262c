// What lets the same tables be distributed by Citus: see ARCHITECTURE.md, "One loader for Postgres and Citus".
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSql } from '../../src/load/run-sql.ts';
import { ROW_KEYS, TABLE_COLUMNS } from '../../src/model/columns.ts';
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
     where c.relnamespace = 'hubspot'::regnamespace and not tgisinternal
     union all
     select conname::text from pg_constraint
     where connamespace = 'hubspot'::regnamespace and contype = 'f'`,
  );
  expect(rows).toEqual([]);
});

test("the statements of a load call immutable functions alone, as Citus's workers need it", async () => {
  const folder = new URL('../../src/load/', import.meta.url);
  const read = (file: string) => readSql(path.basename(file, '.sql'), { id: 'id' });
  const statements = (await readdir(folder)).filter(
    (file) => file.endsWith('.sql') && !/^(?:create|drop)-/.test(file),
  );
  expect(statements.length).toBeGreaterThan(10);
  await db.client.query(`begin; ${await read('create-staging.sql')}`);
  const mutable: string[] = [];
  for (const [n, file] of statements.entries()) {
    const sql = await read(file);
    const types: string[] = [];
    for (const [, place, type] of sql.matchAll(/\$(\d)::(\w+(?:\[\])?)/g)) {
      types[Number(place) - 1] = type as string;
    }
    // Postgres keeps the body of such a function as it understood it, with the functions behind operators and casts.
    await db.client.query(
      `create function statement_${n}(${types.join(', ')}) returns void language sql begin atomic ${sql} end`,
    );
    const { rows } = await db.client.query(
      `with body as (select prosqlbody::text as text from pg_proc where proname = $1), used as (
         select m[1]::oid as oid from body, regexp_matches(text, ':(?:op)?funcid (\\d+)', 'g') as m
         union select typinput from body, regexp_matches(text, 'COERCEVIAIO.*?:resulttype (\\d+)', 'g') as m
         join pg_type as t on t.oid = m[1]::oid
       )
       select p.oid::regprocedure::text as name from used join pg_proc as p using (oid) where provolatile <> 'i'`,
      [`statement_${n}`],
    );
    mutable.push(...rows.map(({ name }) => `${file}: ${name}`));
  }
  await db.client.query('rollback');
  expect(mutable).toEqual([]);
});

test('staging is made to be distributed with the engagements', async () => {
  await db.client.query(`begin; ${await readSql('create-staging')}`);
  const { rows } = await db.client.query(
    `select c.relname::text as table, c.relpersistence as persistence, format_type(a.atttypid, null) as type,
            a.attnotnull as filled
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'id'
     where c.relname like 'load\\_%' and c.relkind = 'r' order by 1`,
  );
  await db.client.query('rollback');
  const like = { persistence: 'u', type: 'bigint', filled: true };
  expect(rows).toEqual(
    ['load_keys', 'load_rows', 'load_state'].map((table) => ({ table, ...like })),
  );
});

test('the columns and their comments are those of the table of columns', async () => {
  const { rows } = await db.client.query(
    `select attname::text as name, format_type(atttypid, null) as type, not attnotnull as nullable,
            col_description(attrelid, attnum) as about
     from pg_attribute where attrelid = 'engagements'::regclass and attnum > 0 order by attnum`,
  );
  const types: Record<string, string> = { timestamptz: 'timestamp with time zone' };
  const columns = Object.entries({ ...ROW_KEYS, ...TABLE_COLUMNS }).flatMap(([name, column]) =>
    column.sql === null
      ? []
      : [
          {
            ...{ name, type: types[column.sql] ?? column.sql },
            ...{ nullable: column.nullable, about: column.about },
          },
        ],
  );
  expect(rows).toEqual(columns);
});
