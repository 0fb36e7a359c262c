import type pg from 'pg';

/**
 * Runs `work` in one transaction whose search path is `schema` alone, and commits. When anything throws, rolls back
 * and throws it on, unchanged. On Citus every statement goes to the workers, as its sequential mode needs.
 */
export async function inTransaction<T>(
  client: pg.Client,
  schema: string,
  work: () => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    // Plain Postgres takes any name with a dot. Citus hands SET LOCAL on to its workers once it is told to.
    await client.query(`set local citus.enable_local_execution to off;
      set local citus.propagate_set_commands to 'local';
      set local citus.enable_schema_based_sharding to off;
      set local datestyle to iso;
      set local search_path to ${client.escapeIdentifier(schema)}`);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // Fails when the connection is gone, and with it the transaction.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
