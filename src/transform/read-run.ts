import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type PageEntry, readJournal } from '../archive/journal.ts';
import { type RawManifest, readRawManifest } from '../archive/manifest.ts';
import { cannotRead, JOURNAL, MANIFEST, type RunId, rawRoot } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { normalizePage, normalizePieces } from './normalize-page.ts';
import type { Batch, PageOrigin } from './normalize-records.ts';
import { readPage, streamPage } from './read-page.ts';

/** A complete raw run, as its manifest and its journal describe it. */
export interface RawRunSource {
  run: RunId;
  folder: string;
  manifest: RawManifest;
  manifestSha256: string;
  pages: PageEntry[];
}

/** Reads what a raw run says of itself. Throws ArchiveError when a file of it is missing or damaged. */
export async function readSource(dataDir: string, run: RunId): Promise<RawRunSource> {
  const folder = path.join(rawRoot(dataDir), run);
  const manifest = await readRawManifest(folder);
  if (manifest.api !== 'v1') {
    throw new ArchiveError(
      `${folder} comes from the API ${manifest.api}, which cannot be read yet`,
      {
        next: 'Use the version of hubspot-engagements that extracted it, or a newer one.',
      },
    );
  }
  const { pages, sha256 } = await readJournal(folder);
  const journal = path.join(folder, JOURNAL);
  if (sha256 !== manifest.journalSha256) {
    throw new ArchiveError(
      `${journal} is damaged: its sha256 is ${sha256}, the manifest says ${manifest.journalSha256}`,
    );
  }
  const stray = pages.find(({ file }) => file !== path.basename(file));
  if (stray !== undefined) {
    throw new ArchiveError(`${journal} is damaged: ${stray.file} is no file of its folder`);
  }
  const manifestSha256 = await hashManifest(dataDir, run);
  return { run, folder, manifest, manifestSha256, pages };
}

/** The sha256 of a raw run's manifest. Throws ArchiveError when it cannot be read. */
export async function hashManifest(dataDir: string, run: RunId): Promise<string> {
  const file = path.join(rawRoot(dataDir), run, MANIFEST);
  try {
    return hash('sha256', await readFile(file), 'hex');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/**
 * The records of a raw run, normalized, page after page in the journal's order. Throws ArchiveError naming the page
 * that is missing, is not what the journal saw, or is no JSON with a `results` array.
 */
export async function* readBatches(
  { run, folder, manifest, pages }: RawRunSource,
  streamAboveBytes: number,
): AsyncGenerator<Batch, void, undefined> {
  const read = (entry: PageEntry | undefined): Promise<Buffer | null> | undefined => {
    if (entry === undefined) return undefined;
    const bytes = readPage(path.join(folder, entry.file), entry, streamAboveBytes);
    // It is awaited one page later, and by then may have failed.
    bytes.catch(() => {});
    return bytes;
  };
  let next = read(pages[0]);
  for (const [n, entry] of pages.entries()) {
    const bytes = await next;
    next = read(pages[n + 1]);
    const file = path.join(folder, entry.file);
    const origin: PageOrigin = {
      api: manifest.api,
      portalId: manifest.portalId,
      page: `${run}/${entry.file}`,
      extractedAt: entry.requestedAt,
    };
    const batch = bytes ? normalizePage(bytes, file, origin) : null;
    if (batch !== null) yield batch;
    else yield* normalizePieces(streamPage(file), file, origin);
  }
}
