import path from 'node:path';
import { FORMAT, type RawManifest, type RunPlan, writeAbandoned } from '../archive/manifest.ts';
import { createRun, rawRoot } from '../archive/runs.ts';
import { type ArchiveState, assertSamePortal, readArchiveState } from '../archive/state.ts';
import type { Clock } from '../clock.ts';
import type { ClientCounts, HubSpotClient } from '../hubspot/client.ts';
import { MAX_MODIFIED_LIMIT } from '../hubspot/engagements-v1.ts';
import type { Progress } from '../progress.ts';
import { assertNotEmptied, assertNothingHidden } from './assert-not-emptied.ts';
import { type Decision, decide, type Wishes } from './decide.ts';
import { beginRun, type FetchedPage, type OpenRun, resumeRun } from './open-run.ts';
import { runWalks } from './run-walks.ts';
import { planV1Walks } from './streams-v1.ts';

/** What to extract, and where to. */
export interface ExtractOptions {
  dataDir: string;
  /** Whether the client speaks to the demo portal. */
  demo: boolean;
  /** Records a page of a full run; HubSpot allows 1 to 250. */
  pageLimit: number;
  /** Complete the run even though HubSpot returned nothing and the archive has records. */
  allowEmpty: boolean;
  wishes: Wishes;
}

/** What acts for the stage. */
export interface ExtractThings {
  client: HubSpotClient;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
}

/** What became of it. */
export interface ExtractResult {
  /** As on disk. */
  manifest: RawManifest;
  folder: string;
  /** Pages that an interrupted run had fetched already. */
  resumedPages: number;
  /** Requests made now, and how many of them HubSpot's limits refused. */
  counts: ClientCounts;
  durationMs: number;
}

/**
 * Extracts into a raw run what the archive says is due: everything, the changes, or the rest of an interrupted run.
 * The caller holds the archive's lock. Nothing is written before the first good page is there.
 * Throws HubSpotRefused or HubSpotUnavailable (what was fetched is kept), ArchiveError, GuardRefused for another
 * portal's archive or a suspiciously empty answer, or the signal's reason.
 */
export async function extract(
  options: ExtractOptions,
  { client, clock, progress, signal }: ExtractThings,
): Promise<ExtractResult> {
  const startedAt = clock.now();
  const state = await readArchiveState(options.dataDir);
  assertSamePortal(state, { demo: options.demo, portalId: null }, options.dataDir);
  const decision = decide(state.runs, options.wishes, startedAt);
  let run =
    decision.kind === 'resume' ? await resumeRun(toFolder(options, decision.run)) : undefined;
  const resumedPages = run?.pages.length ?? 0;
  progress.note(describe(decision, resumedPages));

  let records = run?.pages.reduce((sum, page) => sum + page.records, 0) ?? 0;
  let portalId = run?.pages.find((page) => page.portalId !== null)?.portalId ?? state.portalId;
  const total = expectRecords(state, decision);
  const starting = createOnce(async (first: FetchedPage) => {
    if (!options.allowEmpty) await assertPlausible(first);
    return startRun(options, decision, startedAt, clock, state);
  });

  async function assertPlausible(first: FetchedPage): Promise<void> {
    if (first.answer.page.records > 0 || first.answer.page.hasMore) return;
    if (decision.kind === 'start' && decision.mode === 'changes') {
      await assertNothingHidden(client, state);
    } else assertNotEmptied(state);
  }

  async function save(page: FetchedPage): Promise<void> {
    const summary = page.answer.page;
    const source = { demo: options.demo, portalId: summary.portalId };
    assertSamePortal({ ...state, portalId }, source, options.dataDir);
    portalId ??= summary.portalId;
    run ??= await starting(page);
    await run.addPage(page);
    records += summary.records;
    progress.update({
      done: records,
      unit: 'records',
      detail: `${run.pages.length} pages`,
      ...(total !== undefined && total >= records ? { total } : {}),
    });
  }

  const plan: Pick<RunPlan, 'window'> =
    run?.plan ?? (decision as Extract<Decision, { kind: 'start' }>);
  const pageLimit = plan.window === null ? options.pageLimit : MAX_MODIFIED_LIMIT;
  const { note } = progress;
  try {
    const walks = planV1Walks(plan, run?.pages ?? [], { pageLimit, note });
    await runWalks(walks, { client, save, signal }, pageLimit);
    if (run === undefined) throw new Error('a walk from the start yields a page');
    const manifest = await run.complete();
    const durationMs = clock.now().getTime() - startedAt.getTime();
    return { manifest, folder: run.folder, resumedPages, counts: { ...client.counts }, durationMs };
  } finally {
    await run?.close();
  }
}

function toFolder({ dataDir }: ExtractOptions, run: string): string {
  return path.join(rawRoot(dataDir), run);
}

function describe(decision: Decision, resumedPages: number): string {
  if (decision.kind === 'resume') {
    return `going on with ${decision.run}: ${resumedPages} pages are there`;
  }
  const { mode, window, why } = decision;
  return window === null ? `a ${mode} run: ${why}` : `the changes since ${window.from}: ${why}`;
}

/** About how many records are to come, for the progress bar; undefined when nothing tells. */
function expectRecords(state: ArchiveState, decision: Decision): number | undefined {
  if (decision.kind === 'start' && decision.mode === 'changes') return undefined;
  const full = state.runs.findLast(
    (run) => run.state === 'complete' && run.manifest.mode === 'full',
  );
  return full?.state === 'complete' ? full.manifest.records : undefined;
}

async function startRun(
  options: ExtractOptions,
  decision: Decision,
  startedAt: Date,
  clock: Clock,
  state: ArchiveState,
): Promise<OpenRun> {
  if (decision.kind === 'resume') throw new Error('a run that goes on is there already');
  const run = await createRun(rawRoot(options.dataDir), decision.mode, startedAt, clock);
  for (const { run: old, folder } of state.runs) {
    if (decision.abandon.includes(old)) await writeAbandoned(folder, { run: old, by: run });
  }
  return beginRun(toFolder(options, run), {
    format: FORMAT,
    run,
    mode: decision.mode,
    api: decision.api,
    demo: options.demo,
    window: decision.window,
  });
}

/** Pages may arrive together; the first of them begins the run, once. */
function createOnce<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let result: Promise<T> | undefined;
  return (argument) => {
    result ??= work(argument);
    return result;
  };
}
