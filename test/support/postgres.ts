import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { inject } from 'vitest';
import { openDatabase } from '../../src/commands/open-database.ts';
import { connectClient } from '../../src/postgres/connect.ts';
import type { Settings } from '../../src/settings.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** A database of its own for a test: migrated, empty. */
export interface TestDatabase {
  /** With its password. */
  url: string;
  /** For `openDatabase`; `dataDir` is an empty temporary folder. */
  settings: Pick<Settings, 'databaseSchema' | 'dataDir'> & { databaseUrl: string };
  /** Connected, its search path the schema; ended by `close`. */
  client: pg.Client;
  /** Drops it. Throws when the test left a connection to it open. */
  close(): Promise<void>;
}

/** A fresh clone of the migrated template that the global setup made; on Citus, the one database, emptied. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url: server, template } = inject('postgres');
  const dataDir = await makeTemporaryFolder();
  const name = template === null ? undefined : `${template}_${randomBytes(4).toString('hex')}`;
  const url = new URL(server);
  if (name === undefined) {
    await onServer(server, empty);
    const things = { note() {}, signal: new AbortController().signal };
    const settings = { databaseUrl: server, databaseSchema: 'hubspot', dataDir };
    await (await openDatabase(settings, things)).close();
  } else {
    await onServer(server, (admin) => admin.query(`create database ${name} template ${template}`));
    url.pathname = `/${name}`;
  }
  const client = await connectClient(url.href, 'test');
  await client.query('set search_path to hubspot');
  const close = async () => {
    await client.end();
    await rm(dataDir, { recursive: true, force: true });
    const open = await onServer(server, async (admin) => {
      const left = await leftOpen(admin, url.pathname.slice(1));
      if (name !== undefined) await admin.query(`drop database ${name} with (force)`);
      return left;
    });
    if (open.length > 0) throw new Error(`the test left connections open: ${open.join(', ')}`);
  };
  const settings = { databaseUrl: url.href, databaseSchema: 'hubspot', dataDir };
  return { url: url.href, settings, client, close };
}

/** Takes away what earlier tests made in the database and set for it. */
async function empty(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ drop: string }>(
    `select format('drop schema %I cascade', nspname) as drop from pg_namespace
     where nspname !~ '^(pg_|citus|columnar|information_schema$|public$)'
     union all select format('drop table public.%I cascade', tablename) from pg_tables
     where schemaname = 'public'
     union all select format('drop publication %I', pubname) from pg_publication
     union all select format('alter database %I reset all', current_database())`,
  );
  for (const { drop } of rows) await admin.query(drop);
}

async function onServer<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = await connectClient(url, 'test setup');
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** A server process ends a moment after its client has said goodbye: look again before complaining. */
async function leftOpen(admin: pg.Client, database: string): Promise<string[]> {
  for (let look = 1; ; look++) {
    const { rows } = await admin.query<{ application_name: string }>(
      `select application_name from pg_stat_activity
       where datname = $1 and backend_type = 'client backend' and pid <> pg_backend_pid()
         and application_name !~ '^citus'`,
      [database],
    );
    if (rows.length === 0 || look === 20) return rows.map((row) => row.application_name);
    await sleep(50);
  }
}
