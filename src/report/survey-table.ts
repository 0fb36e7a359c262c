import type pg from 'pg';
import { SettingsError } from '../errors.ts';
import { toVisible } from '../terminal/visible-text.ts';
import type { DataSpan } from './plan-range.ts';
import type { CheckedOptions } from './report-options.ts';
import { readQuery } from './report-sql.ts';

/** What stands in the table, whatever the days asked for. */
export interface Survey {
  /** `YYYY-MM-DD` in the zone asked for. */
  today: string;
  /** When the extraction began that the newest data are of, `YYYY-MM-DD hh:mm` in that zone; null before the first. */
  extractedAt: string | null;
  /** Ids of the portals that were loaded, ascending; only the one asked for. */
  portals: string[];
  /** Over all types, also those not asked for; null when no engagement has a day. */
  data: DataSpan | null;
  /** The types asked for, ascending by code points. */
  types: string[];
  /** Engagements of those that have no day. */
  undated: number;
  /** The goals, under the types' own names. */
  goals: Record<string, number>;
}

/** A row of types-by-index.sql and types-by-scan.sql; days null when no engagement of the type has one. */
interface TypeRow {
  type: string;
  first_day: string | null;
  last_day: string | null;
  undated: string;
}

/** Looks up what there is to report. Throws SettingsError for a portal or a type that there is none of. */
export async function surveyTable(options: CheckedOptions, client: pg.ClientBase): Promise<Survey> {
  const { rows } = await client.query(await readQuery('survey.sql', options));
  const { today, extracted_at: extractedAt, portals } = rows[0];
  const all = await readTypes(options, client);
  await checkPortal(options, all, client);
  const chosen = chooseTypes(all, options.types);
  const dated = all.filter((row) => row.first_day !== null);
  // Days in this format sort as text.
  const firstDay = dated.map((row) => row.first_day as string).sort()[0];
  const lastDay = dated
    .map((row) => row.last_day as string)
    .sort()
    .at(-1);
  return {
    today: options.today ?? today,
    extractedAt,
    portals,
    data: firstDay === undefined || lastDay === undefined ? null : { firstDay, lastDay },
    types: chosen.map(({ type }) => type).sort(byCodePoints),
    undated: chosen.reduce((sum, row) => sum + Number(row.undated), 0),
    goals: toGoals(options.goals, chosen),
  };
}

async function readTypes(options: CheckedOptions, client: pg.ClientBase): Promise<TypeRow[]> {
  if (options.by !== 'created' || options.includeDeleted) {
    const { rows } = await client.query<TypeRow>(await readQuery('types-by-scan.sql', options));
    return rows;
  }
  const types: TypeRow[] = [];
  for (;;) {
    // No type is empty.
    const after = types.at(-1)?.type ?? '';
    const query = await readQuery('types-by-index.sql', options, { after });
    const { rows } = await client.query<TypeRow>(query);
    if (rows[0] === undefined) return types;
    types.push(rows[0]);
  }
}

function chooseTypes(all: TypeRow[], asked: string[] | undefined): TypeRow[] {
  // A table without data is no reason to refuse what will be right tomorrow.
  if (asked === undefined || all.length === 0) return all;
  return [...new Set(asked.map((name) => findType(all, name)))];
}

function toGoals(goals: Record<string, number>, types: TypeRow[]): Record<string, number> {
  if (types.length === 0) return {};
  return Object.fromEntries(
    Object.entries(goals).map(([name, goal]) => [
      name.toUpperCase() === 'ALL' ? 'ALL' : findType(types, name).type,
      goal,
    ]),
  );
}

/** The type of that name, in any case. Throws SettingsError when there is none. */
function findType(types: TypeRow[], name: string): TypeRow {
  const found =
    types.find(({ type }) => type === name) ??
    types.find(({ type }) => type.toUpperCase() === name.toUpperCase());
  if (found !== undefined) return found;
  throw new SettingsError(`there is no type ${toVisible(name)}`, {
    next: `There are: ${types.map(({ type }) => toVisible(type)).join(', ')}.`,
  });
}

async function checkPortal(
  { portal, schema }: CheckedOptions,
  types: TypeRow[],
  client: pg.ClientBase,
): Promise<void> {
  if (portal === undefined || types.length > 0) return;
  const { rows } = await client.query<{ portal_id: string }>(
    `select distinct portal_id from ${client.escapeIdentifier(schema)}.engagements order by 1 limit 20`,
  );
  const portals = rows.map((row) => row.portal_id);
  if (portals.length === 0 || portals.includes(portal)) return;
  throw new SettingsError(`there are no engagements of portal ${portal}`, {
    next: `There are those of: ${portals.join(', ')}.`,
  });
}

/** Postgres's order by `collate "C"`: UTF-8 sorts as code points do, but UTF-16 does not. */
function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
