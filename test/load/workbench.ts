import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { openDatabase } from '../../src/commands/open-database.ts';
import { type LoadOptions, type LoadResult, load } from '../../src/load/load.ts';
import type { Database } from '../../src/postgres/database.ts';
import { type RowSpec, type RunChange, writeNdjsonRun } from '../support/ndjson-run.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** A database, an archive, and `load` between them. */
export interface Workbench extends TestDatabase {
  database: Database;
  dataDir: string;
  /** What the loads noted, oldest first. */
  notes: string[];
  /** Writes a run; see {@link writeNdjsonRun}. `rejected` are the records of its rejects. */
  write(
    run: string,
    rows: RowSpec[],
    change?: RunChange & { rejected?: unknown[] },
  ): Promise<string>;
  /** Writes a run into another archive; returns that one's folder. */
  writeElsewhere(run: string, rows: RowSpec[], change?: RunChange): Promise<string>;
  load(options?: Partial<LoadOptions>, signal?: AbortSignal): Promise<LoadResult>;
  /** Writes a run and loads it; what became of its rows, as `inserted updated unchanged older duplicates`. */
  bring(...written: Parameters<Workbench['write']>): Promise<string>;
  /** The rows of a query, as arrays. */
  rows(sql: string, values?: unknown[]): Promise<unknown[][]>;
}

/** What a load writes that changes nothing. */
export const NOTHING: LoadResult['written'] = { rows: 0, deletions: 0, links: 0, removed: 0 };

/** The instant that all loads here happen at. */
export const NOW = '2026-12-01T08:00:00.000Z';

/** A fresh one; `close` takes it away. */
export async function createWorkbench(): Promise<Workbench> {
  const base = await createTestDatabase();
  const never = new AbortController().signal;
  const database = await openDatabase(base.settings, { note() {}, signal: never });
  const { dataDir } = base.settings;
  const notes: string[] = [];
  const bench: Workbench = {
    ...base,
    database,
    dataDir,
    notes,
    async write(run, rows, { rejected = [], ...change } = {}) {
      const rejects = rejected.length;
      const folder = await writeNdjsonRun(dataDir, run, rows, { rejects, ...change });
      const lines = rejected.map(
        (record, index) => `${JSON.stringify({ page: 'p', index, reason: 'r', record })}\n`,
      );
      if (rejects > 0) await writeFile(path.join(folder, '_rejects.ndjson'), lines.join(''));
      return folder;
    },
    async writeElsewhere(...written) {
      const other = path.join(dataDir, 'elsewhere');
      await writeNdjsonRun(other, ...written);
      return other;
    },
    load: (options = {}, signal = never) =>
      load(
        { dataDir, allowDemo: false, ...options },
        {
          database,
          clock: { now: () => new Date(NOW), async sleep() {} },
          progress: { update() {}, note: (message) => notes.push(message) },
          signal,
        },
      ),
    async bring(...written) {
      await bench.write(...written);
      const { merged } = await bench.load();
      return merged.map(toCounts).join(', ');
    },
    async rows(sql, values) {
      return (await base.client.query({ text: sql, rowMode: 'array', values: values ?? [] })).rows;
    },
    async close() {
      await database.close();
      await base.close();
    },
  };
  return bench;
}

/** `inserted updated unchanged older duplicates` of a merged run. */
export function toCounts(entry: LoadResult['merged'][number]): string {
  const { inserted, updated, unchanged, older, duplicates } = entry;
  return [inserted, updated, unchanged, older, duplicates].join(' ');
}

/** A digest of each table over all columns of all rows, but for the ledger's own times. */
export async function hashTables(
  client: pg.Client,
  schema = 'hubspot',
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const table of [
    'engagements',
    'engagement_associations',
    'engagement_attachments',
    'load_runs',
  ]) {
    const { rows } = await client.query(
      `select md5(coalesce(string_agg(line, e'\n' order by line collate "C"), '')) as hash
       from (select (to_jsonb(t) - 'loaded_at' - 'duration_ms')::text as line from ${schema}.${table} as t) as l`,
    );
    hashes[table] = rows[0].hash;
  }
  return hashes;
}
