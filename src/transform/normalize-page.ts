import { ArchiveError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { mayNeedCleaning } from './clean-text.ts';
import { type Batch, normalizeRecords, type PageOrigin } from './normalize-records.ts';
import { NO_ARRAY, streamRecords } from './stream-records.ts';

/**
 * A whole page, normalized. `file` is for messages only. Pure but for its errors: ArchiveError when the page is not
 * JSON with a `results` array. Null when its numbers are too deep inside to be parsed exactly at once:
 * then {@link normalizePieces} can.
 */
export function normalizePage(bytes: Buffer, file: string, origin: PageOrigin): Batch | null {
  const text = withoutMark(bytes.toString('utf8'));
  const options = { clean: mayNeedCleaning(text), byteCount: Math.ceil(bytes.length * 1.25) };
  const batch = normalizeRecords(toRecords(text, JSON.parse, bytes, file), 0, origin, options);
  if (!batch.roundedNumber) return batch;
  try {
    return normalizeRecords(toRecords(text, parseJson, bytes, file), 0, origin, options);
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
      yield normalizeRecords(records, index, origin, { clean: true, byteCount: 1 << 18 });
      index += records.length;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { position } = error as SyntaxError & { position: number };
    throw damaged(file, error.message, `within its first ${position} bytes`, error);
  }
}

function toRecords(
  text: string,
  parse: (text: string) => unknown,
  bytes: Buffer,
  file: string,
): unknown[] {
  let page: unknown;
  try {
    page = parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(file, 'it is not JSON', whereIn(text, bytes, error.message), error);
  }
  const results = (page as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
  return results;
}

/** The byte where V8 gave up, as far as its message says. */
function whereIn(text: string, bytes: Buffer, message: string): string {
  // The message itself may quote the page, whose content belongs in no log.
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) {
    return `at byte ${bytes.length - Buffer.byteLength(text.slice(Number(position)))} of ${bytes.length}`;
  }
  return message.includes('end of JSON input')
    ? `cut short after ${bytes.length} bytes`
    : `somewhere in its ${bytes.length} bytes`;
}

function damaged(file: string, what: string, where: string, cause: unknown): ArchiveError {
  return new ArchiveError(`${file} is damaged: ${what} (${where})`, { cause });
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
