import type pg from 'pg';
import { checkServer, connectClient } from './connect.ts';
import { distributeTables } from './distribute.ts';
import { assertMigrated, migrate } from './migrate.ts';
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
 * What is to be there before somebody works with a database: `made`, its tables, brought up to date; `expected`, the
 * same, but nothing is written; `any`, a server that we can work with.
 */
export type Tables = 'made' | 'expected' | 'any';

/** Checks the server at `url`, and its tables as `tables` says. Throws DatabaseFailed. */
export async function prepareDatabase(url: string, schema: string, tables: Tables): Promise<void> {
  const client = await connectClient(url, tables === 'made' ? 'migrate' : 'check');
  try {
    await checkServer(client);
    if (tables === 'expected') await assertMigrated(client, schema);
    if (tables !== 'made') return;
    await migrate(client, schema);
    await distributeTables(client, schema);
  } catch (error) {
    throw toDatabaseFailed(error, `opening database ${client.database}`);
  } finally {
    await client.end().catch(() => {});
  }
}
