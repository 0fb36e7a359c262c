import path from 'node:path';
import { parseEnv } from 'node:util';
import { SettingsError } from './errors.ts';
import { findNearest } from './find-nearest.ts';
import { OBJECT_TYPE_NAMES, type ObjectTypeName } from './model/object-types.ts';
import type { Api } from './model/row.ts';

/** The environment variables that are settings, and what each is for; README's table is made from it. */
export const VARIABLES = {
  HUBSPOT_ACCESS_TOKEN: 'Service key, or token of a private app; `demo` means the demo portal',
  HUBSPOT_CLIENT_ID: 'Client id of an OAuth app, in place of HUBSPOT_ACCESS_TOKEN',
  HUBSPOT_CLIENT_SECRET: 'Client secret of that app',
  HUBSPOT_REFRESH_TOKEN: 'Refresh token that the app got when it was installed in your portal',
  HUBSPOT_API_URL: 'Host to ask instead of https://api.hubapi.com',
  HUBSPOT_API: '`v1` or `objects` (default: v1)',
  HUBSPOT_API_VERSION: 'Dated version of the CRM objects API (default: 2026-09)',
  HUBSPOT_TYPES: 'Types to ask the objects API for, such as `calls,emails` (default: all)',
  DATABASE_URL: 'Postgres to load into; without it an embedded one in DATA_DIR/postgres',
  DATABASE_SCHEMA: 'Schema of the tables (default: hubspot)',
  DATA_DIR: 'Folder of the archive (default: data)',
  HTTPS_PROXY: 'HTTP proxy on the way to HubSpot',
  REPORT_TIMEZONE: 'IANA name of the zone whose days the report counts (default: UTC)',
  FULL_EVERY: 'Days after which `extract` fetches everything again, or `never` (default: 30)',
  LOG_FORMAT: '`text` or `json` (default: text)',
} as const;

export type Variable = keyof typeof VARIABLES;

/** An OAuth app that is installed in the portal, and the version of HubSpot's API that its token endpoint has. */
export interface OAuthApp {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  version: string;
}

/** What HubSpot knows us by: a token that does not change, or an app that gets its tokens. */
export type Credentials = { token: string } | { oauth: OAuthApp };

/** Where engagements come from: HubSpot (or a server that speaks like it), or the demo portal. */
export type Portal = { demo: true } | ({ demo: false; apiUrl: string } & Credentials);

/** What the environment and `.env` say, checked. Frozen. */
export interface Settings {
  /** Null when there is a database but no token: everything but `extract` still works. */
  portal: Portal | null;
  api: Api;
  apiVersion: string;
  /** The types to ask the objects API for; null: all. */
  types: ObjectTypeName[] | null;
  /** Null means the embedded server. */
  databaseUrl: string | null;
  databaseSchema: string;
  /** Absolute. */
  dataDir: string;
  reportTimezone: string;
  /** Days after which a full run is due again; null: never for that reason. */
  fullEveryDays: number | null;
  /** Null: HubSpot is asked directly. */
  proxyUrl: string | null;
  logFormat: 'text' | 'json';
}

const HUBSPOT = 'https://api.hubapi.com';

/**
 * Settings from the environment, then `.env` (`dotenv`: its parsed content). Pure.
 * Throws SettingsError for anything set but empty or malformed: a job that lost its environment must not run on.
 */
