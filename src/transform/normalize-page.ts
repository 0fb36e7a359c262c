import { isUtf8 } from 'node:buffer';
import { ArchiveError } from '../errors.ts';
import { assertWhole } from './join-page-group.ts';
import { createJsonChecker } from './json-checker.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';
import {
  type Batch,
  exactRecords,
  normalizeRecords,
  type PageOrigin,
  type Records,
} from './normalize-records.ts';
import { parseExact } from './parse-exact.ts';
import { liftTexts, type SlicedPage, type SlicedRecord, slicePage } from './slice-page.ts';
import { NO_ARRAY, streamRecords } from './stream-records.ts';

/** Shorter texts are parsed in no more time than it takes to lift them. No id or instant, which are read, is as long. */
const LIFT_FROM = 256;

/**
 * A whole page that no others complete, normalized; long texts, of `liftFrom` bytes or more, pass unparsed. `file` is
 * for messages only. Pure but for its errors: ArchiveError when the page is not JSON with a `results` array. Null when
 * its numbers are too deep inside to be parsed exactly at once: then {@link normalizePieces} can.
 */
export function normalizePage(
  bytes: Buffer,
  file: string,
  origin: PageOrigin,
  { lines = createLineBuffer(), liftFrom = LIFT_FROM } = {},
): Batch | null {
  const page = withoutMark(bytes);
  const sliced = slicePage(page, liftFrom);
  try {
    if (sliced === null || !fitsFrame(sliced)) {
      const results = toResults(parseExact(page.toString('utf8')), file);
      return normalizeRecords(toAlone(exactRecords(results), file, origin), 0, origin, {
        areClean: false,
        lines,
      });
    }
    // Lines take more room than the records they come from: some names are longer, and all have a tail.
    lines.reserve(page.length + sliced.records.length * 512);
    const areClean = sliced.isByteText && isUtf8(page);
    const records = areClean ? toByteTexts(page, sliced) : toTexts(page, sliced);
    return normalizeRecords(toAlone(records, file, origin), 0, origin, { areClean, lines });
  } catch (error) {
    // A reviver, unlike JSON.parse alone, needs a stack frame for each level.
    if (error instanceof RangeError) return null;
    throw notJson(error, file, bytes);
  }
}

/** Records of a page that no others complete: those of the objects API may promise more than the page has. */
function toAlone(records: Records, file: string, { api }: PageOrigin): Records {
  if (api === 'v1') return records;
  return {
    length: records.length,
    take(index) {
      const record = records.take(index);
      assertWhole(record.value, file);
      return record;
    },
  };
}

/** Whether the records are those that a parser would find. Throws SyntaxError when the page is not JSON. */
function fitsFrame({ frame, records }: SlicedPage): boolean {
  const results = (JSON.parse(frame) as { results?: unknown } | null)?.results;
  return Array.isArray(results) && results.length === records.length;
}

/** Records whose strings are byte text, long texts lifted. */
function toByteTexts(page: Buffer, { records }: SlicedPage): Records {
  return {
    length: records.length,
    take(index) {
      const record = records[index] as SlicedRecord;
      const { json, texts } = liftTexts(page, record);
      return {
        value: parse(json, record),
        texts,
        // Rejects are written with all that they have.
        ...(texts.length > 0 && {
          parseWhole: () => parse(page.toString('latin1', record.start, record.end), record),
        }),
      };
    },
  };
}

function toTexts(page: Buffer, { records }: SlicedPage): Records {
  return {
    length: records.length,
    take(index) {
      const record = records[index] as SlicedRecord;
      const text = page.toString('utf8', record.start, record.end);
      return { value: parse(text, record), texts: [] };
    },
  };
}

/** The value of a record's JSON text, numbers exact. */
function parse(json: string, { hasLongNumber, hasEscapedKey }: SlicedRecord): unknown {
  return hasLongNumber || hasEscapedKey ? parseExact(json) : JSON.parse(json);
}

/**
 * A page that comes in pieces, normalized batch by batch. `read` begins to read it, and is called once more when it is
 * not JSON, to find the byte. Throws as {@link normalizePage} does, perhaps late.
 */
export async function* normalizePieces(
  read: () => AsyncIterable<Uint8Array>,
  file: string,
  origin: PageOrigin,
  lines?: LineBuffer,
): AsyncGenerator<Batch, void, undefined> {
  let index = 0;
  try {
    for await (const records of streamRecords(read())) {
      yield normalizeRecords(toAlone(exactRecords(records), file, origin), index, origin, {
        areClean: false,
        ...(lines && { lines }),
      });
      index += records.length;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const checker = createJsonChecker();
    for await (const piece of read()) checker.take(piece);
    throw damaged(file, error, checker.where());
  }
}

/** The JSON value that the bytes of a page are the text of, numbers exact. Throws ArchiveError naming `file`. */
export function parsePage(bytes: Buffer, file: string): unknown {
  try {
    return parseExact(withoutMark(bytes).toString('utf8'));
  } catch (error) {
    throw notJson(error, file, bytes);
  }
}

/** The `results` of a page. Throws ArchiveError when there are none. */
function toResults(page: unknown, file: string): unknown[] {
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
