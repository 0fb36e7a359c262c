import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { cannotRead, cannotWrite } from '../files.ts';
import { parseJson } from '../json.ts';
import type { Id } from '../model/row.ts';
import { JOURNAL } from './runs.ts';

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

/** What a run that is being made remembers of each of its pages. */
export type KnownPage = Omit<PageEntry, 'request'>;

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
  const pages: PageEntry[] = [];
  const known = new Map<string, string>();
  const hash = createHash('sha256');
  let rest = Buffer.alloc(0);
  for await (const piece of readPieces(file)) {
    hash.update(piece);
    const bytes = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      const line = bytes.toString('utf8', start, end);
      pages.push(shareTexts(parseLine(line, file, pages.length + 1), known));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  const isTorn = rest.length > 0;
  if (isTorn && torn === 'refuse') throw damaged(file, `line ${pages.length + 1} is cut short`);
  return { pages, sha256: hash.digest('hex'), torn: isTorn };
}

const LINE_FEED = 0x0a;
const PIECE_BYTES = 2 ** 20;

async function* readPieces(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: PIECE_BYTES });
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/** The names of hundreds of properties stand in every line, and are kept once. */
function shareTexts(entry: PageEntry, known: Map<string, string>): PageEntry {
  const query = entry.request?.query ?? {};
  for (const [name, text] of Object.entries(query)) {
    if (typeof text !== 'string' || text.length < 100) continue;
    query[name] = known.get(text) ?? text;
    known.set(text, query[name]);
  }
  return entry;
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
    const { size } = await handle.stat();
    const end = await findEnd(handle, size);
    if (end < size) await handle.truncate(end);
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

/** Where the last whole line ends; looked for from behind, since a journal can be long. */
async function findEnd(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - PIECE_BYTES);
    const piece = Buffer.alloc(end - start);
    await handle.read(piece, 0, piece.length, start);
    const found = piece.lastIndexOf(LINE_FEED);
    if (found >= 0) return start + found + 1;
    end = start;
  }
  return 0;
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
