import { setKey } from '../../json.ts';
import { toByteText } from './byte-text.ts';
import { checkDepth } from './sort-keys.ts';

/** How many characters were replaced so far. */
export interface Replaced {
  characters: number;
}

// What Postgres refuses in text and jsonb: U+0000, and surrogates without their other half (in a `u` pattern,
// \p{Surrogate} matches only those).
const REFUSED = /\0|\p{Surrogate}/gu;

/**
 * `value` as byte text, with U+0000 and unpaired surrogates replaced by U+FFFD, in keys as well; `value` itself when
 * all of it is plain ASCII. A key that would become equal to another gets one more U+FFFD. Throws RangeError when
 * nested too deeply.
 */
export function cleanText(value: unknown, replaced: Replaced, depth = 0): unknown {
  if (typeof value === 'string') return cleanString(value, replaced);
  if (typeof value !== 'object' || value === null) return value;
  checkDepth(depth);
  if (Array.isArray(value)) return cleanItems(value, replaced, depth);
  const keys = Object.keys(value);
  if (keys.some((key) => BEYOND_PLAIN.test(key))) return cleanMembers(value, replaced, depth);
  const object = value as Record<string, unknown>;
  let result = object;
  for (const key of keys) {
    const item = cleanText(object[key], replaced, depth + 1);
    if (item === object[key]) continue;
    if (result === object) result = { ...object };
    setKey(result, key, item);
  }
  return result;
}

function cleanItems(value: unknown[], replaced: Replaced, depth: number): unknown[] {
  let items = value;
  for (let n = 0; n < value.length; n++) {
    const item = cleanText(value[n], replaced, depth + 1);
    if (item === value[n]) continue;
    if (items === value) items = value.slice();
    items[n] = item;
  }
  return items;
}

function cleanMembers(value: object, replaced: Replaced, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    let free = cleanString(key, replaced);
    while (Object.hasOwn(result, free)) free += REPLACEMENT;
    setKey(result, free, cleanText(item, replaced, depth + 1));
  }
  return result;
}

const REPLACEMENT = toByteText('\ufffd');

// Most texts are plain, and nothing is to be done about them.
const BEYOND_PLAIN = /[\0\u{80}-\u{10ffff}]/u;

function cleanString(text: string, replaced: Replaced): string {
  if (!BEYOND_PLAIN.test(text)) return text;
  if (text.isWellFormed() && !text.includes('\0')) return toByteText(text);
  const cleaned = text.replace(REFUSED, () => {
    replaced.characters++;
    return '\ufffd';
  });
  return toByteText(cleaned);
}
