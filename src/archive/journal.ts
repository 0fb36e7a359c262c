import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { cannotRead, cannotWrite } from '../files.ts';
import { parseJson } from '../json.ts';
import type { Id } from '../model/row.ts';
import { JOURNAL } from './runs.ts';
import {
  findMisfit,
  isAnything,
  isCount,
  isFlag,
  isId,
  isInstant,
  isInteger,
  isMapOf,
  isName,
  isNullOr,
  isNumber,
  isOneOf,
  isSha256,
  isShape,
  isText,
  type Shape,
} from './shape.ts';

/** One line of `_pages.ndjson`: a page file that is safely on disk. */
export interface PageEntry {
  /** The page's file name within the run's folder. */
  file: string;
  stream: string;
  /** `ids`: the page covers a range of ids. `chain`: it follows the page that returned the cursor it was asked with. */
  walk: 'ids' | 'chain';
  /**
   * For a page that completes another one (`file`, later in the journal): whether it has that page's properties or its
   * associations, and of which kind (the API's name). Null for a page of records.
   */
  completes: { file: string; part: 'properties' | 'associations'; kind: string | null } | null;
  /** The request, without the token; `path` is without the host. */
  request: {
    method: 'GET' | 'POST';
    path: string;
    query: Record<string, string>;
    body: unknown;
  };
  status: number;
  /** This machine's clock, ISO. */
  requestedAt: string;
  /** HubSpot's clock when it answered (the `Date` header, whole seconds), ISO; this machine's when there is no such header. */
  answeredAt: string;
  durationMs: number;
  /** Length and digest of the page, not of its compressed file. */
  bytes: number;
  sha256: string;
  records: number;
  /** Records of each engagement type. */
  types: Record<string, number>;
  /** The portal that the page's records name; null when they name none. */
  portalId: number | null;
  /** The newest time of change in the page, ISO; null when its records have none. */
  newestUpdate: string | null;
  /** The cursor asked with (null for the first page) and the one returned (null when there was none). */
  cursor: string | null;
  nextCursor: string | null;
  /** Whether HubSpot said that there are more pages. */
  hasMore: boolean;
  firstId: Id | null;
  lastId: Id | null;
}

/** A page without its request, which is long: what a run that is being extracted remembers of each of its pages. */
export type KnownPage = Omit<PageEntry, 'request'>;

/** What a journal holds. */
export interface JournalContent {
  /** In its order. */
  pages: PageEntry[];
  sha256: string;
  /** Whether its last line is unfinished, and left out. */
  torn: boolean;
}

/** The journal of a raw run that is being extracted. */
export interface Journal {
  /** The pages it had when it was opened, in its order. */
  readonly pages: readonly PageEntry[];
  /** Resolves when the line is on disk. Throws ArchiveError. */
  append(entry: PageEntry): Promise<void>;
  close(): Promise<void>;
}

const ENTRY: Shape<PageEntry> = {
  file: isName,
  stream: isName,
  walk: isOneOf('ids', 'chain'),
  completes: isNullOr(
    isShape({ file: isName, part: isOneOf('properties', 'associations'), kind: isNullOr(isText) }),
  ),
  request: isShape<PageEntry['request']>({
    method: isOneOf('GET', 'POST'),
    path: isText,
    query: isMapOf(isText),
    body: isAnything,
  }),
  status: isInteger,
  requestedAt: isInstant,
  answeredAt: isInstant,
  durationMs: isNumber,
  bytes: isCount,
  sha256: isSha256,
  records: isCount,
  types: isMapOf(isCount),
  portalId: isNullOr(isInteger),
  newestUpdate: isNullOr(isInstant),
  cursor: isNullOr(isText),
  nextCursor: isNullOr(isText),
  hasMore: isFlag,
  firstId: isNullOr(isId),
  lastId: isNullOr(isId),
};

const LINE_FEED = 0x0a;
const PIECE_BYTES = 2 ** 20;
/** Far more than the names of all properties of an object take. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/**
 * The pages of the journal in `folder`. Throws ArchiveError for any bad line; only when `torn` lines are accepted, the
 * last one may be unfinished, as a killed extract leaves it.
 */
export async function readJournal(
  folder: string,
  { torn = 'refuse' }: { torn?: 'refuse' | 'accept' } = {},
): Promise<JournalContent> {
  const file = path.join(folder, JOURNAL);
  const { pages, sha256, tornBytes } = await readLines(file);
  if (tornBytes > 0 && torn === 'refuse') {
    throw damaged(file, `line ${pages.length + 1} is cut short`);
  }
  return { pages, sha256, torn: tornBytes > 0 };
}

/**
 * Opens the journal of a run to go on with it, making it if there is none. An unfinished last line is cut off: the page
 * it was for is fetched again. Throws ArchiveError, also for any other bad line.
 */
export async function openJournal(folder: string): Promise<Journal> {
  const file = path.join(folder, JOURNAL);
  let handle: FileHandle;
  try {
    handle = await open(file, 'a', 0o600);
  } catch (error) {
    throw cannotWrite(file, error);
  }
  let pages: PageEntry[];
  try {
    const content = await readLines(file);
    pages = content.pages;
    if (content.tornBytes > 0) {
      const { size } = await handle.stat();
      await handle.truncate(size - content.tornBytes);
    }
  } catch (error) {
    await handle.close();
    throw error instanceof ArchiveError ? error : cannotWrite(file, error);
  }
  let last = Promise.resolve();
  return {
    pages,
    append(entry) {
      // One line after the other, so that only the last line can be torn by a crash.
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

async function readLines(
  file: string,
): Promise<{ pages: PageEntry[]; sha256: string; tornBytes: number }> {
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
    if (rest.length > MAX_LINE_BYTES) {
      throw damaged(file, `line ${pages.length + 1} is longer than any page entry`);
    }
  }
  return { pages, sha256: hash.digest('hex'), tornBytes: rest.length };
}

async function* readPieces(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: PIECE_BYTES });
  } catch (error) {
    throw cannotRead(file, error);
  }
}

/** Lines repeat the names of hundreds of properties; the same text is kept in memory once. */
function shareTexts(entry: PageEntry, known: Map<string, string>): PageEntry {
  const { query } = entry.request;
  for (const [name, text] of Object.entries(query)) {
    if (text.length < 100) continue;
    query[name] = known.get(text) ?? text;
    known.set(text, query[name]);
  }
  return entry;
}

function parseLine(line: string, file: string, number: number): PageEntry {
  let misfit: string | null = 'it is not JSON';
  try {
    const entry = parseJson(line) as PageEntry;
    misfit = findMisfit(entry, ENTRY);
    if (misfit === null) return entry;
  } catch {
    // Said below.
  }
  throw damaged(file, `line ${number} is not a page entry: ${misfit}`);
}

function damaged(file: string, what: string): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what}`, {
    next: "Restore it from a backup, or move the run's folder out of the archive and extract again.",
  });
}
