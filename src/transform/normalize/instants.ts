import { isRawNumber } from '../../json.ts';

/** What {@link toInstant} says of an instant outside the years 0001 to 9999, which is all that ISO 8601 can write. */
export const OUT_OF_RANGE = Symbol('out of range');

const DAY_MS = 86_400_000;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
const ISO = /^([+-]\d{6}|\d{4})(-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,32})?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * An instant as HubSpot sends it, as ISO 8601 in UTC with milliseconds (finer parts are cut off): epoch milliseconds
 * (v1), the same as a string of digits, or ISO 8601 with a zone. `undefined` when it is none of these.
 */
export function toInstant(value: unknown): string | typeof OUT_OF_RANGE | undefined {
  const ms = toEpochMs(value);
  if (ms === undefined) return undefined;
  return ms >= FIRST_MS && ms <= LAST_MS ? formatInstant(ms) : OUT_OF_RANGE;
}

function toEpochMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.floor(value);
  if (isRawNumber(value)) return Number(value.rawJSON);
  if (typeof value !== 'string') return undefined;
  if (/^-?\d{1,32}$/.test(value)) return Number(value);
  const [, year = '', monthAndDay = ''] = ISO.exec(value) ?? [];
  const ms = Date.parse(value);
  return year !== '' && isDay(`${year}${monthAndDay}`) && !Number.isNaN(ms) ? ms : undefined;
}

// Known from the last times: a run's instants lie on few days.
const days = new Map<string, boolean>();

// Date.parse takes 30 February for 2 March.
function isDay(date: string): boolean {
  let known = days.get(date);
  if (known === undefined) {
    const ms = Date.parse(`${date}T00:00:00Z`);
    known = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
    if (days.size > 100_000) days.clear();
    days.set(date, known);
  }
  return known;
}

// toISOString, three times a record, would be a tenth of the stage's time. A run's instants lie on few days.
const dayTexts = new Map<number, string>();
const pad2 = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const pad3 = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));

function formatInstant(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  let dayText = dayTexts.get(day);
  if (dayText === undefined) {
    if (dayTexts.size > 100_000) dayTexts.clear();
    dayText = new Date(day * DAY_MS).toISOString().slice(0, 11);
    dayTexts.set(day, dayText);
  }
  const rest = ms - day * DAY_MS;
  const second = Math.floor(rest / 1000);
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  return `${dayText}${pad2[hour]}:${pad2[minute % 60]}:${pad2[second % 60]}.${pad3[rest % 1000]}Z`;
}
