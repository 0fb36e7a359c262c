import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Progress } from '../progress.ts';
import { assertSwappable } from './assert-swappable.ts';

/** Between two attempts to lock the tables. */
const PAUSE_MS = 1000;

/** An index that is no constraint's, by the words that make it. */
interface Index {
  name: string;
  /** `create index …` up to `on`, and from `using` on. */
  head: string;
  tail: string;
  table: string;
  comment: string | null;
}

/** The tables' indexes but those of constraints; users' own ones too. */
export async function listSecondaryIndexes(
  client: pg.Client,
  schema: string,
  tables: readonly string[],
): Promise<Index[]> {
  const { rows } = await client.query(
    `select i.relname::text as name, t.relname::text as table, pg_get_indexdef(i.oid) as definition,
       obj_description(i.oid, 'pg_class') as comment,
       format(' ON %I.%I ', n.nspname, t.relname) as place, format(' ON %I ', t.relname) as short_place
     from pg_index x
     join pg_class i on i.oid = x.indexrelid
     join pg_class t on t.oid = x.indrelid
     join pg_namespace n on n.oid = t.relnamespace
     where n.nspname = $1 and t.relname = any ($2)
       and not exists (select from pg_constraint c where c.conindid = i.oid)
     order by 1`,
    [schema, tables],
  );
  return rows.map(({ name, table, comment, definition, place, short_place }) => {
    // Postgres leaves out a schema that is on the search path.
    const [head, ...rest] = definition.split(definition.includes(place) ? place : short_place);
    return { name, table, head, tail: rest.join(place), comment };
  });
}

/** Drops these indexes from the tables of `schema`, if they are there. */
export async function dropIndexes(
  client: pg.Client,
  schema: string,
  indexes: readonly Index[],
): Promise<void> {
  for (const { name } of indexes) {
    await client.query(
      `drop index if exists ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`,
    );
  }
}

