import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { CheckedOptions } from './report-options.ts';

/** A query of this folder. */
export type QueryFile =
  | 'daily.sql'
  | 'figures.sql'
  | 'hours.sql'
  | 'survey.sql'
  | 'types-by-index.sql'
  | 'types-by-scan.sql';

// Comments, strings and quoted names come first and are taken whole: no variable begins inside them. So does `::`,
// since the colon of a cast begins none.
const TOKENS =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|::|:'(?<value>\w+)'|:"(?<name>\w+)"/g;

/**
 * `sql` with psql's variables filled in as psql does it: `:'x'` becomes a string, `:"x"` a name. Pure.
 * A variable without a value is a bug and throws.
 */
export function fillVariables(sql: string, variables: Readonly<Record<string, string>>): string {
  const read = (variable: string): string => {
    const value = variables[variable];
    if (value === undefined) throw new Error(`the query's variable ${variable} has no value`);
    return value;
  };
  return sql.replace(TOKENS, (token, ...rest) => {
    const { value, name } = rest.at(-1) as { value?: string; name?: string };
    if (value !== undefined) return pg.escapeLiteral(read(value));
    if (name !== undefined) return pg.escapeIdentifier(read(name));
    return token;
  });
}

/**
 * The text of one of this folder's queries with these options, and the variables that do not follow from them; ready for
 * Postgres and for psql.
 */
export async function readQuery(
  file: QueryFile,
  options: CheckedOptions,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const sql = await readFile(new URL(file, import.meta.url), 'utf8');
  return fillVariables(sql, { ...toVariables(options), ...variables });
}

/** A `text[]` as Postgres reads it: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
export function toArrayLiteral(texts: string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function toVariables(options: CheckedOptions): Record<string, string> {
  const ahead = options.align === 'centered' ? (options.window - 1) / 2 : 0;
  return {
    schema: options.schema,
    by: `${options.by}_at`,
    timezone: options.timezone,
    include_deleted: String(options.includeDeleted),
    portal: options.portal ?? 'all',
    behind: String(options.window - 1 - ahead),
    ahead: String(ahead),
  };
}
