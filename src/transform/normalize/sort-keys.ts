import { isRawNumber, setKey } from '../../json.ts';

/** The deepest nesting that becomes a row; JSON.stringify and Postgres give up at some thousands. */
const MAX_DEPTH = 1000;

/** What {@link sortKeys} came across. */
export interface Findings {
  /** Keys such as `"10"`, which JavaScript keeps in numeric order: only {@link stringifySorted} can write these. */
  unsortableKeys: boolean;
  /** A number beyond Postgres's numeric, which jsonb refuses. */
  hugeNumber: boolean;
}

/** Findings of nothing yet. */
export function noFindings(): Findings {
  return { unsortableKeys: false, hugeNumber: false };
}

/**
 * `value`, in byte text, with the keys of all its objects ascending byte by byte (which is by code point); parts that
 * are in order are kept as they are.
 * Throws RangeError when nested too deeply.
 */
export function sortKeys(value: unknown, findings: Findings, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) {
    if (isHuge(value.rawJSON)) findings.hugeNumber = true;
    return value;
  }
  checkDepth(depth);
  if (Array.isArray(value)) {
    let items = value;
    for (let n = 0; n < value.length; n++) {
      const item = sortKeys(value[n], findings, depth + 1);
      if (item === value[n]) continue;
      if (items === value) items = value.slice();
      items[n] = item;
    }
    return items;
  }
  return sortObject(value as Record<string, unknown>, findings, depth);
}

function sortObject(
  value: Record<string, unknown>,
  findings: Findings,
  depth: number,
): Record<string, unknown> {
  const keys = Object.keys(value);
  let result = value;
  if (!isSorted(keys)) {
    sortShort(keys);
    result = {};
  }
  for (const key of keys) {
    const child = value[key];
    const item = typeof child === 'string' ? child : sortKeys(child, findings, depth + 1);
    if (result !== value) setKey(result, key, item);
    else if (item !== child) {
      result = { ...value };
      setKey(result, key, item);
    }
  }
  if (result !== value && keys.some(beginsWithDigit) && !isSorted(Object.keys(result))) {
    findings.unsortableKeys = true;
  }
  return result;
}

// By insertion: Array.prototype.sort leaves the optimized code, and most objects have few keys.
function sortShort(keys: string[]): void {
  if (keys.length > 32) {
    keys.sort();
    return;
  }
  for (let n = 1; n < keys.length; n++) {
    const key = keys[n] as string;
    let at = n;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
}

function isSorted(keys: string[]): boolean {
  for (let n = 1; n < keys.length; n++) {
    if ((keys[n - 1] as string) > (keys[n] as string)) return false;
  }
  return true;
}

function beginsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 48 && code <= 57;
}

/** JSON text of `value` with sorted keys, integer-like ones included; slower than sorting first. */
export function stringifySorted(value: unknown): string {
  if (typeof value !== 'object' || value === null || isRawNumber(value))
    return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(stringifySorted).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map(
      (key) => `${JSON.stringify(key)}:${stringifySorted((value as Record<string, unknown>)[key])}`,
    );
  return `{${members.join(',')}}`;
}

/** Throws RangeError when `value` is nested deeper than can be written. */
export function assertShallow(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  checkDepth(depth);
  for (const item of Object.values(value)) assertShallow(item, depth + 1);
}

/** Throws RangeError beyond the nesting that can be written. */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
}

// Postgres's numeric has at most 131,072 digits before the point, and 16,383 after it.
function isHuge(digits: string): boolean {
  const [mantissa = '', exponent = '0'] = digits.toLowerCase().split('e');
  return mantissa.length + Math.abs(Number(exponent)) > 16_000;
}
