import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findStrays } from '../archive/find-strays.ts';
import { type PageEntry, readJournal } from '../archive/journal.ts';
import { type RawManifest, readRawManifest } from '../archive/manifest.ts';
import { JOURNAL, MANIFEST, type RunId, rawRoot } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { cannotRead } from '../files.ts';

/** A complete raw run, as its manifest and its journal describe it. */
export interface RawRunSource {
  run: RunId;
  folder: string;
  manifest: RawManifest;
  manifestSha256: string;
  pages: PageEntry[];
}

/**
 * Reads what a raw run says of itself. Throws ArchiveError when a file of it is missing, damaged, or vouched for by
 * nobody.
 */
export async function readSource(dataDir: string, run: RunId): Promise<RawRunSource> {
  const folder = path.join(rawRoot(dataDir), run);
  const manifest = await readRawManifest(folder);
  const { pages, sha256 } = await readJournal(folder);
  if (sha256 !== manifest.journalSha256) {
    throw new ArchiveError(
      `${path.join(folder, JOURNAL)} is damaged: its sha256 is ${sha256}, the manifest says ${manifest.journalSha256}`,
    );
  }
  const known = pages.map(({ file }) => file);
  const stray = (await findStrays(folder, known)).find((name) => !name.startsWith('_'));
  if (stray !== undefined) {
    throw new ArchiveError(`${path.join(folder, stray)} is no page of its run's journal`, {
      next: 'Move it elsewhere: nobody knows where it comes from.',
    });
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
