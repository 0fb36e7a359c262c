import { parseJson } from '../json.ts';
import { parseByTokens } from './stream-records.ts';

/**
 * The value of a JSON text, numbers exact and names as they are. V8's JSON.parse (Node 24.21) may take a name with an
 * escape for another that it met before: after `{"\\":0}` it reads the same from `{"\"":0}`. Throws SyntaxError, or
 * RangeError when nested too deeply.
 */
export function parseExact(json: string): unknown {
  const value = parseJson(json);
  return hasEscapedKey(json) ? parseByTokens(json) : value;
}

const KEY_END = /"[ \t\n\r]*:/g;

/** Whether the name of a value has an escape, in a text that is JSON. */
function hasEscapedKey(json: string): boolean {
  if (!json.includes('\\')) return false;
  for (const { index } of json.matchAll(KEY_END)) {
    let at = index - 1;
    while (json[at] === '\\') at -= 1;
    const backslashes = index - 1 - at;
    // A quote within a text, and a colon behind it.
    if (backslashes % 2 === 1) continue;
    if (backslashes > 0) return true;
    for (; at >= 0 && json[at] !== '"'; at--) if (json[at] === '\\') return true;
    // Not the quote that the name begins with, but one of its own; or, seldom, the end of the text before a text that
    // begins with a colon.
    if (json[at - 1] === '\\') return true;
  }
  return false;
}
