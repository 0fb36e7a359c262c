import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { systemClock } from '../../src/clock.ts';
import { openDatabase } from '../../src/commands/open-database.ts';
import { load } from '../../src/load/load.ts';
import type { Database } from '../../src/postgres/database.ts';
import { silent } from '../../src/progress.ts';
import { report } from '../../src/report/report.ts';
import { writeMadeUpRun } from './made-up-run.ts';
import { compare, measure, type Timing } from './measure.ts';

const TYPES = ['CALL', 'EMAIL', 'MEETING', 'NOTE', 'PUBLISHING_TASK', 'TASK'];
const YEARS = 10;
const TURNS = 3;
/** A load's time varies by more than the index costs: the fastest of so many count. */
const LOADS = 7;
const LOADED_ROWS = 100_000;

/**
 * The default report on `rowCount` narrow rows of ten years, against an aggregate that reads the whole table; and what
 * the report's index costs a load into empty tables.
 */
export async function benchReport(rowCount: number): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const { signal } = new AbortController();
  try {
    await writeMadeUpRun(dataDir, LOADED_ROWS);
    const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
    const database = await openDatabase(settings, { note: console.error, signal });
    const client = await database.connect('bench');
    try {
      await benchIndex(database, client, dataDir);
      await client.query('truncate hubspot.engagements');
      console.log(`${rowCount} rows of ${YEARS} years`);
      await measure('insert the rows', () => insertRows(client, rowCount));
      // The embedded server is up for the time of a command, and autovacuum may not come round.
      await benchQueries(client, 'as loaded');
      await measure('vacuum and analyze', () =>
        client.query('vacuum (analyze) hubspot.engagements'),
      );
      await benchQueries(client, 'vacuumed');
    } finally {
      await client.end();
      await database.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function benchIndex(database: Database, client: pg.Client, dataDir: string): Promise<void> {
  const { rows } = await client.query(
    `select indexdef from pg_indexes where indexname = 'engagements_report'`,
  );
  const { signal } = new AbortController();
  const loadAnew = async (step: string) => {
    await client.query(`truncate hubspot.engagements, hubspot.engagement_associations,
      hubspot.engagement_attachments, hubspot.load_runs`);
    await client.query('checkpoint');
    const things = { database, clock: systemClock, progress: silent, signal };
    return measure(step, () => load({ dataDir, allowDemo: false }, things));
  };
  const without: Timing[] = [];
  const withIndex: Timing[] = [];
  for (let turn = 0; turn < LOADS; turn++) {
    await client.query('drop index hubspot.engagements_report');
    without.push(await loadAnew(`load ${LOADED_ROWS} rows without the index`));
    await client.query(rows[0].indexdef);
    withIndex.push(await loadAnew(`load ${LOADED_ROWS} rows with the index`));
  }
  const share = fastest(withIndex).seconds / fastest(without).seconds - 1;
  console.log(`the index costs the load ${(100 * share).toFixed(1)} %`);
}

async function benchQueries(client: pg.Client, state: string): Promise<void> {
  const options = { by: 'created', timezone: 'Europe/Berlin', schema: 'hubspot' } as const;
  const lasts = await repeat(`report, the last 30 days; table ${state}`, () =>
    report({ ...options, range: { kind: 'last', days: 30 } }, client),
  );
  const aggregates = await repeat(`aggregate of the whole table ${state}`, async () => {
    await client.query('begin; set local enable_indexonlyscan to off');
    await client.query('set local enable_indexscan to off; set local enable_bitmapscan to off');
    await client.query(
      `select (created_at at time zone 'Europe/Berlin')::date, type, count(*)
       from hubspot.engagements where deleted_at is null group by 1, 2`,
    );
    await client.query('rollback');
  });
  const alls = await repeat(`report --all; table ${state}`, () =>
    report({ ...options, range: { kind: 'all' } }, client),
  );
  compare(fastest(aggregates), fastest(lasts));
  compare(fastest(aggregates), fastest(alls));
}

async function repeat(step: string, work: () => Promise<unknown>): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (let turn = 0; turn < TURNS; turn++) timings.push(await measure(step, work));
  return timings;
}

function fastest(timings: Timing[]): Timing {
  return timings.toSorted((a, b) => a.seconds - b.seconds)[0] as Timing;
}

async function insertRows(client: pg.Client, rowCount: number): Promise<void> {
  await client.query(
    `insert into hubspot.engagements (portal_id, id, type, created_at, updated_at, metadata, extra, api,
       content_hash, extracted_at, raw_page)
     select 1, n, ($2::text[])[1 + n * 7919 % cardinality($2::text[])],
       timestamptz '2016-01-01Z' + n * (interval '1 year' * $3 / $1),
       timestamptz '2016-01-01Z' + n * (interval '1 year' * $3 / $1),
       '{}', '{}', 'v1', md5(n::text), '2026-01-01Z', 'page#0'
     from generate_series(1, $1::bigint) as n`,
    [rowCount, TYPES, YEARS],
  );
}
