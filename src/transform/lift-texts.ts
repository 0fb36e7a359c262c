/**
 * Most bytes of a page lie in a few long texts, the bodies of e-mails. What JSON.stringify would write for them is what
 * HubSpot sent; so they need not be parsed, but can be lifted out of the page and put back into the lines.
 */
export interface LiftedPage {
  /** The page, in whose values `"\u0000<n>"` stands for the text n. */
  json: string;
  /** The texts as JSON has them, without quotes. */
  texts: string[];
}

const MARK = '"\\u0000';

/**
 * Lifts texts of `minLength` characters or more out of `page`, the bytes of a JSON document (see byte-text.ts). Null when
 * its values would not be byte text: escapes of other characters than ASCII would mix with bytes, and U+0000 has to be
 * replaced. Whether the page is JSON is left to the parser: nothing that it would refuse is lifted, as long as `page` has
 * no control characters (see {@link hasControlCharacters}).
 */
export function liftTexts(page: string, minLength: number): LiftedPage | null {
  const pieces: string[] = [];
  const texts: string[] = [];
  let kept = 0;
  let backslash = page.indexOf('\\');
  let start = page.indexOf('"');
  while (start !== -1) {
    let end = page.indexOf('"', start + 1);
    let isCanonical = true;
    while (backslash !== -1 && backslash < end) {
      const code = page.charCodeAt(backslash + 1);
      if (code === QUOTE) end = page.indexOf('"', backslash + 2);
      else if (code === LOWER_U && !isAscii(page, backslash)) return null;
      else if (!isCanonicalEscape(code)) isCanonical = false;
      backslash = page.indexOf('\\', backslash + 2);
    }
    if (end === -1) break;
    if (end - start > minLength && isCanonical && !isKey(page, end)) {
      pieces.push(page.slice(kept, start), MARK, String(texts.length));
      texts.push(page.slice(start + 1, end));
      kept = end;
    }
    start = page.indexOf('"', end + 1);
  }
  if (texts.length === 0) return { json: page, texts };
  pieces.push(page.slice(kept));
  return { json: pieces.join(''), texts };
}

/** Hands `json` to `write` piece by piece, with the lifted texts in their places. */
export function putTextsBack(json: string, texts: string[], write: (piece: string) => void): void {
  let from = 0;
  for (let at = json.indexOf(MARK); at !== -1; at = json.indexOf(MARK, from)) {
    const end = json.indexOf('"', at + 1);
    write(json.slice(from, at + 1));
    write(texts[Number(json.slice(at + MARK.length, end))] as string);
    from = end;
  }
  write(from === 0 ? json : json.slice(from));
}

/** The text (as JSON has it) that a value is the mark of; `undefined` when it is none. */
export function toLifted(value: string, texts: string[]): string | undefined {
  return value.charCodeAt(0) === 0 ? texts[Number(value.slice(1))] : undefined;
}

/** Whether any of `bytes` is below 0x20: in strings, JSON has them escaped. */
export function hasControlCharacters(bytes: Uint8Array): boolean {
  const unaligned = (4 - (bytes.byteOffset % 4)) % 4;
  const count = Math.max(0, (bytes.length - unaligned) >> 2);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + unaligned, count);
  for (let n = 0; n < count; n++) {
    const word = words[n] as number;
    // Four bytes at a time: the highest bit of each is set where the byte was less than 0x20.
    if (((word - 0x20202020) & ~word & 0x80808080) !== 0) return true;
  }
  const isControl = (byte: number): boolean => byte < 0x20;
  return (
    bytes.subarray(0, unaligned).some(isControl) ||
    bytes.subarray(unaligned + 4 * count).some(isControl)
  );
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COLON = 0x3a;
const LOWER_U = 0x75;

/** Whether JSON.stringify writes `\` and this; a quote is judged elsewhere. */
function isCanonicalEscape(code: number): boolean {
  return (
    code === 0x5c ||
    code === 0x62 ||
    code === 0x66 ||
    code === 0x6e ||
    code === 0x72 ||
    code === 0x74
  );
}

/** Whether the string that ends at `end` is the name of a value. */
function isKey(page: string, end: number): boolean {
  let next = end + 1;
  while (page.charCodeAt(next) === SPACE) next += 1;
  return page.charCodeAt(next) === COLON;
}

/** Whether the escape `\\uXXXX` at `at` is of U+0001 to U+007F. */
function isAscii(page: string, at: number): boolean {
  return (
    page.startsWith('00', at + 2) &&
    page.charCodeAt(at + 4) <= 0x37 &&
    !page.startsWith('00', at + 4)
  );
}
