import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseFailed, GuardRefused } from '../../src/errors.ts';
import { connectClient } from '../../src/postgres/connect.ts';
import { toDatabaseFailed } from '../../src/postgres/to-database-failed.ts';
import { inTransaction } from '../../src/postgres/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.close());

test('commits the work and returns its result, with the schema as search path', async () => {
  const path = await inTransaction(db.client, 'hubspot', async () => {
    await db.client.query('create table made (n int)');
    return (await db.client.query('show search_path')).rows;
  });
  expect(path).toEqual([{ search_path: 'hubspot' }]);
  const { rows } = await db.client.query("select to_regclass('hubspot.made')::text as made");
  expect(rows).toEqual([{ made: 'made' }]);
});

test('takes it all back when the work throws, and throws that on', async () => {
  const refusal = new GuardRefused('no');
  const work = inTransaction(db.client, 'hubspot', async () => {
    await db.client.query('create table made (n int)');
    throw refusal;
  });
  expect(await work.catch((error) => error)).toBe(refusal);
  const { rows } = await db.client.query("select to_regclass('hubspot.made') as made");
  expect(rows).toEqual([{ made: null }]);
});

test('a connection lost on the way rejects, for good, and ends no process', async () => {
  const { rows } = await db.client.query('select pg_backend_pid() as pid');
  const other = await connectClient(db.url, 'test');
  const work = inTransaction(db.client, 'hubspot', async () => {
    await other.query('select pg_terminate_backend($1::int)', [rows[0].pid]);
    await db.client.query('select 1');
  });
  const lost = toDatabaseFailed(await work.catch((error) => error), 'merging');
  expect(lost).toBeInstanceOf(DatabaseFailed);
  expect(lost).toMatchObject({ retryable: true, exitCode: 5 });
  expect(lost.message).toMatch(/^merging: /);
  const later = inTransaction(db.client, 'hubspot', async () => {});
  expect(toDatabaseFailed(await later.catch((error) => error), 'merging').message).toBe(
    'merging: the connection to the database was lost',
  );
  await other.end();
});

test('what the database says never quotes a row', async () => {
  await db.client.query('create table people (name text primary key, doc jsonb)');
  await db.client.query("insert into people values ('Ann Secret', '{}')");
  for (const sql of [
    "insert into people values ('Ann Secret')",
    "insert into people (name, doc) values ('x', '{\"a\": Ann Secret}')",
    "select 'Ann Secret'::int",
  ]) {
    const error = toDatabaseFailed(await db.client.query(sql).catch((caught) => caught), 'loading');
    expect(error).toBeInstanceOf(DatabaseFailed);
    expect(error.message).toMatch(/^loading: the database says: .* \(SQLSTATE \w{5}\)$/);
    expect(inspect(error, { depth: 5 })).not.toContain('Secret');
  }
});

test('bugs stay bugs', () => {
  const bug = new TypeError('x is not a function');
  expect(toDatabaseFailed(bug, 'loading')).toBe(bug);
});
