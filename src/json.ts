/**
 * JSON without loss of numbers. `JSON.parse` rounds integers beyond 2^53 and fractions of many digits, and turns `1e400`
 * into Infinity; here such numbers become `JSON.rawJSON` objects, which `JSON.stringify` writes back digit for digit.
 * Others are the same number, though not always the same text: `1.50` is written back as 1.5, and -0 as 0. What rounds to
 * an integer within 2^53 is that integer: `1.00000000000000000001` is 1, and `1e-400` is 0.
 */

/** A number that a double cannot hold, kept as its text; made by {@link parseJson}. */
export interface RawNumber {
  readonly rawJSON: string;
}

// lib.esnext lacks these two (proposal-json-parse-with-source, in V8 since 11.4).
const json = JSON as typeof JSON & {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

// A number of 16 characters or more, or one with an exponent, where a value can stand: a double holds any 15 digits.
// Text inside strings may match as well; that costs time, not correctness.
const LONG_NUMBER = /(?:^|[:[,])\s*-?\d(?:[\d.]{15}|[\d.]*[eE])[\d.eE+-]*\s*(?:[,}\]]|$)/;

/** The values of `text`, with exact numbers. Throws SyntaxError as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined
      ? exactNumber(value, context.source)
      : value,
  );
}

/** `value` if it is a safe integer, or the very fraction of `source`; else `source` as a {@link RawNumber}. */
export function exactNumber(value: number, source: string): number | RawNumber {
  if (Number.isSafeInteger(value)) return value;
  const isFraction = Number.isFinite(value) && !Number.isInteger(value);
  return isFraction && isSameNumber(source, String(value)) ? value : json.rawJSON(source);
}

export const isRawNumber: (value: unknown) => value is RawNumber = json.isRawJSON;

/** An object of JSON, whatever its keys. */
export type JsonObject = Record<string, unknown>;

/** Whether a parsed value is an object: neither an array nor a {@link RawNumber}. */
export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

/** Sets an own key, `__proto__` too, as JSON.parse does. */
export function setKey(object: JsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}

function isSameNumber(a: string, b: string): boolean {
  return a === b || toCanonical(a) === toCanonical(b);
}

/** Digits without idle zeros, and an exponent of ten. */
function toCanonical(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
