import { readFile } from 'node:fs/promises';
import type { Client, QueryResultRow } from 'pg';
import { ROW_KEYS } from '../model/columns.ts';
import { COLUMNS } from './copy-lines.ts';

/** Where rows go. */
const TABLE = 'engagements';

/** A row's value in load_rows, as its column's type: metadata and extra are staged as text. */
const toValue = (column: (typeof COLUMNS)[number]): string =>
  ROW_KEYS[column].sql === 'jsonb' ? `r.${column}::jsonb` : `r.${column}`;

const isKey = (column: string): boolean => column === 'portal_id' || column === 'id';

/** What stands in the files for `{name}`: what is made of the table of columns. */
const FILLINGS: Readonly<Record<string, string>> = {
  table: TABLE,
  columns: COLUMNS.join(', '),
  values: COLUMNS.map(toValue).join(', '),
  present: COLUMNS.map((column) => `e.${column}`).join(', '),
  assignments: COLUMNS.filter((column) => !isKey(column))
    .map((column) => `${column} = excluded.${column}`)
    .join(', '),
  'staged columns': COLUMNS.map((column) => {
    const { sql } = ROW_KEYS[column];
    return `${column} ${sql === 'jsonb' ? 'text' : sql}${isKey(column) ? ' not null' : ''}`;
  }).join(',\n  '),
};

/** The SQL in `<name>.sql` of this folder; `more` fills in what `{name}` stands for. */
export async function readSql(name: string, more: Record<string, string> = {}): Promise<string> {
  const text = await readFile(new URL(`./${name}.sql`, import.meta.url), 'utf8');
  const fillings = { ...FILLINGS, ...more };
  return text.replace(/\{([a-z ]+)\}/g, (place, key: string) => fillings[key] ?? place);
}

/** Runs `<name>.sql` of this folder with `values`; returns its rows and how many rows it wrote. */
export async function runSql<Row extends QueryResultRow>(
  client: Client,
  name: string,
  values?: unknown[],
  more?: Record<string, string>,
): Promise<{ rows: Row[]; rowCount: number }> {
  const { rows, rowCount } = await client.query<Row>(await readSql(name, more), values);
  return { rows, rowCount: rowCount ?? 0 };
}
