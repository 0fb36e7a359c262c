import type { Client } from 'pg';
import { GuardRefused } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { readRejectedIds } from './read-rejects.ts';
import type { NdjsonRun } from './read-runs.ts';
import { runSql } from './run-sql.ts';

/** More than this many and more than this share of the live rows at once need somebody's word. */
const MASS = { rows: 100, share: 0.2 };

/** What marking deletions takes to know of the merge. */
export interface DeletionOptions {
  portalId: number;
  /** The types of which a full run would have seen every engagement. */
  coveredTypes: string[];
  /** Whether any number of deletions is believed. */
  allowMassDelete: boolean;
  /** How many rows the run's deletion notices have marked already. */
  noticed: number;
  /** How many live rows there are because of the run: new ones, and those that are back. */
  appeared: number;
}

/**
 * Gives `deleted_at` to what a full run, merged and with its verdicts at hand, did not see; returns how many rows that were.
 * A changes run sees only what changed, so nothing follows from what it lacks. Rejected records were seen, too; where
 * one has no id, it might be any, and nothing is marked. Throws GuardRefused when notices and these are suspiciously
 * many, ArchiveError for damaged rejects.
 */
export async function markDeleted(
  client: Client,
  ndjson: NdjsonRun,
  options: DeletionOptions,
  progress: Pick<Progress, 'note'>,
): Promise<number> {
  const { run, manifest } = ndjson;
  const { portalId, coveredTypes, noticed } = options;
  let unseen = 0;
  if (manifest.mode === 'full') {
    if (await noteRejects(client, ndjson, portalId)) {
      const values = [portalId, coveredTypes, manifest.startedAt, run, `${run}/`];
      // Postgres takes a table it has never analyzed for nearly empty, and would go through the run once for each of its
      // rows. The embedded server does not live long enough to analyze any by itself.
      await client.query('set local enable_nestloop to off');
      unseen = (await runSql(client, 'delete-unseen', values)).rowCount;
      await client.query('set local enable_nestloop to default');
    } else {
      progress.note(`run ${run} has a reject without an id: no engagement is taken for deleted`);
    }
  }
  await assertPlausible(client, ndjson, options, unseen + noticed);
  return unseen;
}

/** False when one of them has no id. */
async function noteRejects(client: Client, run: NdjsonRun, portalId: number): Promise<boolean> {
  let areKnown = true;
  for await (const ids of readRejectedIds(run)) {
    areKnown &&= !ids.includes(null);
    await client.query(
      `insert into load_verdicts (portal_id, id, line, verdict)
       select $1::bigint, id, 0, 'rejected' from unnest($2::bigint[]) as id where id is not null`,
      [portalId, ids],
    );
  }
  return areKnown;
}

async function assertPlausible(
  client: Client,
  { run }: NdjsonRun,
  { portalId, allowMassDelete, appeared }: DeletionOptions,
  deleted: number,
): Promise<void> {
  if (allowMassDelete || deleted <= MASS.rows) return;
  const { rows } = await client.query<{ live: string }>(
    'select count(*) as live from engagements where portal_id = $1 and deleted_at is null',
    [portalId],
  );
  const before = Number(rows[0]?.live) + deleted - appeared;
  if (deleted <= MASS.share * before) return;
  throw new GuardRefused(
    `run ${run} would mark ${deleted} of ${before} engagements as deleted; nothing of it was merged`,
    {
      next: 'A token that lost a scope, or the rights to some records, looks like that. If they are gone indeed, run load --allow-mass-delete.',
    },
  );
}
