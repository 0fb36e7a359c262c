import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { inject } from 'vitest';
import { connectClient } from '../../src/database/connect.ts';
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

/** A fresh clone of the migrated template that the global setup made. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url: server, template } = inject('postgres');
  const name = `${template}_${randomBytes(4).toString('hex')}`;
  await onServer(server, (admin) => admin.query(`create database ${name} template ${template}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const dataDir = await makeTemporaryFolder();
  const client = await connectClient(url.href, 'test');
  await client.query('set search_path to hubspot');
  const close = async () => {
    await client.end();
    await rm(dataDir, { recursive: true, force: true });
    const open = await onServer(server, async (admin) => {
      const left = await leftOpen(admin, name);
      await admin.query(`drop database ${name} with (force)`);
      return left;
    });
    if (open.length > 0) throw new Error(`the test left connections open: ${open.join(', ')}`);
  };
  const settings = { databaseUrl: url.href, databaseSchema: 'hubspot', dataDir };
  return { url: url.href, settings, client, close };
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
       where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || look === 20) return rows.map((row) => row.application_name);
    await sleep(50);
  }
}
