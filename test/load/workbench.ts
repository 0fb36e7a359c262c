import { type Database, openDatabase } from '../../src/database/open-database.ts';
import { type LoadOptions, type LoadResult, load } from '../../src/load/load.ts';
import { type RowSpec, type RunChange, writeNdjsonRun } from '../support/ndjson-run.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

/** A database, an archive, and `load` between them. */
export interface Workbench extends TestDatabase {
  database: Database;
  dataDir: string;
  /** What the loads noted, oldest first. */
  notes: string[];
  /** Writes a run; see {@link writeNdjsonRun}. */
  write(run: string, rows: RowSpec[], change?: RunChange): Promise<string>;
  load(options?: Partial<LoadOptions>, signal?: AbortSignal): Promise<LoadResult>;
  /** Writes a run and loads it; what became of its rows, as `inserted updated unchanged older duplicates`. */
  bring(run: string, rows: RowSpec[], change?: RunChange): Promise<string>;
  /** The rows of a query, as arrays. */
  rows(sql: string, values?: unknown[]): Promise<unknown[][]>;
}

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
    write: (run, rows, change) => writeNdjsonRun(dataDir, run, rows, change),
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
    async bring(run, rows, change) {
      await bench.write(run, rows, change);
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
