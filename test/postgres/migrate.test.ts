import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseFailed } from '../../src/errors.ts';
import { connectClient } from '../../src/postgres/connect.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const MIGRATIONS = fileURLToPath(new URL('../../src/postgres/migrations', import.meta.url));

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.close());

test('makes the schema and its tables, and records what it did', async () => {
  await migrate(db.client, 'fresh');
  expect(await tablesOf('fresh')).toEqual(await tablesOf('hubspot'));
  expect(await tablesOf('fresh')).toEqual(
    expect.arrayContaining([
      ...['engagement_associations', 'engagement_attachments', 'engagements', 'load_runs'],
      'schema_migrations',
    ]),
  );
  const { rows } = await db.client.query(
    `select version, name, length(md5) as md5, run_at <= now() and run_at > now() - interval '1 hour' as just_now
     from fresh.schema_migrations order by version limit 1`,
  );
  expect(rows).toEqual([{ version: '1', name: 'tables', md5: 32, just_now: true }]);
});

test('records the time rightly in whatever zone the server is', async () => {
  await db.client.query("set timezone to 'Pacific/Kiritimati'");
  await migrate(db.client, 'fresh');
  const { rows } = await db.client.query(
    `select run_at between now() - interval '1 hour' and now() as just_now from fresh.schema_migrations`,
  );
  expect(rows[0]).toEqual({ just_now: true });
});

test('does nothing, and waits for nobody, when the schema is current', async () => {
  const other = await connectClient(db.url, 'test');
  await other.query('begin');
  await other.query('lock table hubspot.schema_migrations, hubspot.engagements in exclusive mode');
  await db.client.query("set lock_timeout to '2s'");
  await migrate(db.client, 'hubspot');
  await other.end();
});

test.each(['Up per', 'a"b', "it's", 'x.y', 'select', '$1', 'ßé\\n', 'z'.repeat(63)])(
  'works in the schema named %s',
  async (schema) => {
    await migrate(db.client, schema);
    await migrate(db.client, schema);
    expect(await tablesOf(schema)).toEqual(await tablesOf('hubspot'));
  },
);

test("is not deceived by other programs' tables of the same name", async () => {
  await db.client.query('create table public.schema_migrations (version text primary key)');
  await db.client.query("insert into public.schema_migrations values ('20190101')");
  await migrate(db.client, 'fresh');
  expect(await tablesOf('fresh')).toEqual(await tablesOf('hubspot'));
});

test('two at once take turns', async () => {
  const other = await connectClient(db.url, 'test');
  await Promise.all([migrate(db.client, 'fresh'), migrate(other, 'fresh')]);
  await other.end();
  expect(await tablesOf('fresh')).toEqual(await tablesOf('hubspot'));
});

test('refuses a schema that a newer version made', async () => {
  await db.client.query("insert into hubspot.schema_migrations values (999, 'later', 'x', now())");
  const error = await migrate(db.client, 'hubspot').catch((caught) => caught);
  expect(error).toBeInstanceOf(DatabaseFailed);
  expect(error.exitCode).toBe(5);
  expect(error.message).toBe(
    'schema hubspot was made by a newer hubspot-engagements (migration 999)',
  );
});

test('refuses a migration that was edited after it was applied', async () => {
  const folder = await copyMigrations();
  await appendFile(path.join(folder, '001.do.tables.sql'), '-- edited\n');
  await expect(migrate(db.client, 'hubspot', folder)).rejects.toThrow(
    /^migration 1 of schema hubspot differs from .*001\.do\.tables\.sql$/,
  );
});

test('applies what is new, all of it or nothing', async () => {
  const folder = await copyMigrations();
  const before = await tablesOf('hubspot');
  await writeFile(path.join(folder, '901.do.good.sql'), 'create table a_new_one (n int);');
  await writeFile(path.join(folder, '902.do.bad.sql'), 'create tabel b (n int);');
  await expect(migrate(db.client, 'hubspot', folder)).rejects.toThrow(
    'preparing schema hubspot: the database says: syntax error at or near "tabel" (SQLSTATE 42601)',
  );
  expect(await tablesOf('hubspot')).toEqual(before);
  await writeFile(path.join(folder, '902.do.bad.sql'), 'create table b_new_one (n int);');
  await migrate(db.client, 'hubspot', folder);
  expect(await tablesOf('hubspot')).toEqual([...before, 'a_new_one', 'b_new_one'].sort());
});

test('wants no privilege to create where everything is there, and names it where it is not', async () => {
  const role = `reader_${randomBytes(4).toString('hex')}`;
  await db.client.query(`create role ${role} login password 'p'`);
  await db.client.query(`grant usage on schema hubspot to ${role}`);
  await db.client.query(`grant select on all tables in schema hubspot to ${role}`);
  const reader = await connectClient(asUser(db.url, role, 'p'), 'test');
  await migrate(reader, 'hubspot');
  const error = await migrate(reader, 'fresh').catch((caught) => caught);
  await reader.end();
  await db.client.query(`drop owned by ${role}`);
  await db.client.query(`drop role ${role}`);
  expect(error).toBeInstanceOf(DatabaseFailed);
  expect(error.message).toMatch(
    /^preparing schema fresh: the database says: permission denied for database .* \(SQLSTATE 42501\)$/,
  );
  expect(error.next).toMatch(/^Grant /);
});

async function tablesOf(schema: string): Promise<string[]> {
  const { rows } = await db.client.query(
    'select tablename::text from pg_tables where schemaname = $1 order by tablename collate "C"',
    [schema],
  );
  return rows.map((row) => row.tablename);
}

async function copyMigrations(): Promise<string> {
  const folder = path.join(db.settings.dataDir, "[1]{a,b}*?!(x) it's é");
  await mkdir(folder);
  await cp(MIGRATIONS, folder, { recursive: true });
  return folder;
}

function asUser(text: string, user: string, password: string): string {
  const url = new URL(text);
  url.username = user;
  url.password = password;
  return url.href;
}