export function toSettings(
  environment: Record<string, string | undefined>,
  dotenv: Record<string, string | undefined>,
  cwd: string,
): Settings {
  const read = (name: Variable): string | undefined => {
    const value = environment[name] ?? dotenv[name];
    if (value !== undefined && value.trim() === '') {
      throw new SettingsError(`${name} is set but empty`, {
        next: `Give it a value, or unset it. It is: ${VARIABLES[name]}.`,
      });
    }
    return value?.trim();
  };
  for (const name of Object.keys(dotenv)) {
    if (!isVariable(name)) throw unknownVariable(name, 'the settings file has');
  }
  const apiUrl = read('HUBSPOT_API_URL');
  const apiVersion = checkApiVersion(read('HUBSPOT_API_VERSION') ?? '2026-09');
  const types = read('HUBSPOT_TYPES');
  const databaseUrl = read('DATABASE_URL');
  const credentials = toCredentials(read, apiVersion);
  const portal = toPortal(credentials, apiUrl, databaseUrl);
  if (portal?.demo && credentials === undefined) assertNoneMisspelt(environment);
  return Object.freeze({
    portal,
    api: checkApi(read('HUBSPOT_API') ?? 'v1'),
    apiVersion,
    types: types === undefined ? null : toObjectTypes('HUBSPOT_TYPES', types),
    databaseUrl: databaseUrl === undefined ? null : checkDatabaseUrl(databaseUrl),
    databaseSchema: checkSchema(read('DATABASE_SCHEMA') ?? 'hubspot'),
    dataDir: path.resolve(cwd, read('DATA_DIR') ?? 'data'),
    reportTimezone: read('REPORT_TIMEZONE') ?? 'UTC',
    fullEveryDays: checkFullEvery(read('FULL_EVERY') ?? '30'),
    proxyUrl: checkProxyUrl(read('HTTPS_PROXY')),
    logFormat: checkLogFormat(read('LOG_FORMAT') ?? 'text'),
  });
}

/**
 * The settings in a file of lines `NAME=value`; comments begin with `#`. Throws SettingsError for a line that is
 * neither: a setting that is silently ignored may be the token.
 */
export function parseSettingsFile(text: string): Record<string, string | undefined> {
  for (const [n, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$|(?:export\s+)?\w+\s*=\s*(?:(["'`]).*\1\s*(?:#.*)?$|[^"'`]|$))/.test(line))
      continue;
    // The line itself may hold a secret.
    throw new SettingsError(`line ${n + 1} of the settings file is not NAME=value`, {
      next: 'Write one setting a line, its value in full quotes or in none, and # before a comment.',
    });
  }
  return parseEnv(text);
}

function isVariable(name: string): name is Variable {
  return Object.hasOwn(VARIABLES, name);
}

function unknownVariable(name: string, where: string): SettingsError {
  return new SettingsError(`${where} ${name}, which is no setting`, {
    next: `Did you mean ${findNearest(name, Object.keys(VARIABLES))}?`,
  });
}

/** The portal that `extract` asks. Throws SettingsError when there is none. */
export function requirePortal(settings: Settings): Portal {
  if (settings.portal !== null) return settings.portal;
  throw new SettingsError('DATABASE_URL is set but HUBSPOT_ACCESS_TOKEN is not', {
    next: 'Set HUBSPOT_ACCESS_TOKEN to a service key; or unset DATABASE_URL to try the demo portal.',
  });
}

type Read = (name: Variable) => string | undefined;

const OAUTH = ['HUBSPOT_CLIENT_ID', 'HUBSPOT_CLIENT_SECRET', 'HUBSPOT_REFRESH_TOKEN'] as const;

/** Undefined when there are none. */
function toCredentials(read: Read, version: string): Credentials | undefined {
  const token = checkSecret(read, 'HUBSPOT_ACCESS_TOKEN');
  const [clientId, clientSecret, refreshToken] = OAUTH.map((name) => checkSecret(read, name));
  const given = OAUTH.filter((name) => read(name) !== undefined);
  const [first] = given;
  if (first === undefined) return token === undefined ? undefined : { token };
  if (token !== undefined) {
    throw new SettingsError(`HUBSPOT_ACCESS_TOKEN and ${first} are both set`, {
      next: 'Unset HUBSPOT_ACCESS_TOKEN to use the OAuth app; or unset the three settings of the app.',
    });
  }
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) {
    const missing = OAUTH.filter((name) => read(name) === undefined);
    throw new SettingsError(
      `${given.join(' and ')} ${given.length === 1 ? 'is' : 'are'} set but ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not`,
      { next: 'An OAuth app needs all three: its id, its secret and its refresh token.' },
    );
  }
  return { oauth: { clientId, clientSecret, refreshToken, version } };
}

function checkSecret(read: Read, name: Variable): string | undefined {
  const text = read(name);
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text;
  throw new SettingsError(`${name} has a character that it cannot have`, {
    next: 'Copy it again; quotes, spaces and line breaks do not belong to it.',
  });
}

/** A misspelt name must not lead to made-up data. */
function assertNoneMisspelt(environment: Record<string, string | undefined>): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('HUBSPOT_') && !isVariable(name)) {
      throw unknownVariable(name, 'the environment has');
    }
  }
}

