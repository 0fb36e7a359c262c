import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError, isSystemError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Id } from './row.ts';
import { cannotRead, cannotWrite, JOURNAL } from './runs.ts';

/** One line of `_pages.ndjson`: a page file that is safely on disk. */
export interface PageEntry {
  /** The page's file name within the run's folder. */
  file: string;
  stream: string;
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

/**
 * The pages of the journal in `folder`, oldest first; empty when there is none. With `torn: 'drop'` an unfinished last
 * line (the program was killed while appending) is left out; with `'refuse'` it is damage, as any other bad line is.
 */
export async function readJournal(
  folder: string,
  options: { torn: 'drop' | 'refuse' },
): Promise<{ pages: PageEntry[]; sha256: string }> {
  const file = path.join(folder, JOURNAL);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && options.torn === 'drop') return { pages: [], sha256: '' };
    throw cannotRead(file, error);
  }
  const lines = text.split('\n');
  const tail = lines.pop() ?? '';
  if (tail !== '' && options.torn === 'refuse') {
    throw new ArchiveError(`${file} is damaged: line ${lines.length + 1} is cut short`);
  }
  return {
    pages: lines.map((line, index) => parseLine(line, file, index + 1)),
    sha256: createHash('sha256').update(text).digest('hex'),
  };
}

/** Opens the journal of a run, cutting off an unfinished last line first. */
export async function openJournal(folder: string): Promise<Journal> {
  const file = path.join(folder, JOURNAL);
  try {
    const handle = await open(file, 'a+', 0o600);
    const text = await handle.readFile('utf8');
    const end = text.lastIndexOf('\n') + 1;
    if (end < text.length) await handle.truncate(Buffer.byteLength(text.slice(0, end)));
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
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

function parseLine(line: string, file: string, number: number): PageEntry {
  try {
    const entry = parseJson(line) as PageEntry;
    if (typeof entry.file === 'string' && typeof entry.sha256 === 'string') return entry;
  } catch {
    // Said below.
  }
  throw new ArchiveError(`${file} is damaged: line ${number} is not a page entry`);
}
