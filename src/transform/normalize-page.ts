import { isUtf8 } from 'node:buffer';
import { ArchiveError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { parsesToByteText } from './byte-text.ts';
import { type Batch, normalizeRecords, type PageOrigin } from './normalize-records.ts';
import { sliceRecords } from './slice-records.ts';
import { NO_ARRAY, streamRecords } from './stream-records.ts';

/**
 * A whole page, normalized. `file` is for messages only. Pure but for its errors: ArchiveError when the page is not
 * JSON with a `results` array. Null when its numbers are too deep inside to be parsed exactly at once:
 * then {@link normalizePieces} can.
 */
export function normalizePage(bytes: Buffer, file: string, origin: PageOrigin): Batch | null {
  const body = withoutMark(bytes);
  const byteText = origin.api === 'v1' && isUtf8(body) ? body.toString('latin1') : null;
  const clean = byteText === null || !parsesToByteText(byteText);
  const text = clean ? body.toString('utf8') : byteText;
  const whereIn = (message: string): string => {
    const rest = (from: number): number => {
      return clean ? Buffer.byteLength(text.slice(from)) : text.length - from;
    };
    return toWhere(message, bytes.length, rest);
  };
  const records = toRecords(text, file, whereIn);
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
    return normalizeRecords(records, 0, origin, { clean, parseExactly, byteCount });
  } catch (error) {
    // A reviver, unlike JSON.parse alone, needs a stack frame for each level.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A page that comes in pieces, normalized batch by batch. Throws as {@link normalizePage} does, perhaps late. */
export async function* normalizePieces(
  pieces: AsyncIterable<Uint8Array>,
  file: string,
  origin: PageOrigin,
): AsyncGenerator<Batch, void, undefined> {
  let index = 0;
  try {
    for await (const records of streamRecords(pieces)) {
      yield normalizeRecords(records, index, origin, { clean: true, byteCount: 1 << 17 });
      index += records.length;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { position } = error as SyntaxError & { position: number };
    throw damaged(file, error.message, `within its first ${position} bytes`, error);
  }
}

function toRecords(text: string, file: string, whereIn: (message: string) => string): unknown[] {
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(file, 'it is not JSON', whereIn(error.message), error);
  }
  const results = (page as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
  return results;
}

/** The byte where V8 gave up, as far as its message says; `rest` counts the bytes after a position. */
function toWhere(message: string, byteCount: number, rest: (position: number) => number): string {
  // The message itself may quote the page, whose content belongs in no log.
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined)
    return `at byte ${byteCount - rest(Number(position))} of ${byteCount}`;
  return message.includes('end of JSON input')
    ? `cut short after ${byteCount} bytes`
    : `somewhere in its ${byteCount} bytes`;
}

function damaged(file: string, what: string, where: string, cause: unknown): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what} (${where})`, { cause });
}

/** Without the byte order mark that some servers put before JSON. */
function withoutMark(bytes: Buffer): Buffer {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}
