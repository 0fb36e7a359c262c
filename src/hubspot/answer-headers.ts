import type { Answer } from './failures.ts';

type Headers = Answer['headers'];

/** What the headers say about the limit of requests per interval. Answers of search say nothing. */
export function readLimit(headers: Headers): {
  max?: number;
  intervalMs?: number;
  remaining?: number;
} {
  const entries = [
    ['max', 'x-hubspot-ratelimit-max'],
    ['intervalMs', 'x-hubspot-ratelimit-interval-milliseconds'],
    ['remaining', 'x-hubspot-ratelimit-remaining'],
  ].map(([name, header = '']) => [name, readCount(headers[header])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Requests that the account has left for today. */
export function readLeftToday(headers: Headers): number | undefined {
  return readCount(headers['x-hubspot-ratelimit-daily-remaining']);
}

/** HubSpot's clock, in whole seconds. */
export function readDate({ date }: Headers): Date | undefined {
  const ms = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

function readCount(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined;
}
