import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';
import type { Clock } from '../clock.ts';
import { distributeStaging } from '../postgres/distribute.ts';
import { checkDeletions } from './check-deletions.ts';
import { type Fold, type FoldDeps, foldRuns } from './fold-runs.ts';
import {
  acceptRedacted,
  adoptRuns,
  forgetRuns,
  type LedgerEntry,
  type MergedRun,
  writeLedger,
} from './ledger.ts';
import type { LoadPlan } from './plan-load.ts';
import type { NdjsonRun } from './read-runs.ts';
import { runSql } from './run-sql.ts';
import { writeRows } from './write-rows.ts';

/** What to merge. */
export interface MergeInput extends Omit<LoadPlan, 'missing'> {
  portalId: number;
  /** The archive's runs, oldest first, and the ledger's rows about them. */
  runs: NdjsonRun[];
  ledger: MergedRun[];
  /** See LoadOptions. */
  rebuild?: boolean;
  allowMassDelete?: boolean;
  acceptRedacted?: boolean;
  workMem: string;
  chunkBytes: number;
}

/** Dependencies of a merge. */
export interface MergeDeps extends FoldDeps {
  clock: Clock;
}

/** What was changed in the tables, in rows. */
export interface Written {
  /** Of `engagements`, inserted or with new content. */
  rows: number;
  /** Of `engagements`, with another `deleted_at` alone. */
  deletions: number;
  /** Of associations and attachments: added, removed, or with other labels. */
  links: number;
  /** Of all three, removed since the archive does not hold them. */
  removed: number;
}

/**
 * Folds runs into `load_state`, then writes what differs from the tables and notes the runs in the ledger; all within the
 * caller's transaction. Throws MassDeletion, ArchiveError, DatabaseFailed, the signal's reason, or Postgres's error.
 */
export async function mergeRuns(
  client: Client,
  input: MergeInput,
  deps: MergeDeps,
): Promise<{ merged: LedgerEntry[]; written: Written }> {
  const { portalId, ledger, suffix, continues, rebuild = false } = input;
  const began = deps.clock.now();
  const step = async (name: string, values: unknown[], more?: Record<string, string>) => {
    deps.signal.throwIfAborted();
    return (await runSql(client, name, values, more)).rowCount;
  };
  // More than the default, or hashes of some 100,000 keys write whole rows to temporary files; and compiling statements
  // that run once takes longer than it saves.
  await client.query(
    `set local work_mem to ${client.escapeLiteral(input.workMem)}; set local jit to off`,
  );
  const accepted = toAccepted(input);
  deps.onStep('preparing the load');
  await runSql(client, 'create-staging');
  await distributeStaging(client);
  const mayBeRedacted =
    ledger.some(({ redacted, run }) => redacted !== '0' && !accepted.has(run)) ||
    suffix.some(({ manifest, run }) => manifest.redacted > 0 && !accepted.has(run));
  const foldInput = { ...input, mayBeRedacted, accepted };
  const fold = await foldRuns(client, foldInput, deps);
  const merged = new Set(ledger.map(({ run }) => run));
  // What was believed once is believed when it is merged again.
  const unseen = await checkDeletions(
    client,
    foldInput,
    fold,
    (run) => input.allowMassDelete === true || merged.has(run),
  );
  deps.onStep('writing the tables');
  if (!continues && !rebuild) await step('skip-present', []);
  const written: Written = { rows: 0, deletions: 0, links: 0, removed: 0 };
  written.rows = await writeRows(client, { ...input, ...fold, compares: rebuild }, deps);
  const all = [!continues];
  written.links += await step('remove-associations', all);
  written.links += await step('relabel-associations', all);
  written.links += await step('add-associations', all);
  written.links += await step('remove-attachments', all);
  written.links += await step('add-attachments', all);
  written.deletions += await step('mark-deleted', [fold.starts, !continues]);
  if (unseen > 0) {
    const { firstFull, starts } = fold;
    const values = [portalId, JSON.stringify(firstFull), Object.keys(firstFull), starts];
    written.deletions += await step('delete-unseen', values);
  }
  for (const [table, id] of rebuild ? FOREIGN : []) {
    written.removed += await step('remove-foreign', [portalId], { table, id });
  }
  await runSql(client, 'drop-staging');
  return { merged: await noteRuns(client, input, fold, accepted, began, deps), written };
}

const FOREIGN = [
  ['engagement_associations', 'engagement_id'],
  ['engagement_attachments', 'engagement_id'],
  ['engagements', 'id'],
] as const;

/** The runs whose redacted e-mails count as any others: those accepted now, and those accepted before. */
function toAccepted({ ledger, suffix, acceptRedacted }: MergeInput): Set<RunId> {
  const before = ledger.filter((entry) => entry.accepts_redacted).map(({ run }) => run);
  const now = acceptRedacted
    ? suffix.filter(({ manifest }) => manifest.redacted > 0).map(({ run }) => run)
    : [];
  return new Set([...before, ...now]);
}

/** Brings the ledger up to date; returns the rows of the runs that it lacked, or had with other content. */
async function noteRuns(
  client: Client,
  { portalId, runs, suffix, due, rebuild }: MergeInput,
  { folded }: Fold,
  accepted: Set<RunId>,
  began: Date,
  { clock, progress }: MergeDeps,
): Promise<LedgerEntry[]> {
  const archived = runs.map(({ run }) => run);
  await adoptRuns(client, portalId, archived);
  if (rebuild) await forgetRuns(client, portalId, archived);
  if (accepted.size > 0) await acceptRedacted(client, portalId, [...accepted]);
  const loadedAt = clock.now();
  const merged: LedgerEntry[] = [];
  for (const [index, { run, manifest, sha256 }] of suffix.entries()) {
    const counts = folded[index]?.counts;
    if (!due.has(run) || counts === undefined) continue;
    const { mode, api, startedAt, records, rejects, redacted } = manifest;
    const entry: LedgerEntry = {
      run,
      portal_id: portalId,
      mode,
      api,
      started_at: startedAt,
      loaded_at: loadedAt.toISOString(),
      ndjson_sha256: sha256,
      records,
      ...counts,
      rejected: rejects,
      redacted,
      accepts_redacted: accepted.has(run),
      duration_ms: loadedAt.getTime() - began.getTime(),
    };
    await writeLedger(client, entry);
    merged.push(entry);
    if (counts.withheld > 0) {
      progress.note(
        `run ${run}: ${counts.withheld} e-mails came redacted and did not replace the contents there are; the token lacks sales-email-read`,
      );
    }
  }
  return merged;
}
