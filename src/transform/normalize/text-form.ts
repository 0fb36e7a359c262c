import { fromByteText } from './byte-text.ts';
import { cleanText, type Replaced } from './clean-text.ts';

/** How the strings of a record are to be read, and what is made of them to be put beside them. */
export interface TextForm {
  read(text: string): string;
  write(value: unknown): unknown;
}

/** For a record in real text. */
export const REAL_TEXT: TextForm = { read: (text) => text, write: (value) => value };

/**
 * For a record in byte text. What is written is cleaned of what Postgres refuses, as the record is; `replaced` counts
 * that. Writing throws RangeError for a value that is nested too deeply.
 */
export function byteTextForm(replaced: Replaced): TextForm {
  return { read: fromByteText, write: (value) => cleanText(value, replaced) };
}
