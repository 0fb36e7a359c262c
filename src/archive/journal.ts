import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Id } from './row.ts';
import { cannotRead, cannotWrite, JOURNAL } from './runs.ts';

/** One line of `_pages.ndjson`: a page file that is safely on disk. */
export interface PageEntry {
  /** The page's file name within the run's folder. */
  file: string;
  stream: string;
  /** `ids`: the page covers a range of ids, wherever it stands. `chain`: it follows the page whose cursor it was asked with. */
  walk: 'ids' | 'chain';
  /**
   * What this page adds to another, which comes later in the journal: properties, or associations of a kind (as the API
   * names it). Null for a page of engagements.
   */
  completes: { file: string; part: 'properties' | 'associations'; kind: string | null } | null;
  /** What was asked; never the token. `path` without the host. */
  request: {
    method: 'GET' | 'POST';
    path: string;
    query: Record<string, string>;
    body: unknown;
  };
  status: number;
  /** This machine's clock, ISO. */
  requestedAt: string;
  /** HubSpot's clock when it answered (its `Date` header, whole seconds), ISO; ours when the header is missing. */
  answeredAt: string;
  durationMs: number;
  /** Length and digest of the page file. */
  bytes: number;
  sha256: string;
  records: number;
  /** Records of each engagement type. */
  types: Record<string, number>;
  /** The portal the page's records say they belong to; null when there are none. */
  portalId: number | null;
  /** The newest modification in the page, ISO; null when none is told. */
  newestUpdate: string | null;
  /** The cursor asked with, null for the first page; and the one returned, null when there was none. */
  cursor: string | null;
  nextCursor: string | null;
  /** Whether HubSpot promised more pages. */
  hasMore: boolean;
  firstId: Id | null;
  lastId: Id | null;
}

/** The journal of one raw run, open for appending. */
export interface Journal {
  /** Resolves when the line is on disk. */
  append(entry: PageEntry): Promise<void>;
  close(): Promise<void>;
}

/** What a journal holds. */
export interface JournalContent {
  /** In its order. */
  pages: PageEntry[];
  sha256: string;
  /** Whether its last line is unfinished, and left out. */
  torn: boolean;
}

/**
 * The pages of the journal in `folder`. Throws ArchiveError for any bad line; but the last one of a run that is not
 * complete may be `torn` by a kill.
 */
export async function readJournal(
  folder: string,
  { torn = 'refuse' }: { torn?: 'refuse' | 'accept' } = {},
): Promise<JournalContent> {
  const file = path.join(folder, JOURNAL);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
  const lines = bytes.toString('utf8').split('\n');
  const isTorn = lines.pop() !== '';
  if (isTorn && torn === 'refuse') throw damaged(file, `line ${lines.length + 1} is cut short`);
  return {
    pages: lines.map((line, index) => parseLine(line, file, index + 1)),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    torn: isTorn,
  };
}

/**
 * Opens the journal of a run, making it if there is none. A last line that a killed program left unfinished is cut off:
 * its page was never said to be there.
 */
export async function openJournal(folder: string): Promise<Journal> {
  const file = path.join(folder, JOURNAL);
  let handle: FileHandle;
  try {
    handle = await open(file, 'a+', 0o600);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  try {
    const bytes = await handle.readFile();
    const end = bytes.lastIndexOf('\n') + 1;
    if (end < bytes.length) await handle.truncate(end);
  } catch (error) {
    await handle.close();
    throw cannotWrite(file, error);
  }
  let last = Promise.resolve();
  return {
    append(entry) {
      // One line after the other, so that a line torn by a crash can only be the last.
      last = last.then(async () => {
        try {
          await handle.appendFile(`${JSON.stringify(entry)}\n`);
          await handle.datasync();
        } catch (error) {
          throw cannotWrite(file, error);
        }
      });
      return last;
    },
    close: () => handle.close(),
  };
}

function parseLine(line: string, file: string, number: number): PageEntry {
  try {
    const entry = parseJson(line) as PageEntry;
    if (typeof entry.file === 'string' && typeof entry.sha256 === 'string') return entry;
  } catch {
    // Said below.
  }
  throw damaged(file, `line ${number} is not a page entry`);
}

function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what}`, {
    next: "Restore it from a backup, or move the run's folder out of the archive and extract again.",
  });
}
