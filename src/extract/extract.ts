import path from 'node:path';
import type { KnownPage } from '../archive/journal.ts';
import { FORMAT, type RawManifest, type RunPlan, writeAbandoned } from '../archive/manifest.ts';
import { createRun, rawRoot } from '../archive/runs.ts';
import { type ArchiveState, assertSamePortal, readArchiveState } from '../archive/state.ts';
import type { Clock } from '../clock.ts';
import { SettingsError } from '../errors.ts';
import { assertRoom } from '../files.ts';
import type { ClientCounts, HubSpotClient } from '../hubspot/client.ts';
import { MAX_LIST_LIMIT, MAX_SEARCH_LIMIT } from '../hubspot/crm-requests.ts';
import { MAX_MODIFIED_LIMIT } from '../hubspot/engagements-v1.ts';
import { OBJECT_TYPE_NAMES } from '../model/object-types.ts';
import type { Progress } from '../progress.ts';
import {
  assertNotEmptied,
  assertNothingHidden,
  assertTypeNotEmptied,
} from './assert-not-emptied.ts';
import { type Decision, decide, type Wishes } from './decide.ts';
import { beginRun, type FetchedPage, type OpenRun, resumeRun } from './open-run.ts';
import { prepareObjects } from './prepare-objects.ts';
import { runWalks } from './run-walks.ts';
import { planObjectsWalks } from './streams-objects.ts';
import { planV1Walks } from './streams-v1.ts';
import { describeV1End } from './v1-end.ts';
import type { Walk } from './walk.ts';

/** What to extract, and where to. */
export interface ExtractOptions {
  dataDir: string;
  /** Whether the client speaks to the demo portal. */
  demo: boolean;
  /** When the demo portal's data ends, ISO; kept in the plan. */
  demoUntil?: string;
  /** Records a page of a full run at most; HubSpot allows 1 to 250 by v1, 100 by the objects API. */
  pageLimit: number;
  /** Complete the run even though HubSpot returned nothing and the archive has records. */
  allowEmpty: boolean;
  /** Keep new pages compressed, as `.json.gz`. */
  compress?: boolean;
  /** Bytes of the disk to leave free; those of {@link assertRoom} by default. */
  spareBytes?: number;
  wishes: Wishes;
  /** The dated version of the CRM objects API, such as `2026-09`. */
  apiVersion: string;
}

/** Dependencies of the stage. */
export interface ExtractDeps {
  client: HubSpotClient;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
}

/** What an extract did. */
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
 * Throws HubSpotRefused or HubSpotUnavailable (what was fetched is kept), ArchiveError (also for a disk with too little
 * room), GuardRefused for another portal's archive or a suspiciously empty answer, SettingsError for
 * types of a run by v1, or the signal's reason.
 */
export async function extract(
  options: ExtractOptions,
  { client, clock, progress, signal }: ExtractDeps,
): Promise<ExtractResult> {
  const startedAt = clock.now();
  const state = await readArchiveState(options.dataDir);
  assertSamePortal(state, { demo: options.demo, portalId: null }, options.dataDir);
  const decision = decide(state.runs, options.wishes, startedAt);
  assertTypesApply(decision, options.wishes);
  let run =
    decision.kind === 'resume'
      ? await resumeRun(toFolder(options, decision.run), options)
      : undefined;
  const resumedPages = run?.pages.length ?? 0;
  progress.announce?.(describe(decision, resumedPages));
  try {
    const last = findLastFull(state);
    const mode = decision.kind === 'resume' ? run?.plan.mode : decision.mode;
    // The size of compressed pages cannot be known before.
    const expectedBytes = mode === 'full' && !options.compress ? (last?.bytes ?? 0) : 0;
    const doneBytes = run?.pages.reduce((sum, page) => sum + page.bytes, 0) ?? 0;
    await assertRoom(options.dataDir, Math.max(0, expectedBytes - doneBytes), options.spareBytes);
    const draft = run?.plan ?? (await draftPlan(decision, options, client));
    // A log would have it again and again.
    if (draft.api === 'v1') (progress.announce ?? progress.note)(describeV1End(startedAt));
    let portalId = run?.pages.find((page) => page.portalId !== null)?.portalId ?? state.portalId;
    const assertOurs = (told: number | null): void => {
      const source = { demo: options.demo, portalId: told };
      assertSamePortal({ ...state, portalId }, source, options.dataDir);
      portalId ??= told;
    };
    assertOurs(draft.objects?.portalId ?? null);
    let records = run?.pages.reduce((sum, page) => sum + page.records, 0) ?? 0;
    const total = draft.mode === 'full' ? last?.records : undefined;
    const starting = createOnce(async (first: FetchedPage) => {
      const isEmpty = first.answer.page.records === 0 && !first.answer.page.hasMore;
      if (isEmpty && draft.api === 'v1' && !options.allowEmpty) {
        if (draft.mode === 'full') assertNotEmptied(state);
        else await assertNothingHidden(client, state);
      }
      return startRun(draft, decision, state, { options, startedAt, clock });
    });

    let writtenBytes = doneBytes;
    const mayBeEmptied = draft.api === 'objects' && draft.mode === 'full' && !options.allowEmpty;

    async function save(page: FetchedPage): Promise<void> {
      assertOurs(page.answer.page.portalId);
      // Only from the start: elsewhere an empty page is the end of the stream.
      if (mayBeEmptied && page.cursor === null) {
        assertTypeNotEmptied(page.stream, page.answer.page, state);
      }
      const size = page.answer.body.length;
      await assertRoom(options.dataDir, size, options.spareBytes, expectedBytes - writtenBytes);
      writtenBytes += size;
      run ??= await starting(page);
      await run.addPage(page);
      records += page.answer.page.records;
      progress.update({
        done: records,
        unit: 'records',
        detail: `${run.pages.length} pages`,
        ...(total !== undefined && total >= records ? { total } : {}),
      });
    }

    const { walks, pageLimit } = planWalks(draft, run?.pages ?? [], options, progress);
    // The demo portal runs in this process: more requests at once would only make each answer slower.
    const mostInFlight = options.demo ? 1 : undefined;
    await runWalks(walks, { client, save, signal }, pageLimit, mostInFlight);
    if (run === undefined) throw new Error('a walk from the start yields a page');
    const manifest = await run.complete();
    const durationMs = clock.now().getTime() - startedAt.getTime();
    return { manifest, folder: run.folder, resumedPages, counts: { ...client.counts }, durationMs };
  } finally {
    await run?.close();
  }
}

