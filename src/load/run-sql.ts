import { readFile } from 'node:fs/promises';
import type { Client, QueryResultRow } from 'pg';

/** Runs `<name>.sql` of this folder with `values`; returns its rows and how many rows it wrote. */
export async function runSql<Row extends QueryResultRow>(
  client: Client,
  name: string,
  values?: unknown[],
): Promise<{ rows: Row[]; rowCount: number }> {
  const text = await readFile(new URL(`./${name}.sql`, import.meta.url), 'utf8');
  const { rows, rowCount } = await client.query<Row>(text, values);
  return { rows, rowCount: rowCount ?? 0 };
}
