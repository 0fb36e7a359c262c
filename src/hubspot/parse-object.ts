import { parseJson } from '../json.ts';

/**
 * The object that a body holds. Throws Error when it is none; the parser's own words, which quote the body, are left
 * out: they would end in a log.
 */
export function parseObject(
  body: Buffer,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(body.toString(encoding));
  } catch {
    throw new Error('it is not JSON');
  }
  if (!isObject(value)) throw new Error('it is not a JSON object');
  return value;
}

/**
 * As {@link parseObject}, but texts that are not ASCII are not decoded: that is faster, and ids, instants and cursors are
 * ASCII. The archive has the bytes.
 */
export function parsePage(body: Buffer): Record<string, unknown> {
  return parseObject(body, 'latin1');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** How often each type occurs, names ascending. */
export function countTypes(types: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