/**
 * Throws SettingsError when types are chosen for a new run by v1, which returns all there are. An interrupted one is
 * finished first.
 */
function assertTypesApply(decision: Decision, { types }: Wishes): void {
  if (types === null || decision.kind === 'resume' || decision.api === 'objects') return;
  throw new SettingsError('the v1 API returns all types: --types (HUBSPOT_TYPES) cannot choose', {
    next: 'Add --api objects or set HUBSPOT_API=objects; or leave --types out.',
  });
}

/** A run's plan before it has a name. */
type Draft = Omit<RunPlan, 'format' | 'run' | 'demo' | 'demoUntil'>;

async function draftPlan(
  decision: Decision,
  { apiVersion, wishes }: ExtractOptions,
  client: HubSpotClient,
): Promise<Draft> {
  if (decision.kind === 'resume') throw new Error('a run that goes on has a plan');
  const { mode, api, window } = decision;
  if (api === 'v1') return { mode, api, window };
  const types = wishes.types ?? OBJECT_TYPE_NAMES;
  const { objects, now } = await prepareObjects(apiVersion, types, client.fetchPage);
  // A search needs a fixed end: rows that are modified meanwhile would leave an open window.
  const closed = window && { from: window.from, to: now.toISOString() };
  return { mode, api, apiVersion, window: closed, objects };
}

function planWalks(
  draft: Draft,
  pages: readonly KnownPage[],
  { pageLimit }: ExtractOptions,
  { note }: Progress,
): { walks: Walk[]; pageLimit: number } {
  if (draft.api === 'objects') {
    const most = draft.window === null ? MAX_LIST_LIMIT : MAX_SEARCH_LIMIT;
    const limit = Math.min(pageLimit, most);
    return { walks: planObjectsWalks(draft, pages, { pageLimit: limit, note }), pageLimit: limit };
  }
  const limit = draft.window === null ? pageLimit : MAX_MODIFIED_LIMIT;
  return { walks: planV1Walks(draft, pages, { pageLimit: limit, note }), pageLimit: limit };
}

function toFolder({ dataDir }: ExtractOptions, run: string): string {
  return path.join(rawRoot(dataDir), run);
}

function describe(decision: Decision, pages: number): string {
  if (decision.kind === 'resume') {
    return `going on with the interrupted run ${decision.run}, which has ${pages} pages`;
  }
  const { mode, window, why } = decision;
  return window === null
    ? `starting a ${mode} run: ${why}`
    : `fetching what changed since ${window.from}: ${why}`;
}

/** The last complete full run, by which the size of the next one is guessed. */
function findLastFull({ runs }: ArchiveState): RawManifest | undefined {
  const manifests = runs.flatMap((run) => (run.state === 'complete' ? [run.manifest] : []));
  return manifests.findLast(({ mode }) => mode === 'full');
}

async function startRun(
  draft: Draft,
  decision: Decision,
  state: ArchiveState,
  { options, startedAt, clock }: { options: ExtractOptions; startedAt: Date; clock: Clock },
): Promise<OpenRun> {
  const run = await createRun(rawRoot(options.dataDir), draft.mode, startedAt, clock);
  const abandoned = decision.kind === 'start' ? decision.abandon : [];
  for (const { run: old, folder } of state.runs) {
    if (abandoned.includes(old)) await writeAbandoned(folder, { run: old, by: run });
  }
  const { demo, demoUntil } = options;
  const plan = {
    format: FORMAT,
    run,
    demo,
    ...(demoUntil !== undefined && { demoUntil }),
    ...draft,
  } as const;
  return beginRun(toFolder(options, run), plan, options);
}

/** Does `work` once, with the first argument: several pages may arrive before the run has begun. */
function createOnce<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
  let result: Promise<T> | undefined;
  return (argument) => {
    result ??= work(argument);
    return result;
  };
}
