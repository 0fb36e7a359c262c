import { isUtf8 } from 'node:buffer';
import { ArchiveError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { joinPageGroup } from './join-page-group.ts';
import { createJsonChecker } from './json-checker.ts';
import { hasControlCharacters, liftTexts } from './lift-texts.ts';
import { type Batch, normalizeRecords, type PageOrigin } from './normalize-records.ts';
import { sliceRecords } from './slice-records.ts';
import { NO_ARRAY, streamRecords } from './stream-records.ts';

/** Shorter texts are parsed in no more time than it takes to lift them. No id or instant, which are read, is as long. */
const LIFT_FROM = 256;

/**
 * A whole page, normalized; texts of `liftFrom` characters or more pass unparsed. `file` is for messages only. Pure but
 * for its errors: ArchiveError when the page is not JSON with a `results` array. Null when its numbers are too deep
 * inside to be parsed exactly at once: then {@link normalizePieces} can.
 */
export function normalizePage(
  bytes: Buffer,
  file: string,
  origin: PageOrigin,
  liftFrom = LIFT_FROM,
): Batch | null {
  const body = withoutMark(bytes);
  const byteText = origin.api === 'v1' && isUtf8(body) ? body.toString('latin1') : null;
  // What is lifted is not looked at any more, and would pass with characters that JSON refuses.
  const from = hasControlCharacters(body) ? Number.POSITIVE_INFINITY : liftFrom;
  const lifted = byteText === null ? null : liftTexts(byteText, from);
  const text = byteText === null || lifted === null ? body.toString('utf8') : byteText;
  const records = toRecords(lifted?.json ?? text, file, bytes);
  // Most pages have no number that a double cannot hold; of the others, a few records are parsed a second time.
  let texts: string[] | null | undefined;
  let exact: unknown[] | undefined;
  const parseExactly = (index: number): unknown => {
    texts ??= sliceRecords(text);
    const own = texts?.[index];
    if (texts?.length === records.length && own !== undefined) return parseJson(own);
    exact ??= (parseJson(text) as { results: unknown[] }).results;
    return exact[index];
  };
  // Lines take more room than the records they come from: some names are longer, and all have a tail.
  const byteCount = bytes.length + records.length * 512;
  try {
    return normalizeRecords(records, 0, origin, {
      clean: lifted === null,
      parseExactly,
      texts: lifted?.texts ?? [],
      byteCount,
    });
  } catch (error) {
    // A reviver, unlike JSON.parse alone, needs a stack frame for each level.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * A page that comes in pieces, normalized batch by batch. `read` begins to read it, and is called once more when it is
 * not JSON, to find the byte. Throws as {@link normalizePage} does, perhaps late.
 */
export async function* normalizePieces(
  read: () => AsyncIterable<Uint8Array>,
  file: string,
  origin: PageOrigin,
): AsyncGenerator<Batch, void, undefined> {
  let index = 0;
  try {
    for await (const records of streamRecords(read())) {
      const joined = origin.api === 'v1' ? records : joinPageGroup(records, { file, ...ALONE });
      yield normalizeRecords(joined, index, origin, { clean: true, byteCount: 1 << 16 });
      index += records.length;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const checker = createJsonChecker();
    for await (const piece of read()) checker.take(piece);
    throw damaged(file, error, checker.where());
  }
}

/** Of the objects API, only pages that no others complete are read in pieces. */
const ALONE = { properties: [], associations: [], kinds: [] };

/** The JSON value that the bytes of a page are the text of, numbers exact. Throws ArchiveError naming `file`. */
export function parsePage(bytes: Buffer, file: string): unknown {
  try {
    return parseJson(withoutMark(bytes).toString('utf8'));
  } catch (error) {
    throw notJson(error, file, bytes);
  }
}

function toRecords(text: string, file: string, bytes: Buffer): unknown[] {
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch (error) {
    throw notJson(error, file, bytes);
  }
  const results = (page as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
  return results;
}

function notJson(error: unknown, file: string, bytes: Buffer): unknown {
  if (error instanceof RangeError)
    return new ArchiveError(`${file} cannot be read: it is nested too deeply`, { cause: error });
  if (!(error instanceof SyntaxError)) return error;
  const checker = createJsonChecker();
  checker.take(bytes);
  return damaged(file, error, checker.where() ?? 'somewhere');
}

// What JSON.parse says may quote the page, whose content belongs in no log.
function damaged(file: string, error: SyntaxError, where: string | null): ArchiveError {
  const what = where === null ? error.message : `it is not JSON (${where})`;
  return new ArchiveError(`${file} is damaged: ${what}`, { cause: error });
}

/** Without the byte order mark that some servers put before JSON. */
function withoutMark(bytes: Buffer): Buffer {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}
