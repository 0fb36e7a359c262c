import type { Client } from 'pg';
import type { RunId } from '../archive/runs.ts';
import { DatabaseFailed } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { COPY_KEYS, toKeyFields } from './copy-lines.ts';
import { copyParts } from './copy-parts.ts';
import { coveredTypes } from './covered-types.ts';
import type { RunCounts } from './ledger.ts';
import { readRejectedIds } from './read-rejects.ts';
import type { NdjsonRun } from './read-runs.ts';
import { REDACTED } from './redacted.ts';
import { runSql } from './run-sql.ts';

/** Which runs are folded, and upon what. */
export interface FoldInput {
  portalId: number;
  /** The archive's runs, oldest first. */
  runs: readonly NdjsonRun[];
  /** Those to fold: from one on to the newest. */
  suffix: readonly NdjsonRun[];
  /** Whether they are folded upon the tables; else upon nothing. */
  continues: boolean;
  /** Whether the tables may hold redacted e-mails. */
  mayBeRedacted: boolean;
  /** The runs whose redacted e-mails are accepted. */
  accepted: ReadonlySet<RunId>;
}

/** Dependencies of the fold. */
export interface FoldDeps {
  progress: Progress;
  signal: AbortSignal;
  /** Hears what is being done, and which run is read for it. */
  onStep(what: string, run?: RunId): void;
}

/** What a run did, and how many engagements live because of it: new ones, and those that are back. */
export interface FoldedRun {
  counts: RunCounts;
  appeared: number;
}

/** What the fold of all runs is, besides `load_state`. */
export interface Fold {
  /** As many as there are runs. */
  folded: FoldedRun[];
  /** When the runs started, by their number less one. */
  starts: string[];
  /** Of each engagement type, the number of the first full run that covers it. */
  firstFull: Record<string, number>;
}

/**
 * Decides what the runs, numbered from 1, make of each engagement that they hold: reads what decides about each line
 * into `load_keys`, run by run, and folds that into `load_state`. Nothing else is written. Throws ArchiveError for damaged
 * files, DatabaseFailed when counts do not add up, the signal's reason, or Postgres's error.
 */
export async function foldRuns(client: Client, input: FoldInput, deps: FoldDeps): Promise<Fold> {
  const { suffix, continues, mayBeRedacted, accepted } = input;
  const nextFull = await findNextFull(input, deps);
  const folded: FoldedRun[] = [];
  const total = suffix.reduce((sum, { manifest }) => sum + manifest.rows, 0);
  let rowsBefore = 0;
  let rowsAnalyzed = 0;
  for (const [index, run] of suffix.entries()) {
    deps.signal.throwIfAborted();
    deps.onStep(`loading run ${run.run}`, run.run);
    const { api, associationKinds, rows } = run.manifest;
    await stageKeys(client, run, { ...input, isFirst: index === 0 }, deps, (done) =>
      deps.progress.update({ done: rowsBefore + done, total, unit: 'rows', detail: run.run }),
    );
    await runSql(client, 'judge', [
      index + 1,
      api,
      associationKinds === 'all' ? null : associationKinds,
      continues,
      JSON.stringify(nextFull[0]),
      JSON.stringify(nextFull[index + 1]),
      mayBeRedacted,
      [...accepted],
      REDACTED,
    ]);
    const result = await countJudged(client, index + 1, run, folded);
    folded.push(result);
    rowsBefore += rows;
    // Postgres takes a table that it has never analyzed for nearly empty.
    if (rowsBefore > 2 * rowsAnalyzed) {
      await client.query('analyze load_state (portal_id, id, run_no, line)');
      rowsAnalyzed = rowsBefore;
    }
  }
  return {
    folded,
    starts: suffix.map(({ manifest }) => manifest.startedAt),
    firstFull: nextFull[0] ?? {},
  };
}

/**
 * For the beginning and for each run of the suffix: of each engagement type, the number of the next full run that covers
 * it, after which an engagement that the run did not see is gone. A run with a reject that has no id covers none.
 */
