import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/commands/open-database.ts';
import { findPostmaster } from '../../src/embedded/postmaster.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: {
      /** A superuser's or CREATEDB user's URL of the server, with a database to connect to. */
      url: string;
      /** A migrated database (schema `hubspot`), to be cloned; null where there is one for all tests, in turn. */
      template: string | null;
    };
  }
}

/**
 * One server for all tests: an embedded one in a temporary folder, or the one that TEST_DATABASE_URL names; and in it
 * a migrated database as the template of those that tests work in. Databases of Citus cannot be cloned: the one that
 * CITUS_TEST_URL names serves all tests, one after the other.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const citus = process.env['CITUS_TEST_URL'];
  if (citus !== undefined) {
    project.provide('postgres', { url: citus, template: null });
    return async () => {};
  }
  console.log('CITUS_TEST_URL is not set: nothing is tested on Citus');
  const dataDir = await makeTemporaryFolder();
  const signal = new AbortController().signal;
  const things = { note: console.error, signal };
  const databaseUrl = process.env['TEST_DATABASE_URL'] ?? null;
  const server = await openDatabase({ databaseUrl, databaseSchema: 'hubspot', dataDir }, things);
  const client = await server.connect('test setup');
  if (server.embedded) {
    // Nothing here has to survive a power cut.
    await client.query('alter system set fsync to off');
    await client.query('select pg_reload_conf()');
  }
  const template = `hubspot_test_${randomBytes(6).toString('hex')}`;
  await client.query(`create database ${template}`);
  const url = urlOf(server.url, template);
  await (
    await openDatabase({ databaseUrl: url, databaseSchema: 'hubspot', dataDir }, things)
  ).close();
  project.provide('postgres', { url: server.url, template });
  const data = path.join(await realpath(dataDir), 'postgres', 'data');
  const pid = (await findPostmaster(data))?.pid;
  // A signal ends vitest without tearing down, and the server would live on. SIGQUIT is an immediate stop.
  const abandon = () => {
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
  };
  process.once('exit', abandon);
  return async () => {
    process.off('exit', abandon);
    await client.query(`drop database ${template} with (force)`);
    await client.end();
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
