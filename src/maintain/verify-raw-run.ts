import path from 'node:path';
import { findStrays } from '../archive/find-strays.ts';
import { type PageEntry, readJournal } from '../archive/journal.ts';
import { type RawManifest, readPlan, readRawManifest } from '../archive/manifest.ts';
import { provePage } from '../archive/read-page.ts';
import { ABANDONED, isComplete, JOURNAL, MANIFEST, PLAN } from '../archive/runs.ts';
import { ArchiveError } from '../errors.ts';
import { exists } from '../files.ts';
import {
  assertAgreement,
  noteDamage,
  type Problem,
  type Verified,
  type VerifyWatch,
} from './problems.ts';

/** Compares a raw run's files with its journal, the journal with the manifest, and that with the plan. */
export async function verifyRawRun(folder: string, { onBytes }: VerifyWatch): Promise<Verified> {
  const problems: Problem[] = [];
  const verified: Verified = { problems, files: 0, bytes: 0 };
  const [manifestFile, plan, journal] = [MANIFEST, PLAN, JOURNAL].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  const complete = await isComplete(folder);
  const hasPlan = await exists(plan);
  if (!complete && !hasPlan) {
    // Killed before its first page: it holds nothing, or somebody took its plan.
    for (const name of await findStrays(folder, [])) {
      problems.push(name === `${PLAN}.tmp` ? halfWritten(folder, name) : foreign(folder, name));
    }
    return verified;
  }
  let manifest: RawManifest | undefined;
  if (complete) {
    await noteDamage(problems, manifestFile, async () => {
      manifest = await readRawManifest(folder);
    });
  }
  if (hasPlan) {
    await noteDamage(problems, plan, async () => {
      const read = await readPlan(folder);
      if (manifest !== undefined) assertAgreement(plan, read, manifest);
    });
  }

  // Killed between its plan and its first page, a run has no journal.
  if (!complete && !(await exists(journal))) return verified;
  let pages: PageEntry[] = [];
  const isReadable = await noteDamage(problems, journal, async () => {
    const content = await readJournal(folder, { torn: complete ? 'refuse' : 'accept' });
    pages = content.pages;
    if (content.torn) {
      const problem = `${journal} has an unfinished last line, which the next extract cuts off`;
      problems.push({ kind: 'half-written', path: journal, problem });
    }
    if (manifest !== undefined && content.sha256 !== manifest.journalSha256) {
      throw new ArchiveError(
        `${journal} is damaged: its sha256 is ${content.sha256}, the manifest says ${manifest.journalSha256}`,
      );
    }
  });
  if (isReadable && manifest !== undefined) {
    const own = manifest;
    await noteDamage(problems, manifestFile, async () =>
      assertAgreement(manifestFile, sumUp(pages), own),
    );
  }
  for (const page of pages) {
    const file = path.join(folder, page.file);
    await noteDamage(problems, file, async () => {
      await provePage(file, page);
    });
    verified.files += 1;
    verified.bytes += page.bytes;
    onBytes(verified.bytes);
  }
  // A journal that cannot be read vouches for nothing; that is said already.
  if (!isReadable && pages.length === 0) return verified;
  const known = [MANIFEST, PLAN, JOURNAL, ABANDONED, ...pages.map((page) => page.file)];
  for (const name of await findStrays(folder, known)) {
    const isLeft = !complete && (name.endsWith('.tmp') || !name.startsWith('_'));
    problems.push(isLeft ? halfWritten(folder, name) : foreign(folder, name));
  }
  return verified;
}

/** What a manifest says of its journal's pages. */
function sumUp(all: readonly PageEntry[]): Pick<RawManifest, 'pages' | 'records' | 'bytes'> {
  const sum = { pages: all.length, records: 0, bytes: 0 };
  for (const page of all) {
    sum.bytes += page.bytes;
    // What only completes a page holds no records of its own.
    if (page.completes === null || page.completes === undefined) sum.records += page.records;
  }
  return sum;
}

function foreign(folder: string, name: string): Problem {
  const file = path.join(folder, name);
  return { kind: 'foreign', path: file, problem: `${file} is no page of its run's journal` };
}

function halfWritten(folder: string, name: string): Problem {
  const file = path.join(folder, name);
  const problem = `${file} was left by a program that was killed; its run's journal does not have it`;
  return { kind: 'half-written', path: file, problem };
}
