import path from 'node:path';
import { findStrays } from '../archive/find-strays.ts';
import { type PageEntry, readJournal } from '../archive/journal.ts';
import { type RawManifest, readPlan, readRawManifest } from '../archive/manifest.ts';
import { provePage } from '../archive/read-page.ts';
import { ABANDONED, isComplete, JOURNAL, MANIFEST, PLAN } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { exists } from '../files.ts';
import { assertAgreement, type Inspection } from './inspection.ts';

/** Compares a raw run's pages with its journal, the journal with the manifest, and that with the plan. */
export async function verifyRawRun(folder: string, inspection: Inspection): Promise<void> {
  const toFile = (name: string): string => path.join(folder, name);
  const noteForeign = (name: string): void => {
    const problem = `${toFile(name)} is not in its run's journal`;
    inspection.note('foreign', toFile(name), problem);
  };
  const noteHalfWritten = (name: string): void => {
    const problem = `${toFile(name)} was left by a killed program; it is not in its run's journal`;
    inspection.note('half-written', toFile(name), problem);
  };
  const complete = await isComplete(folder);
  const hasPlan = await exists(toFile(PLAN));
  if (!complete && !hasPlan) {
    // Killed before its first page, a run holds nothing; or its plan was removed.
    for (const name of await findStrays(folder, [])) {
      if (name === `${PLAN}.tmp`) noteHalfWritten(name);
      else noteForeign(name);
    }
    return;
  }
  let manifest: RawManifest | undefined;
  if (complete) {
    await inspection.check(toFile(MANIFEST), async () => {
      manifest = await readRawManifest(folder);
    });
  }
  if (hasPlan) {
    await inspection.check(toFile(PLAN), async () => {
      const plan = await readPlan(folder);
      if (manifest !== undefined) assertAgreement(toFile(PLAN), plan, manifest);
    });
  }

  const journal = toFile(JOURNAL);
  // Killed between its plan and its first page, a run has no journal.
  if (!complete && !(await exists(journal))) return;
  let pages: PageEntry[] = [];
  const isSound = await inspection.check(journal, async () => {
    const content = await readJournal(folder, { torn: complete ? 'refuse' : 'accept' });
    pages = content.pages;
    if (content.torn) {
      const problem = `${journal} has an unfinished last line, which the next extract cuts off`;
      inspection.note('half-written', journal, problem);
    }
    if (manifest !== undefined && content.sha256 !== manifest.journalSha256) {
      throw new ArchiveError(
        `${journal} is damaged: its sha256 is ${content.sha256}, the manifest says ${manifest.journalSha256}`,
      );
    }
  });
  // Nothing is known about the run's pages then, and the journal's damage is noted.
  if (!isSound && pages.length === 0) return;
  if (isSound && manifest !== undefined) {
    const own = manifest;
    await inspection.check(toFile(MANIFEST), () =>
      assertAgreement(toFile(MANIFEST), sumUp(pages), own),
    );
  }
  for (const page of pages) {
    await inspection.check(toFile(page.file), () => provePage(toFile(page.file), page));
    inspection.count(page.bytes);
  }
  const known = [MANIFEST, PLAN, JOURNAL, ABANDONED, ...pages.map((page) => page.file)];
  for (const name of await findStrays(folder, known)) {
    const isLeft = !complete && (name.endsWith('.tmp') || !name.startsWith('_'));
    if (isLeft) noteHalfWritten(name);
    else noteForeign(name);
  }
}

/** What the manifest of a journal with these pages says. */
function sumUp(all: readonly PageEntry[]): Pick<RawManifest, 'pages' | 'records' | 'bytes'> {
  const sum = { pages: all.length, records: 0, bytes: 0 };
  for (const page of all) {
    sum.bytes += page.bytes;
    // A page that completes another one holds no records of its own.
    if (page.completes === null) sum.records += page.records;
  }
  return sum;
}
