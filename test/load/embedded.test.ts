import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/commands/open-database.ts';
import { type LoadOptions, load } from '../../src/load/load.ts';
import type { Database } from '../../src/postgres/database.ts';
import { silent } from '../../src/progress.ts';
import { writeNdjsonRun } from '../support/ndjson-run.ts';
import { NOTHING, toCounts } from './workbench.ts';

const { signal } = new AbortController();

let dataDir: string;
let database: Database;
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'hubspot-engagements-'));
  const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
  database = await openDatabase(settings, { note() {}, signal });
});
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

const loadAgain = (again: Partial<LoadOptions> = {}) =>
  load(
    { dataDir, allowDemo: false, ...again },
    { database, clock: systemClock, progress: silent, signal },
  );

// On a server of its own: what is written to the WAL is then written by us.
test('an unchanged replay or rebuild writes next to nothing to the WAL', async () => {
  const rows = Array.from({ length: 4000 }, (_, id) => ({
    id: id + 1,
    metadata: { text: 'lorem ipsum '.repeat(80) },
    associations: { contact: [id, id + 1], company: [id] },
    attachments: [id],
  }));
  await writeNdjsonRun(dataDir, '2026/11/05/101500Z-full', rows, { demo: true });
  expect((await loadAgain()).merged.map(toCounts)).toEqual(['4000 0 0 0 0']);
  const client = await database.connect('test');
  try {
    // The first change of a page after a checkpoint writes all of it.
    await client.query('checkpoint');
    await loadAgain({ from: '2026' });
    const position = async () =>
      (await client.query('select pg_current_wal_insert_lsn() - $1 as at', ['0/0'])).rows[0].at;
    for (const again of [{ from: '2026' }, { rebuild: true }]) {
      const before = Number(await position());
      expect(await loadAgain(again)).toMatchObject({ replayed: 1, written: NOTHING });
      // Making and dropping the staging tables; the rows are more than 4 MB.
      expect(Number(await position()) - before).toBeLessThan(300_000);
    }
  } finally {
    await client.end();
  }
});

test('a server that dies in mid-COPY leaves nothing, and the next load succeeds', async () => {
  const run = '2026/11/06/101500Z-full';
  const rows = Array.from({ length: 4000 }, (_, id) => ({
    id: id + 1,
    updated_at: '2026-11-06T00:00:00.000Z',
    metadata: { text: 'other words '.repeat(200) },
  }));
  await writeNdjsonRun(dataDir, run, rows, { demo: true });
  const pidFile = path.join(dataDir, 'postgres', 'data', 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
  let isDead = false;
  const progress = {
    note() {},
    update() {
      // An immediate shutdown, as after a crash: no chance to finish or to tidy up.
      if (!isDead) process.kill(pid, 'SIGQUIT');
      isDead = true;
    },
  };
  const loading = load(
    { dataDir, allowDemo: false },
    { database, clock: systemClock, progress, signal },
  );
  await expect(loading).rejects.toMatchObject({ code: 'ERR_DATABASE', retryable: true });
  await database.close();
  database = await openDatabase(
    { databaseUrl: null, databaseSchema: 'hubspot', dataDir },
    { note() {}, signal },
  );
  const client = await database.connect('test');
  const { rows: before } = await client.query('select run from hubspot.load_runs');
  expect(before).toEqual([{ run: '2026/11/05/101500Z-full' }]);
  expect((await loadAgain()).merged.map(toCounts)).toEqual(['0 4000 0 0 0']);
  await client.end();
});

test("refuses another portal's archive", async () => {
  await rm(path.join(dataDir, 'ndjson'), { recursive: true });
  await writeNdjsonRun(dataDir, '2026/11/06/101500Z-full', [{ id: 1, portal_id: 7 }], {
    portalId: 7,
  });
  await expect(loadAgain()).rejects.toMatchObject({
    code: 'ERR_GUARD',
    message: `the embedded database in ${dataDir} belongs to portal 62515; run 2026/11/06/101500Z-full is of portal 7`,
  });
});
