import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';
import { GuardRefused } from '../errors.ts';
import type { Fold, FoldInput } from './fold-runs.ts';
import { runSql } from './run-sql.ts';

/** More than this many and more than this share of the live rows at once need somebody's word. */
const MASS = { rows: 100, share: 0.2 };

/** A run would mark suspiciously many engagements as deleted. */
export class MassDeletion extends GuardRefused {
  readonly run: RunId;
  constructor(run: RunId, deleted: number, live: number) {
    super(
      `run ${run} would mark ${deleted} of ${live} engagements as deleted; nothing of it was merged`,
      {
        next: 'A token that lost a scope, or the rights to some records, looks like that. If they are gone indeed, run load --allow-mass-delete.',
      },
    );
    this.run = run;
  }
}

/**
 * Adds to the counts of the runs what none of the later ones saw again, and returns how many rows of the tables that are
 * which the fold has not met. Throws MassDeletion for the first run that would mark suspiciously many, and is not among
 * `believed`.
 */
export async function checkDeletions(
  client: Client,
  { portalId, suffix, continues }: FoldInput,
  { folded, firstFull }: Fold,
  believed: (run: RunId) => boolean,
): Promise<number> {
  const gone = await runSql<{ run_no: number; count: string }>(client, 'count-gone');
  const types = Object.keys(firstFull);
  const unseen =
    continues && types.length > 0
      ? await runSql<{ run_no: number; count: string }>(client, 'count-unseen', [
          portalId,
          JSON.stringify(firstFull),
          types,
        ])
      : { rows: [] };
  for (const { run_no, count } of [...gone.rows, ...unseen.rows]) {
    const one = folded[run_no - 1];
    if (one !== undefined) one.counts.deleted += Number(count);
  }
  const isMany = ({ counts }: Fold['folded'][number], n: number): boolean =>
    counts.deleted > MASS.rows && !believed(suffix[n]?.run ?? '');
  if (folded.some(isMany)) {
    let live = continues ? await countLive(client, portalId) : 0;
    for (const [n, one] of folded.entries()) {
      const { deleted } = one.counts;
      if (isMany(one, n) && deleted > MASS.share * live) {
        throw new MassDeletion(suffix[n]?.run ?? '', deleted, live);
      }
      live += one.appeared - deleted;
    }
  }
  return unseen.rows.reduce((sum, { count }) => sum + Number(count), 0);
}

async function countLive(client: Client, portalId: number): Promise<number> {
  const { rows } = await client.query<{ live: string }>(
    'select count(*) as live from engagements where portal_id = $1 and deleted_at is null',
    [portalId],
  );
  return Number(rows[0]?.live);
}
