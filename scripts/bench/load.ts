import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Client } from 'pg';
import { readNdjsonManifest } from '../../src/archive/manifest.ts';
import type { EngagementRow } from '../../src/archive/row.ts';
import { listRuns, ndjsonRoot } from '../../src/archive/runs.ts';
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { startPortal } from '../../src/demo/start-portal.ts';
import { extract } from '../../src/extract/extract.ts';
import { createClient } from '../../src/hubspot/client.ts';
import { load } from '../../src/load/load.ts';
import { silent } from '../../src/progress.ts';
import { transform } from '../../src/transform/transform.ts';
import { compare, measure } from './measure.ts';

const COLUMNS =
  `portal_id, id, type, active, created_at, updated_at, occurred_at, owner_id, team_id, created_by,
  modified_by, source, source_id, activity_type, title, body_preview, metadata, extra, archived_at, api,
  content_hash, extracted_at, raw_page`.split(/,\s+/) as (keyof EngagementRow)[];

/**
 * The demo portal's NDJSON into an empty table: COPY and merge as `load` does it, against what the job is in most
 * scripts, one INSERT per row. The INSERTs are given every advantage: prepared once, only `engagements` and none of
 * its associations, and a second time without a commit for each row.
 */
export async function benchLoad(): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const signal = new AbortController().signal;
  const clock = systemClock;
  try {
    await makeNdjson(dataDir);
    const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
    const database = await openDatabase(settings, { note: console.error, signal });
    const client = await database.connect('bench');
    try {
      const rows = await readRows(dataDir);
      console.log(`${rows.length} rows, Postgres embedded with its durable defaults`);
      const copied = await measure('COPY and merge, into empty tables', () =>
        load({ dataDir, allowDemo: false }, { database, clock, progress: silent, signal }),
      );
      const [run] = await listRuns(ndjsonRoot(dataDir));
      const replayed = await measure('the same run again, nothing changed', () =>
        load(
          { dataDir, allowDemo: false, replay: { from: run ?? '' } },
          { database, clock, progress: silent, signal },
        ),
      );
      await client.query('truncate hubspot.engagements');
      const oneTransaction = await measure('one INSERT per row, one transaction', async () => {
        await client.query('begin');
        await insertRows(client, rows);
        await client.query('commit');
      });
      await client.query('truncate hubspot.engagements');
      const committed = await measure('one INSERT per row, each committed', () =>
        insertRows(client, rows),
      );
      compare(committed, copied);
      compare(oneTransaction, copied);
      compare(copied, replayed);
    } finally {
      await client.end();
      await database.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function makeNdjson(dataDir: string): Promise<void> {
  const portal = await startPortal();
  const signal = new AbortController().signal;
  const client = createClient(
    { apiUrl: portal.url, token: portal.token },
    { clock: systemClock, progress: silent, signal },
  );
  await extract(
    { dataDir, demo: true, pageLimit: 250, allowEmpty: false },
    { client, clock: systemClock, progress: silent },
  );
  await client.close();
  await portal.close();
  await transform({ dataDir }, { progress: silent });
}

async function readRows(dataDir: string): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const run of await listRuns(ndjsonRoot(dataDir))) {
    const folder = path.join(ndjsonRoot(dataDir), run);
    for (const part of (await readNdjsonManifest(folder)).parts) {
      const text = await readFile(path.join(folder, part.file), 'utf8');
      for (const line of text.split('\n').slice(0, -1)) {
        const row = JSON.parse(line) as EngagementRow;
        rows.push(COLUMNS.map((column) => row[column]));
      }
    }
  }
  return rows;
}

async function insertRows(client: Client, rows: unknown[][]): Promise<void> {
  const text = `insert into hubspot.engagements (${COLUMNS.join(', ')})
    values (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})`;
  for (const values of rows) await client.query({ name: 'insert-row', text, values });
}
