import type { Client } from 'pg';
import type { Database } from './database.ts';

/**
 * Runs `work`, which is in a transaction of `client`. When the signal aborts, its backend is terminated and the
 * transaction with it: closing our end would leave the server at work, and holding its locks, until it is through.
 * Throws what `work` throws then.
 */
export async function stopOnAbort<T>(
  client: Client,
  database: Pick<Database, 'connect'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  // Asked for within the transaction: behind a connection pooler, only then it is the backend's own.
  const { rows } = await client.query('select pg_backend_pid() as pid');
  signal.throwIfAborted();
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping = terminate(database, rows[0].pid);
  };
  signal.addEventListener('abort', stop);
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    // Before the transaction ends, and a pooler gives its backend to somebody else.
    await stopping;
  }
}

async function terminate(database: Pick<Database, 'connect'>, pid: number): Promise<void> {
  try {
    const client = await database.connect('stop');
    try {
      await client.query('select pg_terminate_backend($1::int)', [pid]);
    } finally {
      await client.end();
    }
  } catch {
    // No server, or none that lets us in: `work` looks at the signal between its statements.
  }
}
