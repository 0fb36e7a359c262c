import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import Postgrator from 'postgrator';
import { DatabaseFailed } from '../errors.ts';
import { toDatabaseFailed } from './to-database-failed.ts';
import { inTransaction } from './transaction.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
const TABLE = 'schema_migrations';
/** First half of the advisory lock's key; the schema's hash is the second. */
const LOCK = 0x68756273;

interface Applied {
  version: number;
  md5: string | null;
}

/**
 * Brings `schema` to the newest of the migrations in `folder`, all of them in one transaction; makes it where there is
 * none. When it is current this is one query and no lock; two at once take turns. Throws DatabaseFailed when the
 * schema is newer than this program, an applied migration was edited since, or the database refuses.
 */
export async function migrate(
  client: pg.Client,
  schema: string,
  folder = MIGRATIONS,
): Promise<void> {
  const postgrator = newPostgrator(client, folder);
  const migrations = await postgrator.getMigrations();
  try {
    if (isCurrent(await readApplied(client, schema), migrations, schema)) return;
    await inTransaction(client, schema, async () => {
      await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, schema]);
      // Another program may have migrated it, even beyond us, while we waited for the lock.
      if (isCurrent(await readApplied(client, schema), migrations, schema)) return;
      // postgrator writes run_at in UTC, without saying so.
      await client.query('set local timezone to utc');
      await createSchema(client, schema);
      await createTable(client);
      await postgrator.migrate();
    });
  } catch (error) {
    throw toDatabaseFailed(error, `preparing schema ${schema}`);
  }
}

/**
 * Checks that `schema` has the tables of this program, and writes nothing: for those who may only read. Throws
 * DatabaseFailed when it has none, or those of an older or newer version.
 */
export async function assertMigrated(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query(
    `select to_regclass($1) is not null as made,
            coalesce(has_table_privilege(to_regclass($2), 'select'), false) as readable`,
    ['load_runs', TABLE].map((table) => `${client.escapeIdentifier(schema)}.${table}`),
  );
  if (!rows[0].made) {
    throw new DatabaseFailed(`schema ${schema} has no tables yet`, {
      next: 'Run load first: it makes them. Or check DATABASE_SCHEMA.',
    });
  }
  // Who may read the rows alone need not be told which version made them.
  if (!rows[0].readable) return;
  const migrations = await newPostgrator(client, MIGRATIONS).getMigrations();
  if (isCurrent(await readApplied(client, schema), migrations, schema)) return;
  throw new DatabaseFailed(`the tables of schema ${schema} are those of an older version`, {
    next: 'Run load: it brings them up to date.',
  });
}

function newPostgrator(client: pg.Client, folder: string): Postgrator {
  return new Postgrator({
    driver: 'pg',
    // A glob, in which the folder's own name must stand for itself.
    migrationPattern: `${folder.replace(/[?*()[\]{}!\\]/g, '\\$&')}/*.sql`,
    schemaTable: TABLE,
    // Checked by isCurrent, whose error says what to do.
    validateChecksums: false,
    execQuery: (sql) => client.query(sql),
  });
}

/** What the schema's own record says; undefined when it has none. */
async function readApplied(client: pg.Client, schema: string): Promise<Applied[] | undefined> {
  const table = `${client.escapeIdentifier(schema)}.${TABLE}`;
  const found = await client.query('select to_regclass($1) is not null as there', [table]);
  if (!found.rows[0].there) return undefined;
  const { rows } = await client.query(
    `select version::int as version, md5 from ${table} where version > 0 order by version`,
  );
  return rows;
}

function isCurrent(
  applied: Applied[] | undefined,
  migrations: Postgrator.Migration[],
  schema: string,
): boolean {
  for (const { version, md5 } of applied ?? []) {
    const migration = migrations.find((one) => one.version === version);
    if (migration === undefined) {
      throw new DatabaseFailed(
        `schema ${schema} was made by a newer hubspot-engagements (migration ${version})`,
        { next: 'Use that version, or a newer one; or another DATABASE_SCHEMA.' },
      );
    }
    if (md5 !== null && md5 !== migration.md5) {
      throw new DatabaseFailed(
        `migration ${version} of schema ${schema} differs from ${migration.filename}`,
        {
          next: 'Restore that file; or load --rebuild into a new DATABASE_SCHEMA: the archive holds everything.',
        },
      );
    }
  }
  return applied?.length === migrations.length;
}

/** `create schema if not exists` wants the privilege even where the schema exists. */
async function createSchema(client: pg.Client, schema: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema ${client.escapeIdentifier(schema)}`);
}

/** postgrator looks for its table in all schemas at once, so that another's would pass for ours. */
async function createTable(client: pg.Client): Promise<void> {
  await client.query(
    `create table if not exists ${TABLE} (version bigint primary key, name text, md5 text, run_at timestamptz)`,
  );
}
