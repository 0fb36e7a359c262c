import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { findStrays } from './find-strays.ts';
import { type PageEntry, readJournal } from './journal.ts';
import { readPlan, readRawManifest } from './manifest.ts';
import { assertRun, noteDamage, type Problem, type Verified } from './problems.ts';
import { provePage } from './read-page.ts';
import { exists, isComplete, JOURNAL, MANIFEST, PLAN, type RunId } from './runs.ts';

/** Compares a raw run's files with its journal, and the journal with the manifest. `onBytes` hears the bytes read. */
export async function verifyRawRun(
  folder: string,
  run: RunId,
  { onBytes }: { onBytes(bytes: number): void },
): Promise<Verified> {
  const problems: Problem[] = [];
  const verified: Verified = { problems, files: 0, bytes: 0 };
  const complete = await isComplete(folder);
  let journalSha256: string | undefined;
  if (complete) {
    const manifest = path.join(folder, MANIFEST);
    await noteDamage(problems, manifest, async () => {
      const read = await readRawManifest(folder);
      assertRun(manifest, read.run, run);
      journalSha256 = read.journalSha256;
    });
  } else if (await exists(path.join(folder, PLAN))) {
    const plan = path.join(folder, PLAN);
    await noteDamage(problems, plan, async () =>
      assertRun(plan, (await readPlan(folder)).run, run),
    );
  } else {
    // Killed before its first page: it holds nothing, or somebody took its plan.
    for (const name of await findStrays(folder, [])) problems.push(foreign(folder, name));
    return verified;
  }

  const journal = path.join(folder, JOURNAL);
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
    if (journalSha256 !== undefined && content.sha256 !== journalSha256) {
      throw new ArchiveError(
        `${journal} is damaged: its sha256 is ${content.sha256}, the manifest says ${journalSha256}`,
      );
    }
  });
  for (const page of pages) {
    const file = path.join(folder, page.file);
    await noteDamage(problems, file, async () => {
      if (page.file !== path.basename(page.file)) {
        throw new ArchiveError(`${journal} is damaged: ${page.file} is no file of its folder`);
      }
      await provePage(file, page);
    });
    verified.files += 1;
    verified.bytes += page.bytes;
    onBytes(verified.bytes);
  }
  // A journal that cannot be read vouches for nothing; that is said already.
  if (!isReadable && pages.length === 0) return verified;
  const known = pages.map((page) => page.file);
  for (const name of await findStrays(folder, known)) {
    problems.push(complete ? foreign(folder, name) : unfinished(folder, name));
  }
  return verified;
}

function foreign(folder: string, name: string): Problem {
  const file = path.join(folder, name);
  return { kind: 'foreign', path: file, problem: `${file} is no page of its run's journal` };
}

function unfinished(folder: string, name: string): Problem {
  const file = path.join(folder, name);
  const problem = `${file} is not in its run's journal; the next extract clears it`;
  return { kind: 'half-written', path: file, problem };
}
