import type pg from 'pg';
import { toDatabaseFailed } from './to-database-failed.ts';
import { inTransaction } from './transaction.ts';

/** What is spread over the workers of a Citus cluster, and by which column; all with the engagements they belong to. */
const DISTRIBUTED = [
  ['engagements', 'id'],
  ['engagement_associations', 'engagement_id'],
  ['engagement_attachments', 'engagement_id'],
] as const;

const STAGING = [
  ['load_keys', 'id'],
  ['load_state', 'id'],
  ['load_rows', 'id'],
] as const;

/**
 * On a Citus coordinator, distributes those tables of the schema that are not distributed yet; elsewhere one query that
 * finds no Citus. Idempotent. Throws DatabaseFailed.
 */
export async function distributeTables(client: pg.Client, schema: string): Promise<void> {
  try {
    if (!(await isCitus(client))) return;
    await inTransaction(client, schema, async () => {
      for (const [table, column] of DISTRIBUTED) await distribute(client, table, column);
    });
  } catch (error) {
    throw toDatabaseFailed(error, `distributing the tables of schema ${schema}`);
  }
}

/** Distributes the staging tables of a load like the engagements, within its transaction; nothing without Citus. */
export async function distributeStaging(client: pg.Client): Promise<void> {
  if (!(await isCitus(client))) return;
  for (const [table, column] of STAGING) await distribute(client, table, column);
}

async function isCitus(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select exists (select from pg_extension where extname = 'citus') as there`,
  );
  return rows[0].there;
}

/** The first one is what the others are placed with. */
async function distribute(client: pg.Client, table: string, column: string): Promise<void> {
  const colocateWith = table === 'engagements' ? 'default' : 'engagements';
  await client.query(
    `select create_distributed_table($1::regclass, $2, colocate_with => $3)
     where not exists (select from pg_dist_partition where logicalrelid = $1::regclass)`,
    [table, column, colocateWith],
  );
}
