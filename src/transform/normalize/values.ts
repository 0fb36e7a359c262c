import { exactNumber, isObject, isRawNumber } from '../../json.ts';
import { parseExact } from '../parse-exact.ts';
import { toId, toIds } from './ids.ts';
import { toInstant } from './instants.ts';
import { noFindings, sortKeys } from './sort-keys.ts';

/** Makes a property's value, which the CRM objects API sends as text, what v1 has; `undefined` when it does not fit. */
export type Convert = (value: unknown) => unknown;

/** How the properties' values are converted; the names are those of the documentation. */
export const CONVERT = {
  /** As it is, empty text included. */
  text: toText,
  /** Text, where v1 may have sent a number. */
  'text or digits': (value) => {
    if (isRawNumber(value)) return value.rawJSON;
    return Number.isSafeInteger(value) ? String(value) : toText(value);
  },
  /** `"63500"`, `"-1.5"`; integers keep all their digits. */
  number: toNumber,
  /** An integer when it is one, else text: v1's thread ids are either. */
  'integer or text': (value) => {
    return typeof value === 'string' && value.includes('.')
      ? value
      : (toNumber(value) ?? toText(value));
  },
  /** `"true"`, `"false"`. */
  boolean: (value) => {
    if (value === 'true' || value === true) return true;
    return value === 'false' || value === false ? false : undefined;
  },
  /** An id within Postgres's bigint. */
  id: toId,
  /** Ids with a semicolon between them. */
  ids: (value) => (typeof value === 'string' ? toIds(toListItems(value)) : undefined),
  /** Texts with a semicolon between them. */
  list: toList,
  /** ISO 8601 or epoch milliseconds, as ISO 8601 in UTC. */
  instant: toInstant,
  /** The same, as epoch milliseconds. */
  'epoch ms': toEpochMs,
  /** The same, with a semicolon between each. */
  'epoch ms list': (value) => {
    if (typeof value === 'number') return allOf([value], toEpochMs);
    return typeof value === 'string' ? allOf(toListItems(value), toEpochMs) : undefined;
  },
  /** JSON in text when it is an object or an array, else the text itself. */
  'JSON or text': (value) => toJson(value) ?? toText(value),
  /** JSON in text when it is an object or an array, else texts with a semicolon between them. */
  'JSON or list': (value) => toJson(value) ?? toList(value),
  /** `{"scheduledTasks":[…]}` in text, of which the array. */
  'scheduled tasks': (value) => {
    const json = toJson(value);
    if (Array.isArray(json)) return json;
    const tasks = isObject(json) && Object.keys(json).length === 1 ? json['scheduledTasks'] : null;
    return Array.isArray(tasks) ? tasks : undefined;
  },
} satisfies Record<string, Convert>;

/** Those that look at more than ASCII in a text, or into a long one: they must be given real text, and give such. */
export const LOOKS_INSIDE: ReadonlySet<keyof typeof CONVERT> = new Set([
  'ids',
  'list',
  'epoch ms list',
  'JSON or text',
  'JSON or list',
  'scheduled tasks',
]);

/**
 * Whether a property that is not null says nothing: HubSpot sends an empty text, too, once it is cleared. Where v1 has
 * text, an empty one may be what was entered.
 */
export function isEmpty(value: unknown, as: keyof typeof CONVERT): boolean {
  return value === '' && !TEXTS.has(as);
}

const TEXTS: ReadonlySet<keyof typeof CONVERT> = new Set([
  'text',
  'integer or text',
  'JSON or text',
]);

/**
 * The object or array that `value` is the JSON text of, integers exact; `undefined` when it is none, or one that
 * cannot be written into a row.
 */
export function toJson(value: unknown): object | undefined {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
  try {
    const json = parseExact(value) as object;
    const findings = noFindings();
    sortKeys(json, findings, LEVELS_AROUND);
    return findings.hugeNumber ? undefined : json;
  } catch (error) {
    // A RangeError is one of nesting: too deep to be parsed, or to be written.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The parts of a list, without blanks around them and without empty ones. */
export function toListItems(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** What a row nests a value into, at most. */
const LEVELS_AROUND = 10;

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function toList(value: unknown): string[] | undefined {
  return typeof value === 'string' ? toListItems(value) : undefined;
}

function toNumber(value: unknown): unknown {
  if (typeof value === 'number' || isRawNumber(value)) return value;
  // Leading zeros would be lost, as would the digits of longer fractions.
  if (typeof value !== 'string' || !/^-?(?:0|[1-9]\d{0,31})(?:\.\d{1,15})?$/.test(value)) {
    return undefined;
  }
  return exactNumber(Number(value), value);
}

function toEpochMs(value: unknown): number | undefined {
  const instant = toInstant(value);
  return typeof instant === 'string' ? Date.parse(instant) : undefined;
}

function allOf<T>(parts: unknown[], convert: (part: unknown) => T | undefined): T[] | undefined {
  const converted = parts.map(convert);
  return converted.includes(undefined) ? undefined : (converted as T[]);
}
