import { fromByteText } from './byte-text.ts';
import { cleanText, type Replaced } from './clean-text.ts';
import { toLifted } from './lift-texts.ts';

/** Reads the texts of a record, whatever form they are in, and gives what was made of them that form again. */
export interface RealText {
  read(text: string): string;
  write(value: unknown): unknown;
}

/** For a record in real text. */
export const REAL: RealText = { read: (text) => text, write: (value) => value };

/**
 * For a record in byte text that `texts` were lifted out of. What is written is cleaned of what Postgres refuses, as the
 * record has been; `replaced` counts that. Throws RangeError when a value to be written is nested too deeply.
 */
export function ofByteText(texts: string[], replaced: Replaced): RealText {
  return {
    read(text) {
      const lifted = toLifted(text, texts);
      return fromByteText(lifted === undefined ? text : JSON.parse(`"${lifted}"`));
    },
    write: (value) => cleanText(value, replaced),
  };
}
