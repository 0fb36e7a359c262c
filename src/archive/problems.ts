import { ArchiveError } from '../errors.ts';
import type { RunId } from './runs.ts';

/** Something in the archive that is not as it should be. */
export interface Problem {
  /**
   * `missing`: the journal or manifest names it, but it is not there. `damaged`: its content is another.
   * `foreign`: nothing vouches for it. `half-written`: left by a program that was killed; the next run of its stage
   * clears it.
   */
  kind: 'missing' | 'damaged' | 'foreign' | 'half-written';
  /** The file or folder, absolute. */
  path: string;
  /** What is wrong with it, in words. */
  problem: string;
}

/** What verifying a run adds to the whole. */
export interface Verified {
  problems: Problem[];
  /** Files whose content was hashed, and their bytes. */
  files: number;
  bytes: number;
}

/** Notes what `check` says is wrong; throws all that is no ArchiveError. */
export async function noteDamage(
  problems: Problem[],
  file: string,
  check: () => Promise<void>,
): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const isMissing = (error.cause as { code?: string } | undefined)?.code === 'ENOENT';
    problems.push({ kind: isMissing ? 'missing' : 'damaged', path: file, problem: error.message });
    return false;
  }
}

/** Throws ArchiveError when a manifest or plan is that of another run. */
export function assertRun(file: string, named: RunId, run: RunId): void {
  if (named !== run) throw new ArchiveError(`${file} is damaged: it belongs to run ${named}`);
}
