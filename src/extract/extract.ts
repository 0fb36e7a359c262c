import path from 'node:path';
import { FORMAT, type RawManifest } from '../archive/manifest.ts';
import { createRun, rawRoot } from '../archive/runs.ts';
import { type ArchiveState, assertSamePortal, readArchiveState } from '../archive/state.ts';
import type { Clock } from '../clock.ts';
import { GuardRefused } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import type { Progress } from '../progress.ts';
import { beginRun, type OpenRun, resumeRun } from './open-run.ts';
import { walkPaged } from './walk-paged.ts';

/** What to extract, and where to. */
export interface ExtractOptions {
  dataDir: string;
  /** Whether the client speaks to the demo portal. */
  demo: boolean;
  /** Records a page; HubSpot allows 1 to 250. */
  pageLimit: number;
  /** Complete the run even though HubSpot returned nothing and the archive has records. */
  allowEmpty: boolean;
}

/** What acts for the stage. */
export interface ExtractThings {
  client: HubSpotClient;
  clock: Clock;
  progress: Progress;
}

/** What became of it. */
export interface ExtractResult {
  /** As on disk. */
  manifest: RawManifest;
  folder: string;
  /** Pages that an interrupted run had fetched already. */
  resumedPages: number;
  durationMs: number;
}

/**
 * Extracts every engagement into a raw run, or goes on with the one that was interrupted.
 * The caller holds the archive's lock. Nothing is written before the first good page is there.
 * Throws HubSpotRefused or HubSpotUnavailable (what was fetched is kept), ArchiveError, and GuardRefused for another
 * portal's archive or a suspiciously empty answer.
 */
export async function extract(
  options: ExtractOptions,
  { client, clock, progress }: ExtractThings,
): Promise<ExtractResult> {
  const startedAt = clock.now();
  const state = await readArchiveState(options.dataDir);
  assertSamePortal(state, { demo: options.demo, portalId: null }, options.dataDir);

  let run = await openInterrupted(state);
  const resumedPages = run?.pages.length ?? 0;
  if (run !== undefined)
    progress.note(`going on with ${run.plan.run}: ${resumedPages} pages are there`);
  let records = run?.pages.reduce((sum, page) => sum + page.records, 0) ?? 0;
  let portalId = run?.pages.find((page) => page.portalId !== null)?.portalId ?? state.portalId;
  try {
    for await (const page of walkPaged(client, {
      pages: run?.pages ?? [],
      limit: options.pageLimit,
    })) {
      const summary = page.answer.page;
      const source = { demo: options.demo, portalId: summary.portalId };
      assertSamePortal({ ...state, portalId }, source, options.dataDir);
      portalId ??= summary.portalId;
      if (run === undefined) {
        if (!options.allowEmpty) assertNotEmptied(summary.records, state);
        run = await startRun(options, startedAt, clock);
      }
      await run.addPage(page);
      records += summary.records;
      progress.update({ done: records, unit: 'records', detail: `${run.pages.length} pages` });
    }
    if (run === undefined) throw new Error('a walk from the start yields a page');
    const manifest = await run.complete();
    const durationMs = clock.now().getTime() - startedAt.getTime();
    return { manifest, folder: run.folder, resumedPages, durationMs };
  } finally {
    await run?.close();
  }
}

async function openInterrupted(state: ArchiveState): Promise<OpenRun | undefined> {
  const interrupted = state.runs.findLast((run) => run.state === 'interrupted');
  return interrupted && resumeRun(interrupted.folder);
}

async function startRun(options: ExtractOptions, startedAt: Date, clock: Clock): Promise<OpenRun> {
  const root = rawRoot(options.dataDir);
  const run = await createRun(root, 'full', startedAt, clock);
  return beginRun(path.join(root, run), {
    format: FORMAT,
    run,
    mode: 'full',
    api: 'v1',
    demo: options.demo,
    window: null,
  });
}

/** A scope that was taken away shows as an empty portal: taken for the truth, it would delete every row. */
function assertNotEmptied(records: number, state: ArchiveState): void {
  const earlier = state.runs.findLast(
    (run) => run.state === 'complete' && run.manifest.records > 0,
  );
  if (records > 0 || earlier === undefined) return;
  throw new GuardRefused(
    `HubSpot returned no engagement at all, but run ${earlier.run} of this archive has some`,
    {
      next: 'Check the scopes of the app; if the portal really is empty now, run extract --allow-empty.',
    },
  );
}
