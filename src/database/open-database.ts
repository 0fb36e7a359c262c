import type pg from 'pg';
import type { Settings } from '../settings.ts';
import { checkServer, connectClient } from './connect.ts';
import { distributeTables } from './distribute.ts';
import { openEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';
import { toDatabaseFailed } from './to-database-failed.ts';

/** A Postgres that is there to be worked with, whoever runs it. */
export interface Database {
  /** Connection string with its password, for psql; never to be logged. */
  url: string;
  /** Whether it is the one in `DATA_DIR/postgres`. */
  embedded: boolean;
  /** Where the tables are; not quoted. */
  schema: string;
  /**
   * A connected client of its own for each caller; the caller ends it. `name` shows in `pg_stat_activity` as
   * `hubspot-engagements <name>`. Throws DatabaseFailed.
   */
  connect(name: string): Promise<pg.Client>;
  /** Gives the server back: the last user of an embedded one stops it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the database that the settings name, or the embedded one, and brings its schema up to date.
 * Throws DatabaseFailed; leaves nothing running then.
 */
export async function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'databaseSchema' | 'dataDir'>,
  things: { note(message: string): void; signal: AbortSignal },
): Promise<Database> {
  const { databaseUrl, databaseSchema: schema } = settings;
  things.signal.throwIfAborted();
  const embedded = databaseUrl === null ? await openEmbedded(settings.dataDir, things) : undefined;
  const url = embedded?.url ?? databaseUrl ?? '';
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= embedded?.leave() ?? Promise.resolve();
    return closing;
  };
  try {
    await prepare(url, schema);
    things.signal.throwIfAborted();
  } catch (error) {
    await close();
    throw error;
  }
  const connect = (name: string) => connectClient(url, name);
  return { url, embedded: embedded !== undefined, schema, connect, close };
}

async function prepare(url: string, schema: string): Promise<void> {
  const client = await connectClient(url, 'migrate');
  try {
    await checkServer(client);
    await migrate(client, schema);
    await distributeTables(client, schema);
  } catch (error) {
    throw toDatabaseFailed(error, `opening database ${client.database}`);
  } finally {
    await client.end().catch(() => {});
  }
}
