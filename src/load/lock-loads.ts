import type { Client } from 'pg';
import type { Progress } from '../progress.ts';

// Any number will do as long as no other program of this database uses it.
const LOADS = 0x4855_4253; // "HUBS"

/**
 * Makes this transaction the only one that loads into `schema`; the lock ends with it. Says who holds it when it has
 * to wait. With pooled connections too, since it is no session's lock.
 */
export async function lockLoads(
  client: Client,
  schema: string,
  progress: Pick<Progress, 'note'>,
): Promise<void> {
  const attempt = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_xact_lock($1, hashtext($2)) as taken',
    [LOADS, schema],
  );
  if (attempt.rows[0]?.taken) return;
  // Who else's backend it is, everybody may see; since when, not everybody.
  const holder = await client.query<{ name: string; pid: number; since: string | null }>(
    `select coalesce(nullif(application_name, ''), 'a program') as name, pid, xact_start::text as since
     from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and classid = $1 and objid::bigint = hashtext($2)::bigint & 4294967295
       and database = (select oid from pg_database where datname = current_database())`,
    [LOADS, schema],
  );
  const { name, pid, since } = holder.rows[0] ?? { name: 'a program', pid: '?', since: null };
  progress.note(
    `waiting for another load: ${name}, backend ${pid}${since === null ? '' : `, since ${since}`}`,
  );
  await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOADS, schema]);
}
