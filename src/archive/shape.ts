import { isRawNumber } from '../json.ts';
import type { Id } from '../model/row.ts';

/** Whether a value from a file is what its type says. Changes nothing. */
export type Check<T> = (value: unknown) => value is T;

/** A check for each field of a type; the compiler asks for one when a field is added. */
export type Shape<T> = { [K in keyof T]-?: Check<T[K]> };

/** What is wrong with `value`, in words; null when every field is as it should be. */
export function findMisfit<T>(value: unknown, shape: Shape<T>): string | null {
  if (!isRecord(value)) return 'it is not an object';
  for (const [key, check] of Object.entries<Check<unknown>>(shape)) {
    // Not `value[key]`, which would find what every object inherits.
    const field = Object.hasOwn(value, key) ? value[key] : undefined;
    if (!check(field)) return `${key} is ${field === undefined ? 'missing' : 'wrong'}`;
  }
  return null;
}

export const isText = (value: unknown): value is string => typeof value === 'string';

export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

export const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

export const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** How many there are of something. */
export const isCount = (value: unknown): value is number => isInteger(value) && value >= 0;

/** An id with all its digits, as `parseJson` keeps them. */
export const isId = (value: unknown): value is Id =>
  isInteger(value) || (isRawNumber(value) && /^-?\d+$/.test(value.rawJSON));

/** An ISO 8601 instant in UTC with milliseconds. */
export const isInstant = (value: unknown): value is string =>
  isText(value) &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));

export const isSha256 = (value: unknown): value is string =>
  isText(value) && /^[0-9a-f]{64}$/.test(value);

/** A plain name, which cannot lead out of the folder it is joined to, nor hide there. */
export const isName = (value: unknown): value is string =>
  isText(value) && /^[A-Za-z0-9][\w.-]{0,199}$/.test(value);

export const isAnything = (value: unknown): value is unknown => value !== undefined;

export function isOneOf<const T>(...values: T[]): Check<T> {
  return (value): value is T => values.includes(value as T);
}

export function isOptional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function isNullOr<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

export function isListOf<T>(check: Check<T>): Check<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(check);
}

/** An object of any keys. */
export function isMapOf<T>(check: Check<T>): Check<Record<string, T>> {
  return (value): value is Record<string, T> =>
    isRecord(value) && Object.values(value).every(check);
}

export function isShape<T>(shape: Shape<T>): Check<T> {
  return (value): value is T => findMisfit(value, shape) === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
