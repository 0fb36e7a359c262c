/**
 * The data dictionary: tables and views with their columns, types and comments, read from a database that the
 * migrations have just made, so that it cannot drift.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../src/commands/open-database.ts';

interface Column {
  relation: string;
  about: string | null;
  name: string;
  type: string;
  comment: string | null;
}

const COLUMNS = `
  select c.relname as relation, obj_description(c.oid, 'pg_class') as about, a.attname as name,
    format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as comment
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = (select oid from pg_namespace where nspname = $1)
    and c.relkind in ('r', 'v') and c.relname <> 'schema_migrations'
  order by c.relkind, c.relname, a.attnum`;

/** In Markdown: a section for each table, then each view, with a row per column. */
export async function toDictionary(): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'dictionary-'));
  const settings = { databaseUrl: null, databaseSchema: 'hubspot', dataDir };
  const database = await openDatabase(settings, {
    note() {},
    signal: new AbortController().signal,
  });
  try {
    const client = await database.connect('dictionary');
    const { rows } = await client.query<Column>(COLUMNS, [database.schema]);
    await client.end();
    return [...Map.groupBy(rows, ({ relation }) => relation).values()].map(toSection).join('\n\n');
  } finally {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function toSection(columns: Column[]): string {
  const { relation, about } = columns[0] as Column;
  const cell = (text: string | null): string => (text ?? '').replaceAll('|', '\\|');
  return [
    `## \`${relation}\``,
    '',
    about ?? '',
    '',
    '| column | type | meaning |',
    '| --- | --- | --- |',
    ...columns.map(({ name, type, comment }) => `| \`${name}\` | ${type} | ${cell(comment)} |`),
  ].join('\n');
}
