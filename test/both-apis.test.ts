import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Portal, startPortal } from './portal/start-portal.ts';
import { createTestDatabase, type TestDatabase } from './support/postgres.ts';
import { runCli } from './support/run-cli.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const TOKEN = 'pat-na1-both-apis';
/** An archive and a schema each: all by one API, all by the other, and changed over between its two runs. */
const ARCHIVES = { v1: ['v1', 'v1'], objects: ['objects', 'objects'], changed: ['v1', 'objects'] };
type Name = keyof typeof ARCHIVES;
const NAMES = Object.keys(ARCHIVES) as Name[];

let portal: Portal;
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  portal = await startPortal({ token: TOKEN, size: 2_000 });
  database = await createTestDatabase();
  folder = await makeTemporaryFolder();
});
afterAll(async () => {
  await portal.close();
  await database.close();
  await rm(folder, { recursive: true });
});

async function bring(name: Name, api: string): Promise<void> {
  const environment = {
    HUBSPOT_API_URL: portal.url,
    HUBSPOT_ACCESS_TOKEN: TOKEN,
    DATABASE_URL: database.url,
    DATABASE_SCHEMA: name,
    DATA_DIR: path.join(folder, name),
  };
  for (const command of [['extract', '--full', '--api', api], ['transform'], ['load']]) {
    expect(await runCli(command, environment)).toMatchObject({ exit: 0 });
  }
}

/** What lives in the tables of a schema, of what both APIs know. */
async function read(schema: Name): Promise<Record<string, unknown[]>> {
  const known = `deleted_at is null and type <> 'PUBLISHING_TASK'`;
  const queries: Record<string, string> = {
    engagements: `select portal_id, id, type, created_at, updated_at, occurred_at, owner_id, title
      from ${schema}.engagements where ${known}`,
    // v1 knows no labels.
    associations: `select a.portal_id, a.engagement_id, a.object_type, a.object_id
      from ${schema}.engagement_associations a
      join ${schema}.engagements e on e.portal_id = a.portal_id and e.id = a.engagement_id
      where ${known} and object_type in ('contact', 'company', 'deal', 'ticket')`,
    attachments: `select a.* from ${schema}.engagement_attachments a
      join ${schema}.engagements e on e.portal_id = a.portal_id and e.id = a.engagement_id where ${known}`,
    // v1 does not tell the direction of a call.
    calls: `select to_jsonb(v) - 'direction'
      from (select * from ${schema}.calls where deleted_at is null offset 0) v`,
  };
  for (const view of ['emails', 'meetings', 'notes', 'tasks']) {
    queries[view] = `select * from ${schema}.${view} where deleted_at is null`;
  }
  const read: Record<string, unknown[]> = {};
  for (const [what, sql] of Object.entries(queries)) {
    const { rows } = await database.client.query(
      `select q::text as row from (${sql}) q order by q::text collate "C"`,
    );
    read[what] = rows.map(({ row }) => row);
  }
  return read;
}

test('either API makes the same tables of what both know, and so does a change-over', {
  timeout: 300_000,
}, async () => {
  for (const name of NAMES) await bring(name, ARCHIVES[name][0] as string);
  const { removed, associationsOnly } = portal.evolve({ step: 1, now: Date.now() });
  expect(removed).toBeGreaterThan(0);
  expect(associationsOnly).toBeGreaterThan(0);
  for (const name of NAMES) await bring(name, ARCHIVES[name][1] as string);
  const expected = await read('v1');
  for (const what of ['engagements', 'associations', 'calls', 'emails', 'notes', 'tasks']) {
    expect(expected[what]?.length).toBeGreaterThan(0);
  }
  expect(await read('objects')).toEqual(expected);
  const labels = `select distinct unnest(labels) as label from objects.engagement_associations order by 1`;
  expect((await database.client.query(labels)).rows.map(({ label }) => label)).toEqual([
    'Deciding deal',
    'Main point of contact',
    'Original ticket',
    'Paying company',
  ]);
  expect(await read('changed')).toEqual(expected);
});
