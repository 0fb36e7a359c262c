import { MARK } from './lift-texts.ts';

/**
 * A page taken apart into its records without being parsed. Parsed and normalized one by one, they are garbage before the
 * next one comes; V8's young generation would be too small for all of them at a time.
 */
export interface SlicedPage {
  /** The page with `0` for each of its records. */
  frame: string;
  records: SlicedRecord[];
  /**
   * Whether its values can be taken for byte text (see byte-text.ts), as far as escapes go: those of other characters than
   * ASCII would mix with bytes, and U+0000 has to be replaced.
   */
  isByteText: boolean;
}

/** Where a record stands in its page, in bytes, and what is in it. */
export interface SlicedRecord {
  start: number;
  end: number;
  /** The texts that can be lifted: pairs of the places of their quotes. */
  cuts: number[];
  /** Whether a number is so long, or has an exponent, that a double might not hold it. */
  hasLongNumber: boolean;
  /** Whether the name of a value has an escape. */
  hasEscapedKey: boolean;
}

/**
 * The items of the array `results` at the top of `page`, and their texts of `liftFrom` bytes or more. Null when its keys
 * leave it in doubt which array that is.
 *
 * Whether the page is JSON is left to the parser: it is when the frame and all records are. Nothing that a parser would
 * refuse is lifted.
 */
export function slicePage(page: Buffer, liftFrom: number): SlicedPage | null {
  const records: SlicedRecord[] = [];
  const frame: string[] = [];
  let framed = 0;
  let depth = 0;
  let key = '';
  // Where the record at hand starts; -1 outside of results.
  let start = -1;
  let cuts: number[] = [];
  let hasLongNumber = false;
  let hasEscapedKey = false;
  let isByteText = true;

  const endRecord = (end: number): void => {
    records.push({ start, end, cuts, hasLongNumber, hasEscapedKey });
    cuts = [];
    hasLongNumber = false;
    hasEscapedKey = false;
    frame.push(page.toString('utf8', framed, start), '0');
    framed = end;
  };

  for (let at = 0; at < page.length; at++) {
    switch (page[at]) {
      case QUOTE: {
        let isCanonical = true;
        let hasEscape = false;
        let end = at + 1;
        for (; ; end++) {
          while (IS_PLAIN[page[end] as number] === 1) end += 1;
          if (page[end] !== BACKSLASH) break;
          hasEscape = true;
          end += 1;
          if (IS_CANONICAL[page[end] as number] === 1) continue;
          isCanonical = false;
          if (page[end] === LOWER_U && !isAsciiEscape(page, end + 1)) isByteText = false;
        }
        // Else it is cut short, or has a control character, which JSON refuses.
        if (page[end] === QUOTE) {
          const hasEscapeInKey = hasEscape && isKey(page, end);
          if (hasEscapeInKey) hasEscapedKey = true;
          if (depth === 1) {
            if (hasEscapeInKey) return null;
            key = page.toString('latin1', at + 1, end);
          } else if (isCanonical && end - at > liftFrom && start !== -1 && !isKey(page, end)) {
            cuts.push(at, end);
          }
        }
        at = end;
        break;
      }
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth += 1;
        if (depth === 2 && key === 'results' && page[at] === OPEN_BRACKET) {
          if (records.length > 0) return null;
          start = at + 1;
          hasLongNumber = false;
          hasEscapedKey = false;
        }
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
        if (depth === 1 && start !== -1) {
          if (records.length > 0 || page.toString('latin1', start, at).trim() !== '') endRecord(at);
          start = -1;
          key = '';
        }
        break;
      case COMMA:
        if (depth === 2 && start !== -1) {
          endRecord(at);
          start = at + 1;
        }
        break;
      default:
        if (NUMBER_WEIGHT[page[at] as number] === 1) {
          let weight = 1;
          for (; (NUMBER_WEIGHT[page[at + 1] as number] as number) > 0; at++) {
            weight += NUMBER_WEIGHT[page[at + 1] as number] as number;
          }
          if (weight > 15) hasLongNumber = true;
        }
    }
  }
  frame.push(page.toString('utf8', framed, page.length));
  return { frame: frame.join(''), records, isByteText };
}

/** A record's JSON text with its texts lifted (see lift-texts.ts), and those texts; byte text both. */
export function liftTexts(
  page: Buffer,
  { start, end, cuts }: SlicedRecord,
): { json: string; texts: string[] } {
  const texts: string[] = [];
  let json = '';
  let from = start;
  for (let n = 0; n < cuts.length; n += 2) {
    const [first, last] = [cuts[n] as number, cuts[n + 1] as number];
    json += page.toString('latin1', from, first) + MARK + texts.length;
    texts.push(page.toString('latin1', first + 1, last));
    from = last;
  }
  return { json: json + page.toString('latin1', from, end), texts };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Of bytes within a string: neither control character nor the end of the string nor the beginning of an escape. */
const IS_PLAIN = new Uint8Array(256).fill(1, SPACE);
IS_PLAIN[QUOTE] = 0;
IS_PLAIN[BACKSLASH] = 0;

/** Of bytes behind a backslash: JSON.stringify writes this escape. */
const IS_CANONICAL = new Uint8Array(256);
for (const character of '"\\bfnrt') IS_CANONICAL[character.charCodeAt(0)] = 1;

/** Of bytes of a number: a double holds any 15 digits, but none with an exponent is taken for sure. */
const NUMBER_WEIGHT = new Uint8Array(256);
for (const character of '0123456789-+.') NUMBER_WEIGHT[character.charCodeAt(0)] = 1;
for (const character of 'eE') NUMBER_WEIGHT[character.charCodeAt(0)] = 16;

/** Of bytes between tokens: those that JSON lets stand there. */
const IS_BLANK = new Uint8Array(256);
for (const character of ' \t\n\r') IS_BLANK[character.charCodeAt(0)] = 1;

/** Whether the string that ends at `end` is the name of a value. */
function isKey(page: Buffer, end: number): boolean {
  let next = end + 1;
  while (IS_BLANK[page[next] as number] === 1) next += 1;
  return page[next] === COLON;
}

/** Whether the four digits of an escape at `at` are those of U+0001 to U+007F. */
function isAsciiEscape(page: Buffer, at: number): boolean {
  const code = Number.parseInt(page.toString('latin1', at, at + 4), 16);
  return code > 0 && code < 0x80;
}
