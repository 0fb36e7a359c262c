import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type KnownPage, openJournal, type PageEntry, readJournal } from '../archive/journal.ts';
import {
  type RawManifest,
  type RunPlan,
  readPlan,
  writePlan,
  writeRawManifest,
} from '../archive/manifest.ts';
import { makeDurable, writeFileAtomically } from '../files.ts';
import type { PageAnswer } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { exactNumber } from '../json.ts';
import type { Id } from '../model/row.ts';
import { toRawManifest } from './raw-manifest.ts';
import type { Companion } from './walk.ts';

/** A page that a walk fetched, with its companions. */
export interface FetchedPage {
  stream: string;
  walk: PageEntry['walk'];
  cursor: string | null;
  answer: PageAnswer<PageSummary>;
  companions: readonly Companion[];
}

/** A raw run that pages are being added to. */
export interface OpenRun {
  readonly plan: RunPlan;
  readonly folder: string;
  /** What the journal holds, in its order. */
  readonly pages: readonly KnownPage[];
  /**
   * Resolves when the page and its journal line are safely on disk. Its companions are written before it, so that every
   * page of records in the journal is complete. Throws ArchiveError.
   */
  addPage(page: FetchedPage): Promise<void>;
  /** Writes the manifest, which makes the run complete. Throws ArchiveError. */
  complete(): Promise<RawManifest>;
  close(): Promise<void>;
}

/** Begins a run in its new, empty folder. */
export async function beginRun(
  folder: string,
  plan: RunPlan,
  storage: PageStorage = {},
): Promise<OpenRun> {
  await writePlan(folder, plan);
  // The folder is new, and so may be those of its day, month and year.
  let parent = folder;
  for (const _ of plan.run.split('/')) {
    parent = path.dirname(parent);
    await makeDurable(parent);
  }
  return openRun(folder, plan, storage);
}

/**
 * Opens an interrupted run to go on with it, and removes what a killed extract left: half-written files, and pages that
 * the journal does not have.
 */
export async function resumeRun(folder: string, storage: PageStorage = {}): Promise<OpenRun> {
  const run = await openRun(folder, await readPlan(folder), storage);
  const known = new Set(run.pages.map((page) => page.file));
  for (const name of await readdir(folder)) {
    const isLeft = name.startsWith('_') ? name.endsWith('.tmp') : !known.has(name);
    if (isLeft) await rm(path.join(folder, name), { force: true });
  }
  return run;
}

/** How pages are kept. */
export interface PageStorage {
  /** As `.json.gz`; bytes and sha256 in the journal are those of the uncompressed page. */
  compress?: boolean;
}

async function openRun(
  folder: string,
  plan: RunPlan,
  { compress = false }: PageStorage,
): Promise<OpenRun> {
  const journal = await openJournal(folder);
  const pages = journal.pages.map(toKnown);
  const toFile = createNames(pages, compress ? '.json.gz' : '.json');
  const shared = new Map(pages.map(({ stream }) => [stream, Promise.resolve()]));

  async function write(
    stream: string,
    file: string,
    { walk, cursor }: Pick<FetchedPage, 'walk' | 'cursor'>,
    answer: PageAnswer<PageSummary>,
    completes: PageEntry['completes'],
  ): Promise<void> {
    const { body, page } = answer;
    const content = compress ? await promisify(gzip)(body) : body;
    await writeFileAtomically(path.join(folder, file), content);
    const entry: PageEntry = {
      file,
      stream,
      walk,
      completes,
      request: answer.request,
      status: answer.status,
      requestedAt: answer.requestedAt.toISOString(),
      answeredAt: answer.answeredAt.toISOString(),
      durationMs: answer.durationMs,
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
      records: page.records,
      types: page.types,
      portalId: page.portalId,
      newestUpdate: page.newestUpdate === null ? null : new Date(page.newestUpdate).toISOString(),
      cursor,
      nextCursor: page.nextCursor,
      hasMore: page.hasMore,
      firstId: toId(page.ids[0]),
      lastId: toId(page.ids.at(-1)),
    };
    await journal.append(entry);
    pages.push(toKnown(entry));
  }

  /** Several pages may need it at the same time; none of them is written before it. */
  function writeOnce(stream: string, answer: PageAnswer<PageSummary>): Promise<void> {
    const place = { walk: 'chain', cursor: null } as const;
    const written = shared.get(stream) ?? write(stream, toFile(stream), place, answer, null);
    shared.set(stream, written);
    return written;
  }

  return {
    plan,
    folder,
    pages,
    async addPage(page) {
      const file = toFile(page.stream);
      for (const { stream, completes, answer } of page.companions) {
        if (completes === null) await writeOnce(stream, answer);
        else await write(stream, toFile(stream), page, answer, { file, ...completes });
      }
      await write(page.stream, file, page, page.answer, null);
    },
    async complete() {
      const { pages: journaled, sha256 } = await readJournal(folder);
      const manifest = toRawManifest(plan, journaled, sha256);
      await writeRawManifest(folder, manifest);
      return manifest;
    },
    close: () => journal.close(),
  };
}

/**
 * The names of new pages. When a killed extract had written a companion but not its page, the page's name is not used
 * again: else the companion would belong to another page.
 */
function createNames(pages: readonly KnownPage[], suffix: string): (stream: string) => string {
  const last = new Map<string, number>();
  for (const { file, completes } of pages) {
    for (const name of [file, completes?.file ?? '']) {
      const [, stream = '', number = '0'] = /^(.*)-(\d{6,})\.json/.exec(name) ?? [];
      last.set(stream, Math.max(last.get(stream) ?? 0, Number(number)));
    }
  }
  return (stream) => {
    const number = (last.get(stream) ?? 0) + 1;
    last.set(stream, number);
    return `${stream}-${String(number).padStart(6, '0')}${suffix}`;
  };
}

/** Without the request, which is long and not needed any more. */
function toKnown({ request: _, ...page }: PageEntry): KnownPage {
  return page;
}

function toId(id: bigint | undefined): Id | null {
  return id === undefined ? null : exactNumber(Number(id), String(id));
}
