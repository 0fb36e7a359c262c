/**
 * Byte text: a string whose code units are the bytes of a text in UTF-8. A page comes as UTF-8 and its lines leave as
 * UTF-8; parsing and writing JSON only ever looks at ASCII. So nothing needs decoding in between, and strings of one
 * byte a character are parsed and written almost twice as fast. Whoever looks at more than ASCII in a text (trims it,
 * changes its case, parses JSON within it) must not be given byte text.
 */

const BEYOND_ASCII = /[\u{80}-\u{10ffff}]/u;

/** The UTF-8 bytes of `text`, which must be well-formed. */
export function toByteText(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** What {@link toByteText} was given. */
export function fromByteText(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}

/**
 * Whether the values that JSON.parse makes of `text`, the bytes of a JSON document, are byte text as well: escapes of
 * other characters than ASCII would mix with bytes. U+0000 is none, since it has to be replaced.
 */
export function parsesToByteText(text: string): boolean {
  for (let at = text.indexOf('\\u'); at !== -1; at = text.indexOf('\\u', at + 2)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    // `\\u` is a backslash and a letter.
    if (backslashes % 2 === 1) continue;
    const isAscii = text.startsWith('00', at + 2) && text.charCodeAt(at + 4) <= 0x37;
    if (!isAscii || text.startsWith('00', at + 4)) return false;
  }
  return true;
}
