import { ArchiveError } from '../errors.ts';

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

/** What watches a run being verified: hears, now and then, how many bytes of it were read so far. */
export interface VerifyWatch {
  onBytes(bytes: number): void;
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

/** Throws ArchiveError when a file does not say what another one says as well. */
export function assertAgreement(file: string, expected: object, actual: object): void {
  const said = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) {
    if (JSON.stringify(said.get(key)) === JSON.stringify(value)) continue;
    throw new ArchiveError(
      `${file} is damaged: ${key} is not what the run's other files say of it`,
    );
  }
}
