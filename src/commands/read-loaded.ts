import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { exists, isComplete, MANIFEST, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { readLedger } from '../load/ledger.ts';
import { type Context, withDatabase } from './context.ts';

/** The sha256 of the NDJSON manifest that each run was loaded from, as the ledger says. */
export type Loaded = Map<RunId, string>;

/**
 * What the ledger says of the runs; null when there is no database yet: none is made just to be asked. Throws
 * DatabaseFailed when there is one that cannot be asked.
 */
export async function readLoaded(context: Context): Promise<Loaded | null> {
  const { databaseUrl, dataDir } = context.settings;
  if (databaseUrl === null && !(await exists(path.join(dataDir, 'postgres', 'data')))) return null;
  return withDatabase(context, async (database) => {
    const client = await database.connect('status');
    try {
      const ledger = await readLedger(client, database.schema);
      return new Map(ledger.map(({ run, ndjson_sha256 }) => [run, ndjson_sha256]));
    } finally {
      await client.end();
    }
  });
}

/** Whether the run was loaded from the very NDJSON run that lies there now. */
export async function isLoaded(dataDir: string, run: RunId, loaded: Loaded): Promise<boolean> {
  const folder = path.join(ndjsonRoot(dataDir), run);
  if (!(await isComplete(folder))) return false;
  const bytes = await readFile(path.join(folder, MANIFEST));
  return loaded.get(run) === createHash('sha256').update(bytes).digest('hex');
}
