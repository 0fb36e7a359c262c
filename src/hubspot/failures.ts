import { HubSpotRefused, HubSpotUnavailable, type JobError } from '../errors.ts';
import { describeMissingScope } from './scopes.ts';

/** What HubSpot answered; `body` is decoded text. Header names are lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Why a request has to be made again, and how long HubSpot wants us to wait. */
export interface Retry {
  kind: 'retry';
  /**
   * `window`: the ten-second limit; `second`: a per-second limit; `server`: trouble on HubSpot's side or the way to it;
   * `locked`: another operation holds the account.
   */
  wait: 'window' | 'second' | 'server' | 'locked';
  /** In a few words, for the log. */
  reason: string;
  /** HubSpot's `Retry-After`, when it sent one. */
  retryAfterMs?: number;
}

/** Why the run ends: HubSpotUnavailable if it can be resumed later, HubSpotRefused if somebody must act first. */
export interface Stop {
  kind: 'stop';
  error: JobError;
}

/** An error body; HubSpot's documentation promises none of its fields. */
interface ErrorBody {
  message?: unknown;
  policyName?: unknown;
  correlationId?: unknown;
  errors?: unknown;
}

/**
 * What an answer other than a good page means for the operator; `path` is what was asked for. Pure.
 * Sources: HubSpot's "Handling errors" and "Usage guidelines" pages, and recorded bodies (ARCHITECTURE.md, "Failures").
 */
export function toFailure(answer: Answer, path = ''): Retry | Stop {
  const body = parseErrorBody(answer.body);
  const retryAfterMs = parseRetryAfter(answer.headers);
  const said = describe(answer, body);
  const refused = refuse(answer.status);
  const retry = (wait: Retry['wait']): Retry => ({
    kind: 'retry',
    wait,
    reason: said,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
  switch (answer.status) {
    case 429:
      if (isDaily(body)) {
        return unavailable(
          `the account's daily request allowance is used up (${said})`,
          "It is renewed at midnight in the account's time zone; run extract again then to go on.",
        );
      }
      return retry(isSecondly(body) ? 'second' : 'window');
    case 423:
      return retry('locked');
    case 477:
      return unavailable(
        `HubSpot is moving this account to another data centre (${said})`,
        retryAfterMs === undefined
          ? 'Run extract again tomorrow to go on.'
          : `Run extract again in ${toWait(retryAfterMs)} to go on.`,
      );
    // HubSpot answers 530 to text that has not the form of a token (seen by Airbyte).
    case 401:
    case 530:
      return refused(
        `HubSpot does not accept the token (${said})`,
        'Check HUBSPOT_ACCESS_TOKEN: it may be mistyped, revoked or expired. Of an OAuth app, check that it is still installed.',
      );
    case 403:
      return refused(...describeMissingScope(said, readScopes(body), path));
    case 408:
      return retry('server');
  }
  // 204 and 206 are answers without a whole page.
  if (answer.status >= 500 || answer.status < 300) return retry('server');
  if (answer.status >= 300 && answer.status < 400) {
    return refused(
      `the server redirects to another address (${said}); the token was not sent there`,
      'Check HUBSPOT_API_URL.',
    );
  }
  return refused(
    `HubSpot rejects the request (${said})`,
    answer.status === 404 || answer.status === 410
      ? 'Check HUBSPOT_API_URL and HUBSPOT_API_VERSION; where HubSpot has switched v1 off, extract --api objects goes on.'
      : 'HubSpot may have changed its API: see whether there is a newer version of hubspot-engagements.',
  );
}

/** What an answer of the OAuth token endpoint other than a token means. Pure. */
export function toTokenFailure(answer: Answer): Retry | Stop {
  const { status } = answer;
  if (status < 400 || status > 403) return toFailure(answer);
  // Status 401 even if HubSpot answered 400: a walk takes 400 for a cursor that HubSpot refuses.
  return refuse(401)(
    `HubSpot gives no access token to the OAuth app (${describe(answer, parseErrorBody(answer.body))})`,
    'Check HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET and HUBSPOT_REFRESH_TOKEN: all three are of one app, and the refresh token ends when the app is uninstalled.',
  );
}

function unavailable(message: string, next: string): Stop {
  return { kind: 'stop', error: new HubSpotUnavailable(message, { next }) };
}

function refuse(status: number): (message: string, next: string) => Stop {
  return (message, next) => ({
    kind: 'stop',
    error: new HubSpotRefused(message, { next, status }),
  });
}

function parseErrorBody(text: string): ErrorBody {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : {};
  } catch {
    return {}; // Gateways answer with HTML.
  }
}

/** `Retry-After`, in ms: seconds, or a date to compare with the `Date` header. Undefined when absent, unreadable or past. */
function parseRetryAfter(headers: Answer['headers']): number | undefined {
  const after = firstOf(headers['retry-after']).trim();
  const ms = /^\d+(\.\d+)?$/.test(after)
    ? Number(after) * 1000
    : Date.parse(after) - Date.parse(firstOf(headers['date']));
  return ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

function firstOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** A time above zero in words, rounded up: `25 minutes`, `24 hours`. */
export function toWait(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes === 1) return 'a minute';
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

// `policyName` may be missing, as every field; then the message says it.
function isDaily(body: ErrorBody): boolean {
  return body.policyName === 'DAILY' || /your daily limit/.test(text(body.message));
}

// A 429 of search has no `policyName`; its message names the limit.
function isSecondly(body: ErrorBody): boolean {
  return (
    /^SECONDLY/.test(String(body.policyName)) || /your secondly limit/.test(text(body.message))
  );
}

function readScopes(body: ErrorBody): string[] {
  const errors = Array.isArray(body.errors) ? body.errors : [];
  return errors
    .flatMap((error) => error?.context?.requiredGranularScopes ?? [])
    .map((scope) => oneLine(String(scope)));
}

function describe(answer: Answer, body: ErrorBody): string {
  const message = oneLine(text(body.message));
  const id = oneLine(
    text(body.correlationId) || firstOf(answer.headers['x-hubspot-correlation-id']),
  );
  return [
    `HTTP ${answer.status}`,
    message === '' ? '' : `: ${message}`,
    id === '' ? '' : `, correlation id ${id}`,
  ].join('');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Text from outside, fit for a message: no line breaks or control characters, 200 characters at most. */
export function oneLine(value: string): string {
  const clean = value.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}
