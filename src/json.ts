/**
 * JSON without loss of integers. `JSON.parse` rounds those beyond 2^53 and turns `1e400` into Infinity; here such
 * numbers become `JSON.rawJSON` objects, which `JSON.stringify` writes back digit for digit. A fraction is the double
 * nearest to it, and -0 is written back as 0, as everywhere in JavaScript.
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

// A number of 16 digits or more, or one with an exponent, where a value can stand. Text inside strings may match as
// well; that costs time, not correctness.
const LONG_NUMBER = /(?:^|[:[,])\s*-?(?:\d{16}|\d[\d.]*[eE])/;

/** The values of `text`, with every integer exact. Throws SyntaxError as `JSON.parse` does. */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined
      ? exactNumber(value, context.source)
      : value,
  );
}

/** `value` if it is a safe integer or a fraction, else its `source` kept as a {@link RawNumber}. */
export function exactNumber(value: number, source: string): number | RawNumber {
  if (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)) return value;
  return json.rawJSON(source);
}

export const isRawNumber: (value: unknown) => value is RawNumber = json.isRawJSON;
