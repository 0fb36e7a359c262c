import pg from 'pg';
import { DatabaseFailed } from '../errors.ts';

/** An index that is no constraint's, by the words that make it. */
interface Index {
  name: string;
  /** `create index …` up to `on`, and from `using` on. */
  head: string;
  tail: string;
  table: string;
}

/** The tables' indexes but those of constraints; users' own ones too. */
export async function listSecondaryIndexes(
  client: pg.Client,
  schema: string,
  tables: readonly string[],
): Promise<Index[]> {
  const { rows } = await client.query(
    `select i.relname::text as name, t.relname::text as table, pg_get_indexdef(i.oid) as definition,
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
  return rows.map(({ name, table, definition, place, short_place }) => {
    // Postgres leaves out a schema that is on the search path.
    const [head, ...rest] = definition.split(definition.includes(place) ? place : short_place);
    return { name, table, head, tail: rest.join(place) };
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
  for (const { head, table, tail } of indexes) {
    const place = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`;
    await client.query(`${head} ON ${place} ${tail}`);
  }
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
): Promise<void> {
  // So that Postgres's own definitions name every schema.
  await client.query(`set local search_path to pg_catalog`);
  await assertMovable(client, schema, from, tables);
  const views = await listViews(client, schema, tables);
  for (const statement of await listProperties(client, schema, from, tables)) {
    await client.query(statement);
  }
  const name = (of: string, table: string): string =>
    `${client.escapeIdentifier(of)}.${client.escapeIdentifier(table)}`;
  const old = `${from}_old`;
  await client.query(`create schema ${client.escapeIdentifier(old)}`);
  for (const table of tables) {
    await client.query(
      `alter table ${name(schema, table)} set schema ${client.escapeIdentifier(old)}`,
    );
    await client.query(
      `alter table ${name(from, table)} set schema ${client.escapeIdentifier(schema)}`,
    );
  }
  for (const view of views) await client.query(view);
  try {
    await client.query(`drop table ${tables.map((table) => name(old, table)).join(', ')}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '2BP01') throw error;
    throw new DatabaseFailed(`something in the database depends on the tables of ${schema}`, {
      next: 'Drop foreign keys to them and functions made of them, run it again, and make those anew.',
    });
  }
  await client.query(`drop schema ${client.escapeIdentifier(old)}`);
  await client.query(`drop schema ${client.escapeIdentifier(from)} cascade`);
}

async function assertMovable(
  client: pg.Client,
  schema: string,
  from: string,
  tables: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ what: string }>(
    `with old as (
       select t.oid, t.relname from pg_class t
       where t.relnamespace = (select oid from pg_namespace where nspname = $1) and t.relname = any ($3)
     )
     select 'trigger ' || tgname as what from pg_trigger join old on old.oid = tgrelid where not tgisinternal
     union all select 'policy ' || polname from pg_policy join old on old.oid = polrelid
     union all select 'publication ' || pubname from pg_publication_rel r
       join old on old.oid = r.prrelid join pg_publication p on p.oid = r.prpubid
     union all select 'materialized view ' || c.oid::regclass from pg_depend d
       join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
       join pg_class c on c.oid = r.ev_class join old on old.oid = d.refobjid where c.relkind = 'm'
     union all select 'column ' || old.relname || '.' || a.attname from pg_attribute a
       join old on old.oid = a.attrelid
       where a.attnum > 0 and not a.attisdropped and not exists (
         select from pg_attribute b join pg_class t on t.oid = b.attrelid
         where t.relnamespace = (select oid from pg_namespace where nspname = $2)
           and t.relname = old.relname and b.attname = a.attname
       )
     order by 1`,
    [schema, from, tables],
  );
  const hindrances = [...new Set(rows.map(({ what }) => what))];
  if (hindrances.length === 0) return;
  throw new DatabaseFailed(
    `the tables of schema ${schema} have what a rebuild cannot keep: ${hindrances.join(', ')}`,
    { next: 'Drop it, run load --rebuild, and make it anew; or replay the runs with load --from.' },
  );
}

/** Statements that bind each view on the tables to the tables that have their names by then. */
async function listViews(
  client: pg.Client,
  schema: string,
  tables: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('create or replace view %s%s as %s', c.oid::regclass,
        case when c.reloptions is not null then ' with (' || array_to_string(c.reloptions, ', ') || ')' end,
        pg_get_viewdef(c.oid)) as statement
     from pg_class c
     where c.relkind = 'v' and exists (
       select from pg_rewrite r
       join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
       join pg_class t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
       where r.ev_class = c.oid and t.relname = any ($2)
         and t.relnamespace = (select oid from pg_namespace where nspname = $1)
     )`,
    [schema, tables],
  );
  return rows.map(({ statement }) => statement);
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
