import { isUtf8 } from 'node:buffer';

/** The JSON texts of pages that belong together. */
export interface Decoded {
  texts: string[];
  /** Whether all of them are byte text (see normalize/byte-text.ts), or none. */
  isByteText: boolean;
  /** How many times bytes that are not UTF-8 were replaced by U+FFFD. */
  invalidUtf8: number;
}

/** Escapes of other characters than ASCII, which would mix with bytes, and of U+0000, which has to be replaced. */
const ESCAPE_BEYOND_BYTES = /(?<!\\)(?:\\\\)*\\u(?:0000|(?!00[0-7]))/y;

function hasEscapeBeyondBytes(text: string): boolean {
  for (let at = text.indexOf('\\u'); at !== -1; at = text.indexOf('\\u', at + 2)) {
    let start = at;
    while (text[start - 1] === '\\') start -= 1;
    ESCAPE_BEYOND_BYTES.lastIndex = start;
    if (ESCAPE_BEYOND_BYTES.test(text)) return true;
  }
  return false;
}

/** Decodes pages: as byte text where that can be done right for all of them. */
export function decodePages(pages: readonly Buffer[]): Decoded {
  const bodies = pages.map(withoutMark);
  if (bodies.every((body) => isUtf8(body))) {
    const texts = bodies.map((body) => body.toString('latin1'));
    if (!texts.some(hasEscapeBeyondBytes)) {
      return { texts, isByteText: true, invalidUtf8: 0 };
    }
  }
  let invalidUtf8 = 0;
  const texts = bodies.map((body) => {
    const text = body.toString('utf8');
    if (!isUtf8(body)) invalidUtf8 += createInvalidCounter()(body, text);
    return text;
  });
  return { texts, isByteText: false, invalidUtf8 };
}

const REPLACEMENT = '\ufffd';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/**
 * Counts the U+FFFD that the bytes of a document do not have and its text has. The returned function takes the next
 * bytes, and the text that a decoder gave for them.
 */
export function createInvalidCounter(): (bytes: Uint8Array, text: string) => number {
  let last: Uint8Array = new Uint8Array();
  return (bytes, text) => {
    const replacements = countOf(text, REPLACEMENT);
    // The bytes of one that was sent may have begun in the piece before.
    const sent = replacements === 0 ? 0 : countOf(Buffer.concat([last, bytes]), REPLACEMENT_BYTES);
    last = Buffer.concat([last, bytes.subarray(-2)]).subarray(-2);
    return replacements - sent;
  };
}

function countOf<T extends string | Buffer>(whole: T, part: T): number {
  let count = 0;
  const indexOf = (from: number): number => whole.indexOf(part as string & Buffer, from);
  for (let at = indexOf(0); at !== -1; at = indexOf(at + part.length)) count += 1;
  return count;
}

/** Without the byte order mark that some servers put before JSON. */
export function withoutMark(bytes: Buffer): Buffer {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}
