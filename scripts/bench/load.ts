import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { openDatabase } from '../../src/commands/open-database.ts';
import type { EngagementRow } from '../../src/model/row.ts';
import { RUN, toRow, writeMadeUpRun } from './made-up-run.ts';
import { compare, measure, type Timing } from './measure.ts';

const LOAD_ONCE = fileURLToPath(new URL('./load-once.ts', import.meta.url));
/** How many rows the INSERTs are measured with. */
const INSERTED = 20_000;
/** How often all is measured, unless it takes too long: beyond so many rows, once. */
const ROUNDS = 3;
const MANY = 1_000_000;

const COLUMNS =
  `portal_id id type active created_at updated_at occurred_at owner_id team_id created_by modified_by
  source source_id activity_type title body_preview metadata extra archived_at api content_hash extracted_at
  raw_page`.split(/\s+/) as (keyof EngagementRow)[];

/**
 * A run of `rowCount` rows of about 1.2 KB into empty tables and again, against two yardsticks: psql's `\copy` of
 * ready-made typed rows with their merge, and what the job is in most scripts, one INSERT per row. The medians of some
 * rounds.
 */
export async function benchLoad(rowCount: number): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    const bytes = await writeMadeUpRun(dataDir, rowCount);
    await writeTypedRows(dataDir, rowCount);
    console.log(
      `${rowCount} rows, ${Math.round(bytes / 1e6)} MB of NDJSON; Postgres embedded, with its durable defaults`,
    );
    const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
    const { signal } = new AbortController();
    const database = await openDatabase(settings, { note: console.error, signal });
    const client = await database.connect('bench');
    try {
      await client.query('set search_path to hubspot');
      // The first to write pays for the files of the WAL, which the next ones use again.
      console.log('to warm up, not counted:');
      await measureLoad(client, dataDir);
      const rounds = [];
      for (let round = 1; round <= (rowCount > MANY ? 1 : ROUNDS); round++) {
        console.log(`round ${round}:`);
        const yardstick = await measureYardstick(client, database.url, dataDir);
        const loaded = await measureLoad(client, dataDir);
        await settle(client);
        const before = await readWal(client);
        const replayed = await measureLoad(client, dataDir, RUN);
        const written = (await readWal(client)) - before;
        console.log(`  the unchanged replay wrote ${Math.round(written / 1024)} KiB of WAL`);
        rounds.push({ ...yardstick, loaded, replayed });
      }
      const [first, replay] = [toMedian(rounds, 'first'), toMedian(rounds, 'replay')];
      const [loaded, replayed] = [toMedian(rounds, 'loaded'), toMedian(rounds, 'replayed')];
      const inserts = await measureInserts(client, Math.min(INSERTED, rowCount));
      compare(loaded, first);
      compare(replayed, replay);
      compare(loaded, replayed);
      for (const timing of inserts) {
        compare(
          { ...timing, seconds: (timing.seconds * rowCount) / Math.min(INSERTED, rowCount) },
          loaded,
        );
      }
    } finally {
      await client.end();
      await database.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The timing of that name whose length is the middle one of all rounds. */
function toMedian<Name extends string>(rounds: Record<Name, Timing>[], name: Name): Timing {
  const sorted = rounds.map((round) => round[name]).sort((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor(sorted.length / 2)] as Timing;
}

async function measureLoad(client: Client, dataDir: string, from?: string): Promise<Timing> {
  if (from === undefined) await clear(client);
  let peak = '';
  const step =
    from === undefined ? 'load, into empty tables' : 'the same run again, nothing changed';
  const timing = await measure(step, async () => {
    const args = [LOAD_ONCE, dataDir, ...(from === undefined ? [] : [from])];
    peak = (await promisify(execFile)(process.execPath, args)).stdout.trim();
  });
  console.log(`  peak memory of the client: ${peak} MiB`);
  return timing;
}

async function clear(client: Client): Promise<void> {
  await client.query(
    'truncate engagements, engagement_associations, engagement_attachments, load_runs',
  );
  await client.query('checkpoint');
}

/** As autovacuum does before long: else the first to read new rows writes their hint bits, and those to the WAL. */
async function settle(client: Client): Promise<void> {
  await client.query(
    'vacuum (analyze) engagements, engagement_associations, engagement_attachments',
  );
  await client.query('checkpoint');
}

async function readWal(client: Client): Promise<number> {
  const { rows } = await client.query(`select pg_current_wal_insert_lsn() - '0/0' as at`);
  return Number(rows[0].at);
}

/** Ready-made rows as COPY's text format likes them best, a file for each table. */
async function writeTypedRows(dataDir: string, rowCount: number): Promise<void> {
  const write = (name: string, toFields: (row: EngagementRow) => unknown[][]): Promise<void> =>
    pipeline(
      Readable.from(toCopyText(rowCount, toFields)),
      createWriteStream(path.join(dataDir, `${name}.copy`)),
    );
  await write('engagements', (row) => [COLUMNS.map((column) => row[column])]);
  await write('engagement_associations', ({ portal_id, id, associations }) =>
    Object.entries(associations).flatMap(([kind, ids]) =>
      ids.map((other) => [portal_id, id, kind, other]),
    ),
  );
  await write('engagement_attachments', ({ portal_id, id, attachments }) =>
    attachments.map((file) => [portal_id, id, file]),
  );
}

function* toCopyText(
  rowCount: number,
  toFields: (row: EngagementRow) => unknown[][],
): Generator<string> {
  const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };
  const toField = (value: unknown): string => {
    if (value === null) return '\\N';
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return text.replace(/[\\\n\t\r]/g, (character) => escapes[character] as string);
  };
  for (let n = 1; n <= rowCount; n++) {
    const lines = toFields(toRow(n)).map((fields) => `${fields.map(toField).join('\t')}\n`);
    if (lines.length > 0) yield lines.join('');
  }
}

const KEYS = [
  ['engagement_associations', 'portal_id', 'engagement_id', 'object_type', 'object_id'],
  ['engagement_attachments', 'portal_id', 'engagement_id', 'file_id'],
];

/** psql's `\copy` into typed staging tables, and the merge of those: the same three tables as `load` makes. */
async function measureYardstick(
  client: Client,
  url: string,
  dataDir: string,
): Promise<{ first: Timing; replay: Timing }> {
  const tables = ['engagements', 'engagement_associations', 'engagement_attachments'];
  const copyAll = async (): Promise<void> => {
    for (const table of tables) {
      await client.query(`drop table if exists typed_${table}`);
      await client.query(`create unlogged table typed_${table} (like ${table})`);
    }
    for (const table of tables) {
      const columns = table === 'engagements' ? ` (${COLUMNS.join(', ')})` : '';
      const file = path.join(dataDir, `${table}.copy`);
      await copyFile(client, url, `hubspot.typed_${table}${columns}`, file);
      await client.query(`analyze typed_${table}`);
    }
  };
  const mergeAll = async (): Promise<void> => {
    await client.query(`begin; set local work_mem to '64MB'; set local jit to off`);
    await client.query(`insert into engagements as t (${COLUMNS.join(', ')})
      select ${COLUMNS.join(', ')} from (
        select distinct on (portal_id, id) * from typed_engagements
        order by portal_id, id, updated_at desc, extracted_at desc
      ) as s
      where not exists (select from engagements as e where e.portal_id = s.portal_id and e.id = s.id
        and (e.content_hash = s.content_hash or (e.updated_at, e.extracted_at) > (s.updated_at, s.extracted_at)))
      on conflict (portal_id, id) do update set ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`);
    for (const [table, ...key] of KEYS) {
      const same = key.map((column) => `t.${column} = s.${column}`).join(' and ');
      await client.query(`insert into ${table} select distinct ${key.join(', ')} from typed_${table} as s
        where not exists (select from ${table} as t where ${same}) on conflict do nothing`);
    }
    await client.query('commit');
  };
  await clear(client);
  const how = (await hasPsql()) ? "psql's \\copy" : 'COPY (there is no psql here)';
  const copied = await measure(`yardstick: ${how} of ready-made typed rows`, copyAll);
  const merged = await measure('yardstick: their merge, into empty tables', mergeAll);
  await settle(client);
  const again = await measure('yardstick: their merge again, nothing changed', mergeAll);
  for (const table of tables) await client.query(`drop table typed_${table}`);
  const sum = (step: string, merge: Timing) => ({ step, seconds: copied.seconds + merge.seconds });
  return { first: sum('yardstick', merged), replay: sum('yardstick, nothing changed', again) };
}

async function copyFile(client: Client, url: string, into: string, file: string): Promise<void> {
  if (await hasPsql()) {
    const target = new URL(url);
    const env = { ...process.env, PGPASSWORD: decodeURIComponent(target.password) };
    target.password = '';
    await promisify(execFile)('psql', [target.href, '-qc', `\\copy ${into} from '${file}'`], {
      env,
    });
    return;
  }
  const { createReadStream } = await import('node:fs');
  await pipeline(createReadStream(file), client.query(copyFrom(`copy ${into} from stdin`)));
}

let psql: Promise<boolean> | undefined;
function hasPsql(): Promise<boolean> {
  psql ??= new Promise((resolve) => {
    const child = spawn('psql', ['--version'], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  return psql;
}

/**
 * One INSERT per row, given every advantage: only `engagements` and none of its associations, and with the values made
 * beforehand; as most scripts do it, and prepared once in one transaction.
 */
async function measureInserts(client: Client, rowCount: number): Promise<Timing[]> {
  const rows = Array.from({ length: rowCount }, (_, n) => {
    const row = toRow(n + 1);
    return COLUMNS.map((column) => row[column]);
  });
  const text = `insert into engagements (${COLUMNS.join(', ')})
    values (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})`;
  await clear(client);
  const committed = await measure(
    `one INSERT per row, each committed (${rowCount} rows)`,
    async () => {
      for (const values of rows) await client.query(text, values);
    },
  );
  await clear(client);
  const prepared = await measure(
    `one INSERT per row, prepared, one transaction (${rowCount} rows)`,
    async () => {
      await client.query('begin');
      for (const values of rows) await client.query({ name: 'insert-row', text, values });
      await client.query('commit');
    },
  );
  return [committed, prepared];
}
