import { ArchiveError, isSystemError } from '../errors.ts';
import type { Progress } from '../progress.ts';

/** Something in the archive that is not as it should be. */
export interface Problem {
  /**
   * `missing`: the journal or manifest names it, but it is not there. `damaged`: its content is not what they say.
   * `foreign`: neither names it. `half-written`: a program was killed while it wrote it; the next run of its stage
   * removes it.
   */
  kind: 'missing' | 'damaged' | 'foreign' | 'half-written';
  /** The file or folder, absolute. */
  path: string;
  /** What is wrong with it, in words. */
  problem: string;
}

/** What `verify` has found and read so far. */
export interface Inspection {
  readonly problems: Problem[];
  /** Files whose content was hashed, and their bytes. */
  files: number;
  bytes: number;
  note(kind: Problem['kind'], file: string, problem: string): void;
  /** Notes the ArchiveError that `work` throws; returns whether there was none. Throws every other error. */
  check(file: string, work: () => Promise<void> | void): Promise<boolean>;
  /** Counts a file whose content was hashed. Throws the signal's reason. */
  count(bytes: number): void;
}

/** Starts an inspection, which shows its progress in bytes. */
export function startInspection(deps: { progress: Progress; signal: AbortSignal }): Inspection {
  const inspection: Inspection = {
    problems: [],
    files: 0,
    bytes: 0,
    note(kind, file, problem) {
      inspection.problems.push({ kind, path: file, problem });
    },
    async check(file, work) {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        const isMissing = isSystemError(error.cause, 'ENOENT');
        inspection.note(isMissing ? 'missing' : 'damaged', file, error.message);
        return false;
      }
    },
    count(bytes) {
      inspection.files += 1;
      inspection.bytes += bytes;
      deps.signal.throwIfAborted();
      deps.progress.update({ done: inspection.bytes, unit: 'bytes' });
    },
  };
  return inspection;
}

/** Throws ArchiveError when a field of `expected` has another value in `actual`, which was read from `file`. */
export function assertAgreement(file: string, expected: object, actual: object): void {
  const fields = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) {
    if (JSON.stringify(fields.get(key)) === JSON.stringify(value)) continue;
    throw new ArchiveError(`${file} is damaged: its ${key} is not that of the run's other files`);
  }
}