async function findNextFull(
  { runs, suffix }: FoldInput,
  { progress, onStep }: FoldDeps,
): Promise<Record<string, number>[]> {
  let next: Record<string, number> = {};
  const nextFull = [next];
  for (const [index, run] of [...suffix.entries()].reverse()) {
    if (run.manifest.mode === 'full') {
      onStep(`loading run ${run.run}`, run.run);
      if (await areRejectsKnown(run)) {
        const types = coveredTypes(run, runs).map((type) => [type, index + 1]);
        next = { ...next, ...Object.fromEntries(types) };
      } else {
        progress.note(
          `run ${run.run} has a reject without an id: no engagement is taken for deleted`,
        );
      }
    }
    nextFull.unshift(next);
  }
  return nextFull;
}

async function areRejectsKnown(run: NdjsonRun): Promise<boolean> {
  let areKnown = true;
  for await (const ids of readRejectedIds(run)) areKnown &&= !ids.includes(null);
  return areKnown;
}

/** Brings the keys of a run, and what it rejected, into `load_keys` in the place of what is there. */
async function stageKeys(
  client: Client,
  run: NdjsonRun,
  { portalId, accepted, isFirst }: FoldInput & { isFirst: boolean },
  { signal }: FoldDeps,
  onRows: (rows: number) => void,
): Promise<void> {
  const { folder, manifest } = run;
  const { parts, rows } = manifest;
  if (!isFirst) await client.query('truncate load_keys');
  const toFields = toKeyFields(accepted.has(run.run) || manifest.redacted === 0);
  const staged = await copyParts(client, {
    ...{ folder, parts, firstLine: 1, copy: COPY_KEYS, toFields, onRows, signal },
  });
  if (staged !== rows) {
    throw new DatabaseFailed(`${staged} of ${rows} rows of run ${run.run} arrived in staging`, {
      next: 'Look for triggers and rules on new tables of this database.',
    });
  }
  if (manifest.mode === 'full') {
    for await (const ids of readRejectedIds(run)) {
      await client.query(
        `insert into load_keys (portal_id, id, line, rejected)
         select $1::bigint, id, 0, true from unnest($2::bigint[]) as id where id is not null`,
        [portalId, ids],
      );
    }
  }
  await client.query('analyze load_keys (portal_id, id)');
}

interface Judged {
  verdict: 'inserted' | 'updated' | 'unchanged' | 'older';
  withheld: boolean;
  was_live: boolean;
  is_live: boolean;
  /** The number of an earlier run that did not see the engagement. */
  died_no: number | null;
  count: string;
}

/** What the run did; what an earlier full run did not see, as is found only now, is added to that one. */
async function countJudged(
  client: Client,
  runNo: number,
  { run, manifest }: NdjsonRun,
  earlier: readonly FoldedRun[],
): Promise<FoldedRun> {
  const { rows: judged } = await runSql<Judged>(client, 'count-judged', [runNo]);
  const sum = (choose: (one: Judged) => boolean): number =>
    judged.filter(choose).reduce((total, { count }) => total + Number(count), 0);
  for (const { died_no, count } of judged) {
    const one = died_no === null ? undefined : earlier[died_no - 1];
    if (one !== undefined) one.counts.deleted += Number(count);
  }
  const { records, rows, rejects } = manifest;
  const counts: RunCounts = {
    inserted: sum(({ verdict }) => verdict === 'inserted'),
    updated: sum(({ verdict }) => verdict === 'updated'),
    unchanged: sum(({ verdict }) => verdict === 'unchanged'),
    older: sum(({ verdict }) => verdict === 'older'),
    duplicates: rows - sum(() => true),
    withheld: sum(({ withheld }) => withheld),
    deleted: sum(({ was_live, is_live }) => was_live && !is_live),
  };
  if (records !== rows + rejects || counts.duplicates < 0) {
    const { inserted, updated, unchanged, older, duplicates } = counts;
    throw new DatabaseFailed(
      `run ${run} does not add up: ${records} records, ${rows} rows + ${rejects} rejects, ` +
        `${inserted} inserted + ${updated} updated + ${unchanged} unchanged + ${older} older + ${duplicates} duplicates; nothing was changed`,
      { next: 'Run transform --force, then load again.' },
    );
  }
  return { counts, appeared: sum(({ was_live, is_live }) => is_live && !was_live) };
}
