import { exactNumber, isRawNumber } from '../../json.ts';
import type { Id } from '../../model/row.ts';

const MIN_BIGINT = -(2n ** 63n);
const MAX_BIGINT = 2n ** 63n - 1n;

/**
 * An id as HubSpot sends it: a JSON integer, or a string of digits. `undefined` when it is neither, or beyond
 * Postgres's bigint. A number that a double cannot hold must come as a RawNumber.
 */
export function toId(value: unknown): Id | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value === 'string') return /^\d{1,32}$/.test(value) ? withinBigint(value) : undefined;
  if (isRawNumber(value))
    return /^-?\d{1,32}$/.test(value.rawJSON) ? withinBigint(value.rawJSON) : undefined;
  return undefined;
}

/** As {@link toId}, for the ids of engagements and portals, which are above zero. */
export function toPositiveId(value: unknown): Id | undefined {
  const id = toId(value);
  if (typeof id === 'number') return id > 0 ? id : undefined;
  return id?.rawJSON.startsWith('-') ? undefined : id;
}

/** As {@link toId}, for a list; `undefined` when it is none or one of its items is no id. */
export function toIds(value: unknown): Id[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids: Id[] = [];
  for (const item of value) {
    const id = toId(item);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/** The ids ascending and distinct, exact beyond 2^53. */
export function sortIds(ids: Id[]): Id[] {
  if (isAscending(ids)) return ids;
  if (ids.every((id) => typeof id === 'number')) return [...new Set(ids)].sort((a, b) => a - b);
  const byText = new Map(ids.map((id) => [idToText(id), id]));
  return [...byText.values()].sort((a, b) => compare(BigInt(idToText(a)), BigInt(idToText(b))));
}

function isAscending(ids: Id[]): boolean {
  return ids.every((id, n) => typeof id === 'number' && (n === 0 || id > Number(ids[n - 1])));
}

/** The digits of an id; equal ids have equal text. */
export function idToText(id: Id): string {
  return typeof id === 'number' ? String(id) : id.rawJSON;
}

function withinBigint(digits: string): Id | undefined {
  if (digits.length <= 15) return Number(digits);
  const integer = BigInt(digits);
  if (integer < MIN_BIGINT || integer > MAX_BIGINT) return undefined;
  return exactNumber(Number(integer), String(integer));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