/** Makes these indexes on the tables of `schema`. */
export async function createIndexes(
  client: pg.Client,
  schema: string,
  indexes: readonly Index[],
): Promise<void> {
  for (const { name, head, table, tail, comment } of indexes) {
    const place = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`;
    await client.query(`${head} ON ${place} ${tail}`);
    if (comment === null) continue;
    const index = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    await client.query(`comment on index ${index} is ${client.escapeLiteral(comment)}`);
  }
}

/** What acts for a swap. */
export interface SwapThings {
  progress: Pick<Progress, 'note'>;
  signal: AbortSignal;
}

/**
 * Puts the tables of schema `from` in the place of those of the same names in `schema`, within the transaction of
 * `client`, and drops the old ones and `from`. Owners, grants, comments and storage parameters are those of the old
 * tables; views on them, whosever, become views on the new ones. Throws DatabaseFailed when something else hangs on the
 * old tables that would be lost.
 */
export async function swapTables(
  client: pg.Client,
  schema: string,
  from: string,
  tables: readonly string[],
  things: SwapThings,
): Promise<void> {
  // So that Postgres's own definitions name every schema.
  await client.query('set local search_path to pg_catalog');
  const toName = (of: string, table: string): string =>
    `${client.escapeIdentifier(of)}.${client.escapeIdentifier(table)}`;
  const names = tables.map((table) => toName(schema, table));
  await lockTables(client, things, async () => [
    ...(await listViews(client, schema, tables)).map(({ lock }) => lock),
    `lock table ${names.join(', ')} in access exclusive mode`,
  ]);
  await assertSwappable(client, schema, from, tables);
  const views = await listViews(client, schema, tables);
  for (const statement of await listProperties(client, schema, from, tables)) {
    await client.query(statement);
  }
  const old = `${from}_old`;
  await client.query(`create schema ${client.escapeIdentifier(old)}`);
  for (const table of tables) {
    await client.query(
      `alter table ${toName(schema, table)} set schema ${client.escapeIdentifier(old)}`,
    );
    await client.query(
      `alter table ${toName(from, table)} set schema ${client.escapeIdentifier(schema)}`,
    );
  }
  for (const { statement } of views) await client.query(statement);
  await client.query(`drop table ${tables.map((table) => toName(old, table)).join(', ')}`);
  await client.query(`drop schema ${client.escapeIdentifier(old)}`);
  await client.query(`drop schema ${client.escapeIdentifier(from)} cascade`);
}

/**
 * Runs the statements of `list`, which take tables and views for this transaction alone. Waiting for somebody who reads
 * them for long would make everybody wait who comes to read after us: it gives up after a moment, before Postgres would
 * find a deadlock, and tries again later.
 */
async function lockTables(
  client: pg.Client,
  { progress, signal }: SwapThings,
  list: () => Promise<string[]>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    await client.query(`savepoint swap; set local lock_timeout to '500ms'`);
    try {
      for (const statement of await list()) await client.query(statement);
      await client.query('set local lock_timeout to default');
      return;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '55P03') throw error;
    }
    await client.query('rollback to savepoint swap');
    if (attempt === 1) progress.note('the new tables wait for those who read the old ones');
    await sleep(PAUSE_MS);
  }
}

/**
 * Statements that bind each view on the tables to the tables that have their names by then; and `lock`, one that takes
 * the view for the transaction alone and changes nothing. (LOCK TABLE on a view locks what it reads as well, for which
 * the view's owner would need more than SELECT.)
 */
async function listViews(
  client: pg.Client,
  schema: string,
  tables: readonly string[],
): Promise<{ lock: string; statement: string }[]> {
  const { rows } = await client.query<{ lock: string; statement: string }>(
    `select format('alter view %s owner to %s', c.oid::regclass, c.relowner::regrole) as lock,
       format('create or replace view %s%s as %s', c.oid::regclass,
        case when c.reloptions is not null then ' with (' || array_to_string(c.reloptions, ', ') || ')' end,
        pg_get_viewdef(c.oid)) as statement
     from pg_class c
     where c.relkind = 'v' and exists (
       select from pg_rewrite r
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
       join pg_class t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
       where r.ev_class = c.oid and t.relname = any ($2)
         and t.relnamespace = (select oid from pg_namespace where nspname = $1)
     )
     order by 1`,
    [schema, tables],
  );
  return rows;
}

/** Statements that give the tables of `from` the owners, grants, comments and parameters of those of `schema`. */
async function listProperties(
  client: pg.Client,
  schema: string,
  from: string,
  tables: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `with old as (
       select t.oid, format('%I.%I', $2::text, t.relname) as name, t.relowner, t.relacl, t.reloptions, new.relacl as new_acl
       from pg_class t
       join pg_class new on new.relname = t.relname
         and new.relnamespace = (select oid from pg_namespace where nspname = $2::text)
       where t.relnamespace = (select oid from pg_namespace where nspname = $1::text) and t.relname = any ($3)
     ), columns as (
       select old.*, a.attname, a.attnum, a.attacl from old join pg_attribute a on a.attrelid = old.oid
       where a.attnum > 0 and not a.attisdropped
     ), statements as (
       select 1 as rank, format('revoke all on %s from %s', name,
         case when grantee = 0 then 'public' else grantee::regrole::text end) as statement
       from old, aclexplode(new_acl) where grantee <> relowner
       union all select 2, format('grant %s on %s to %s%s', privilege_type, name,
         case when grantee = 0 then 'public' else grantee::regrole::text end,
         case when is_grantable then ' with grant option' end)
       from old, aclexplode(relacl) where grantee <> relowner
       union all select 2, format('grant %s (%I) on %s to %s%s', privilege_type, attname, name,
         case when grantee = 0 then 'public' else grantee::regrole::text end,
         case when is_grantable then ' with grant option' end)
       from columns, aclexplode(attacl)
       union all select 3, format('comment on table %s is %L', name, obj_description(oid, 'pg_class')) from old
       union all select 3, format('comment on column %s.%I is %L', name, attname, col_description(oid, attnum)) from columns
       union all select 3, format('alter table %s set (%s)', name, array_to_string(reloptions, ', '))
       from old where reloptions is not null
       union all select 4, format('alter table %s owner to %s', name, relowner::regrole) from old
     )
     select statement from statements order by rank`,
    [schema, from, tables],
  );
  return rows.map(({ statement }) => statement);
}
