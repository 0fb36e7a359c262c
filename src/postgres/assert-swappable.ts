import type pg from 'pg';
import { DatabaseFailed } from '../errors.ts';

/**
 * Throws DatabaseFailed when this user does not own the tables of `schema`; or when they have, or something else has of
 * them, what would be lost if those of `from` took their place: all that depends on them but indexes and this user's
 * views, which are made anew, and what the new tables have as well. Names it. Expects a search path on which neither
 * schema is, so that Postgres's words name them.
 */
export async function assertSwappable(
  client: pg.Client,
  schema: string,
  from: string,
  tables: readonly string[],
): Promise<void> {
  const {
    rows: [foreign],
  } = await client.query<{ name: string; owner: string }>(
    `select oid::regclass::text as name, relowner::regrole::text as owner from pg_class
     where relnamespace = (select oid from pg_namespace where nspname = $1) and relname = any ($2)
       and not pg_has_role(relowner, 'usage')
     order by 1 limit 1`,
    [schema, tables],
  );
  if (foreign !== undefined) {
    const { name, owner } = foreign;
    throw new DatabaseFailed(`the table ${name} is ${owner}'s: this user cannot rebuild it`, {
      next: `Run load --rebuild as ${owner} or a member of it, or replay the runs with load --from.`,
    });
  }
  const { rows } = await client.query<{ what: string }>(
    `with pairs as (
       select old.oid, old.reltype, old.reltablespace, old.relrowsecurity, new.oid as new_oid,
         old.relreplident <> new.relreplident as other_identity, old.relpersistence <> new.relpersistence as unlogged,
         pg_describe_object('pg_class'::regclass, old.oid, 0) as name
       from pg_class old join pg_class new on new.relname = old.relname
       where old.relnamespace = (select oid from pg_namespace where nspname = $1)
         and new.relnamespace = (select oid from pg_namespace where nspname = $2) and old.relname = any ($3)
     )
     select pg_describe_object(d.classid, d.objid, d.objsubid) as what
     from pg_depend d join pairs p on
       d.refclassid = 'pg_class'::regclass and d.refobjid = p.oid or
       d.refclassid = 'pg_type'::regclass and d.refobjid in (select oid from pg_type where p.reltype in (oid, typelem))
     where d.deptype in ('a', 'n') and not case d.classid
       when 'pg_class'::regclass then exists (select from pg_class c where c.oid = d.objid and c.relkind = 'i')
       when 'pg_rewrite'::regclass then exists (
         select from pg_rewrite r join pg_class c on c.oid = r.ev_class
         where r.oid = d.objid and r.rulename = '_RETURN' and c.relkind = 'v' and pg_has_role(c.relowner, 'usage'))
       when 'pg_trigger'::regclass then (select tgisinternal from pg_trigger t where t.oid = d.objid)
       when 'pg_constraint'::regclass then exists (
         select from pg_constraint o join pg_constraint n on n.conrelid = p.new_oid
           and n.contype = o.contype and pg_get_constraintdef(n.oid) = pg_get_constraintdef(o.oid)
         where o.oid = d.objid and o.conrelid = p.oid)
       when 'pg_attrdef'::regclass then exists (
         select from pg_attrdef o
         join pg_attribute oa on oa.attrelid = p.oid and oa.attnum = o.adnum
         join pg_attribute na on na.attrelid = p.new_oid and na.attname = oa.attname
         join pg_attrdef n on n.adrelid = p.new_oid and n.adnum = na.attnum
         where o.oid = d.objid and pg_get_expr(n.adbin, n.adrelid) = pg_get_expr(o.adbin, o.adrelid))
       else false end
     union select 'row security of ' || name from pairs where relrowsecurity
     union select 'replica identity of ' || name from pairs where other_identity
     union select 'unlogged ' || name from pairs where unlogged
     union select format('storage, statistics or not null of column %s of %s', o.attname, name)
       from pairs join pg_attribute o on o.attrelid = oid
       join pg_attribute n on n.attrelid = new_oid and n.attname = o.attname and n.atttypid = o.atttypid
       where o.attnum > 0 and row (o.attstorage, o.attstattarget, o.attnotnull)
         is distinct from row (n.attstorage, n.attstattarget, n.attnotnull)
     union select format('tablespace %s of %s', spcname, name) from pairs join pg_tablespace t on t.oid = reltablespace
     union select format('column %s of %s', o.attname, name) from pairs join pg_attribute o on o.attrelid = oid
       where o.attnum > 0 and not o.attisdropped and not exists (
         select from pg_attribute n where n.attrelid = new_oid and n.attname = o.attname and not n.attisdropped
           and n.atttypid = o.atttypid)
     order by 1`,
    [schema, from, tables],
  );
  if (rows.length === 0) return;
  const names = rows.slice(0, 5).map(({ what }) => what.replace(/^rule _RETURN on /, ''));
  const more = rows.length > names.length ? `, and ${rows.length - names.length} more` : '';
  throw new DatabaseFailed(
    `the tables of schema ${schema} have what a rebuild cannot keep: ${names.join(', ')}${more}`,
    { next: 'Drop it, run load --rebuild, and make it anew; or replay the runs with load --from.' },
  );
}
