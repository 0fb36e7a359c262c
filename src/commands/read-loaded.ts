import path from 'node:path';
import { hashManifest } from '../archive/manifest.ts';
import { isComplete, ndjsonRoot, type RunId } from '../archive/runs.ts';
import { readLedger } from '../load/ledger.ts';
import type { Database } from '../postgres/database.ts';
import { toDatabaseFailed } from '../postgres/to-database-failed.ts';
import { type Context, withDatabase } from './context.ts';
import { hasEmbedded } from './open-database.ts';

/**
 * The sha256 of the NDJSON manifests that were loaded, as the ledger says: each is of one run of one archive, and the
 * ledger may have runs of other portals under the same names.
 */
export type Loaded = ReadonlySet<string>;

/**
 * What the ledger says of the runs; null when there is no database yet: none is made just to be asked. Throws
 * DatabaseFailed when there is one that cannot be asked.
 */
export async function readLoaded(context: Context): Promise<Loaded | null> {
  const { databaseUrl, dataDir } = context.settings;
  if (databaseUrl === null && !(await hasEmbedded(dataDir))) return null;
  const read = async (database: Database): Promise<Loaded> => {
    const client = await database.connect('status');
    try {
      const ledger = await readLedger(client, database.schema);
      return new Set(ledger.map(({ ndjson_sha256 }) => ndjson_sha256));
    } catch (error) {
      throw toDatabaseFailed(error, 'reading the ledger');
    } finally {
      await client.end();
    }
  };
  return withDatabase(context, 'expected', read);
}

/** Whether the run was loaded from the very NDJSON run that lies there now. */
export async function isLoaded(dataDir: string, run: RunId, loaded: Loaded): Promise<boolean> {
  const folder = path.join(ndjsonRoot(dataDir), run);
  return (await isComplete(folder)) && loaded.has(await hashManifest(folder));
}
