import { toByteText } from './byte-text.ts';
import { checkDepth, setKey } from './sort-keys.ts';

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
  if (Array.isArray(value)) {
    const items = value.map((item) => cleanText(item, replaced, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value);
  const cleaned = entries.map(([key, item]) => [
    cleanString(key, replaced),
    cleanText(item, replaced, depth + 1),
  ]) as [string, unknown][];
  if (cleaned.every(([key, item], n) => key === entries[n]?.[0] && item === entries[n][1])) {
    return value;
  }
  const result: Record<string, unknown> = {};
  for (let [key, item] of cleaned) {
    while (Object.hasOwn(result, key)) key += REPLACEMENT;
    setKey(result, key, item);
  }
  return result;
}

const REPLACEMENT = toByteText('\ufffd');

function cleanString(text: string, replaced: Replaced): string {
  if (text.isWellFormed() && !text.includes('\0')) return toByteText(text);
  const cleaned = text.replace(REFUSED, () => {
    replaced.characters++;
    return '\ufffd';
  });
  return toByteText(cleaned);
}