function toPortal(
  credentials: Credentials | undefined,
  apiUrl: string | undefined,
  databaseUrl: string | undefined,
): Portal | null {
  if (credentials === undefined) {
    if (apiUrl !== undefined) {
      throw new SettingsError('HUBSPOT_API_URL is set but HUBSPOT_ACCESS_TOKEN is not', {
        next: 'Set HUBSPOT_ACCESS_TOKEN to a service key; or unset HUBSPOT_API_URL to try the demo portal.',
      });
    }
    return databaseUrl === undefined ? { demo: true } : null;
  }
  if ('token' in credentials && credentials.token === 'demo') return { demo: true };
  return { demo: false, apiUrl: checkApiUrl(apiUrl ?? HUBSPOT), ...credentials };
}

function checkApiUrl(text: string): string {
  const url = URL.parse(text);
  const loopback = url !== null && isLoopback(url.hostname);
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    throw new SettingsError(`HUBSPOT_API_URL must be an https URL; it is ${withoutSecrets(text)}`, {
      next: 'Plain http is for servers on this machine only: the token would travel readable.',
    });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new SettingsError('HUBSPOT_API_URL must be a host, with a path at most', {
      next: 'The token belongs in HUBSPOT_ACCESS_TOKEN.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

/** Whether the host is this machine itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

function checkApi(text: string): Api {
  if (text === 'v1' || text === 'objects') return text;
  throw new SettingsError(`HUBSPOT_API must be v1 or objects; it is ${text}`);
}

function checkApiVersion(text: string): string {
  if (/^\d{4}-\d{2}$/.test(text)) return text;
  throw new SettingsError(`HUBSPOT_API_VERSION must be a date such as 2026-09; it is ${text}`, {
    next: 'HubSpot names its versions by year and month; v3 and v4 have other addresses and cannot be asked.',
  });
}

/** The object types that the option or variable `name` lists. Throws SettingsError for one that is not known. */
export function toObjectTypes(name: string, text: string): ObjectTypeName[] {
  const types = text.split(',').map((type) => type.trim());
  for (const type of types) {
    if (OBJECT_TYPE_NAMES.some((known) => known === type)) continue;
    throw new SettingsError(
      `${name} has ${type === '' ? 'an empty name' : type}, which is no type of the objects API`,
      {
        next: `Did you mean ${findNearest(type, OBJECT_TYPE_NAMES)}? The types are ${OBJECT_TYPE_NAMES.join(', ')}.`,
      },
    );
  }
  return OBJECT_TYPE_NAMES.filter((known) => types.includes(known));
}

function checkProxyUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new SettingsError('HTTPS_PROXY must be a URL such as http://proxy.example:3128');
}

function checkDatabaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    throw new SettingsError(
      'DATABASE_URL must look like postgres://user:password@host:5432/database',
    );
  }
  return text;
}

// Postgres cuts names after 63 bytes and cannot hold U+0000.
function checkSchema(name: string): string {
  const isReserved = name.startsWith('pg_') || ['information_schema', '$user'].includes(name);
  if (Buffer.byteLength(name) <= 63 && !name.includes('\0') && !isReserved) return name;
  throw new SettingsError(
    "DATABASE_SCHEMA must have 1 to 63 bytes and be none of Postgres's own names (pg_…, information_schema, $user)",
  );
}

function checkFullEvery(text: string): number | null {
  if (text === 'never') return null;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  throw new SettingsError(
    `FULL_EVERY (--full-every) must be a number of days, or never; it is ${text}`,
  );
}

function checkLogFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw new SettingsError(`LOG_FORMAT must be text or json; it is ${text}`);
}

/**
 * A URL for messages: scheme, host and path. User, password and query, where Postgres too takes a password, are left
 * out; so is all of a text that names no host, since it may be a token that went astray.
 */
export function withoutSecrets(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return 'no URL';
  return `${url.protocol}//${url.host}${url.pathname}`;
}
