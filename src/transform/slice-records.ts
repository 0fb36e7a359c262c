/**
 * The texts of the items of the array `results` at the top of `page`, a JSON text that JSON.parse accepts; null when
 * escapes in the top-level keys leave it in doubt. With one look at each string and bracket it is faster than parsing.
 */
export function sliceRecords(page: string): string[] | null {
  let items: string[] = [];
  let depth = 0;
  let key = '';
  let inside = false;
  let start = -1;
  for (let at = 0; at < page.length; at++) {
    switch (page.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(page, at);
        if (depth === 1) {
          key = page.slice(at + 1, end);
          if (key.includes('\\')) return null;
        }
        at = end;
        break;
      }
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth += 1;
        // A repeated key counts as JSON.parse has it: the last one.
        if (depth === 2 && key === 'results') [items, inside, start] = [[], true, at + 1];
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1;
        if (depth === 1 && inside) {
          if (page.slice(start, at).trim() !== '') items.push(page.slice(start, at));
          inside = false;
        }
        break;
      case COMMA:
        if (depth === 2 && inside) {
          items.push(page.slice(start, at));
          start = at + 1;
        }
        break;
    }
  }
  return items;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where the string that starts at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}
