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
