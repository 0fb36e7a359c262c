import type pg from 'pg';

/** An engagement as far as the report cares; instants as Postgres reads them, null where left out. */
export interface Engagement {
  type: string;
  created?: string;
  occurred?: string;
  updated?: string;
  deleted?: string;
}

/** Inserts them in one statement; ids go on from those there are. */
export async function insertEngagements(
  client: pg.ClientBase,
  engagements: Engagement[],
): Promise<void> {
  await client.query(
    `insert into engagements (portal_id, id, type, created_at, occurred_at, updated_at, deleted_at,
       metadata, extra, api, content_hash, extracted_at, raw_page)
     select 1, n + (select count(*) from engagements), type, created, occurred, updated, deleted,
       '{}', '{}', 'v1', 'hash', '2026-01-01Z', 'page#0'
     from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
       with ordinality as e (type, created, occurred, updated, deleted, n)`,
    [
      engagements.map(({ type }) => type),
      engagements.map(({ created }) => created ?? null),
      engagements.map(({ occurred }) => occurred ?? null),
      engagements.map(({ updated }) => updated ?? null),
      engagements.map(({ deleted }) => deleted ?? null),
    ],
  );
}

/** One engagement at noon UTC of each of these days. */
export function onDays(type: string, ...days: string[]): Engagement[] {
  return days.map((day) => ({ type, created: `${day}T12:00:00Z` }));
}
