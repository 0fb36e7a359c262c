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

/** Whether the name of a value has an escape, in a text that is JSON: outside of strings that has no backslash. */
function hasEscapedKey(json: string): boolean {
  for (let at = json.indexOf('\\'); at !== -1; ) {
    const end = findStringEnd(json, at);
    if (NAME_END.test(json.slice(end, end + 100))) return true;
    at = json.indexOf('\\', end);
  }
  return false;
}

/** What follows a name. Nobody writes a hundred blanks there, but who does is taken at his word. */
const NAME_END = /^[ \t\n\r]*(?::|$)/;

/** The place after the quote that ends the string in which the escape at `from` stands. */
function findStringEnd(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 2); at !== -1; at = json.indexOf('"', at + 1)) {
    let escapes = at;
    while (json[escapes - 1] === '\\') escapes -= 1;
    // A backslash before it is itself escaped, or escapes it.
    if ((at - escapes) % 2 === 0) return at + 1;
  }
  return json.length;
}
