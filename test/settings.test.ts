import { describe, expect, test } from 'vitest';
import { SettingsError } from '../src/errors.ts';
import {
  parseSettingsFile,
  requirePortal,
  type Settings,
  toSettings,
  VARIABLES,
  withoutSecrets,
} from '../src/settings.ts';

const settings = (environment: Record<string, string>, dotenv: Record<string, string> = {}) =>
  toSettings(environment, dotenv, '/srv/job');

const refusal = (make: () => unknown): SettingsError => {
  try {
    make();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

const TOKEN = 'pat-na1-11111111-2222-3333-4444-555555555555';
const DATABASE_URL = 'postgres://job:secret@db.example.com:5432/warehouse';

test('nothing set is the demo portal and the embedded database, in ./data', () => {
  const defaults = settings({});
  expect(defaults).toEqual({
    portal: { demo: true },
    api: 'v1',
    apiVersion: '2026-09',
    types: null,
    databaseUrl: null,
    databaseSchema: 'hubspot',
    dataDir: '/srv/job/data',
    reportTimezone: 'UTC',
    logFormat: 'text',
    fullEveryDays: 30,
    proxyUrl: null,
  } satisfies Settings);
  expect(Object.isFrozen(defaults)).toBe(true);
});

describe('which portal', () => {
  test.each<[Record<string, string>, Settings['portal']]>([
    [{ HUBSPOT_ACCESS_TOKEN: 'demo' }, { demo: true }],
    [{ HUBSPOT_ACCESS_TOKEN: 'demo', DATABASE_URL }, { demo: true }],
    [{ DATABASE_URL }, null],
    [
      { HUBSPOT_ACCESS_TOKEN: TOKEN },
      { demo: false, token: TOKEN, apiUrl: 'https://api.hubapi.com' },
    ],
    [
      { HUBSPOT_ACCESS_TOKEN: ` ${TOKEN}\n`, HUBSPOT_API_URL: 'https://api-eu1.hubapi.com/' },
      { demo: false, token: TOKEN, apiUrl: 'https://api-eu1.hubapi.com' },
    ],
    [
      { HUBSPOT_ACCESS_TOKEN: TOKEN, HUBSPOT_API_URL: 'https://proxy.example.com/hubspot//' },
      { demo: false, token: TOKEN, apiUrl: 'https://proxy.example.com/hubspot' },
    ],
  ])('%j', (environment, portal) => {
    expect(settings(environment).portal).toEqual(portal);
  });

  test('a database without a token has none, and only extract minds', () => {
    const { portal, databaseUrl } = settings({ DATABASE_URL });
    expect([portal, databaseUrl]).toEqual([null, DATABASE_URL]);
    const error = refusal(() => requirePortal(settings({ DATABASE_URL })));
    expect(error.exitCode).toBe(2);
    expect(error.message).toBe('DATABASE_URL is set but HUBSPOT_ACCESS_TOKEN is not');
    expect(requirePortal(settings({}))).toEqual({ demo: true });
  });

  const APP = {
    HUBSPOT_CLIENT_ID: 'b1c2d3e4-client',
    HUBSPOT_CLIENT_SECRET: 'secret-5555',
    HUBSPOT_REFRESH_TOKEN: 'refresh-7777',
  };
  const oauth = {
    clientId: 'b1c2d3e4-client',
    clientSecret: 'secret-5555',
    refreshToken: 'refresh-7777',
    version: '2026-03',
  };

  test('an OAuth app in place of a token', () => {
    const { portal } = settings({ ...APP, HUBSPOT_API_VERSION: '2026-03', DATABASE_URL });
    expect(portal).toEqual({ demo: false, apiUrl: 'https://api.hubapi.com', oauth });
  });

  test.each([TOKEN, 'demo'])('an OAuth app and a token are refused', (token) => {
    const error = refusal(() => settings({ ...APP, HUBSPOT_ACCESS_TOKEN: token }));
    expect(error.message).toBe('HUBSPOT_ACCESS_TOKEN and HUBSPOT_CLIENT_ID are both set');
    expect(error.exitCode).toBe(2);
  });

  test('a part of an OAuth app is refused, and never the demo portal', () => {
    for (const name of Object.keys(APP)) {
      const { [name as keyof typeof APP]: _, ...part } = APP;
      const error = refusal(() => settings(part));
      expect(error.message).toBe(`${Object.keys(part).join(' and ')} are set but ${name} is not`);
      expect(error.exitCode).toBe(2);
      expect(refusal(() => settings({ [name]: 'x-y-z' })).message).toMatch(
        new RegExp(`^${name} is set but HUBSPOT_\\w+ and HUBSPOT_\\w+ are not$`),
      );
    }
  });

  test('a host without a token is refused', () => {
    const error = refusal(() => settings({ HUBSPOT_API_URL: 'https://api.hubapi.com' }));
    expect(error.message).toBe('HUBSPOT_API_URL is set but HUBSPOT_ACCESS_TOKEN is not');
  });
});

describe('set but empty is refused, wherever it is set', () => {
  test.each(Object.keys(VARIABLES))('%s', (name) => {
    for (const empty of ['', ' ', '\t\n']) {
      expect(refusal(() => settings({ [name]: empty })).message).toBe(`${name} is set but empty`);
      expect(refusal(() => settings({}, { [name]: empty })).exitCode).toBe(2);
    }
  });

  test('also when .env has a value', () => {
    const error = refusal(() =>
      settings({ HUBSPOT_ACCESS_TOKEN: '' }, { HUBSPOT_ACCESS_TOKEN: TOKEN }),
    );
    expect(error.message).toBe('HUBSPOT_ACCESS_TOKEN is set but empty');
  });
});

describe('a name that is no setting is refused with the nearest that is', () => {
  test.each([
    ['HUBSPOT_TOKEN', 'HUBSPOT_ACCESS_TOKEN'],
    ['HUBSPOT_ACESS_TOKEN', 'HUBSPOT_ACCESS_TOKEN'],
    ['DATABASE', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['TIMEZONE', 'REPORT_TIMEZONE'],
  ])('%s', (name, nearest) => {
    const error = refusal(() => settings({}, { [name]: 'secret' }));
    expect(error.message).toBe(`the settings file has ${name}, which is no setting`);
    expect(error.next).toBe(`Did you mean ${nearest}?`);
  });

  test('in the environment, where the demo portal would answer instead', () => {
    expect(refusal(() => settings({ HUBSPOT_TOKEN: TOKEN })).message).toBe(
      'the environment has HUBSPOT_TOKEN, which is no setting',
    );
    expect(settings({ HUBSPOT_TOKEN: 'x', HUBSPOT_ACCESS_TOKEN: TOKEN }).portal).toMatchObject({
      token: TOKEN,
    });
    expect(settings({ HUBSPOT_TOKEN: 'x', HUBSPOT_ACCESS_TOKEN: 'demo' }).portal).toEqual({
      demo: true,
    });
  });
});

describe('the settings file', () => {
  test('has a setting a line, quoted or not, and comments', () => {
    const text =
      '# job\n\nDATA_DIR=data # here\nexport LOG_FORMAT="json"\r\nDATABASE_SCHEMA = \'crm\' # ours\n';
    expect(parseSettingsFile(text)).toEqual({
      DATA_DIR: 'data',
      LOG_FORMAT: 'json',
      DATABASE_SCHEMA: 'crm',
    });
    expect(parseSettingsFile('DATABASE_URL=\n')).toEqual({ DATABASE_URL: '' });
  });

  test.each([
    'HUBSPOT_ACCESS_TOKEN: secret',
    'HUBSPOT_ACCESS_TOKEN secret',
    'HUBSPOT_ACCESS_TOKEN="secret',
    'HUBSPOT-ACCESS-TOKEN=secret',
    '"HUBSPOT_ACCESS_TOKEN=secret"',
  ])('is refused for the line %s, which is not repeated', (line) => {
    const { message, exitCode } = refusal(() => parseSettingsFile(`DATA_DIR=x\n${line}\n`));
    expect(message).toBe('line 2 of the settings file is not NAME=value');
    expect(exitCode).toBe(2);
  });
});

test('the environment goes before .env, variable by variable', () => {
  const both = settings(
    { DATA_DIR: '/var/lib/job', LOG_FORMAT: 'json' },
    { DATA_DIR: 'elsewhere', DATABASE_SCHEMA: 'crm', REPORT_TIMEZONE: 'Europe/Dublin' },
  );
  expect(both).toMatchObject({
    dataDir: '/var/lib/job',
    logFormat: 'json',
    databaseSchema: 'crm',
    reportTimezone: 'Europe/Dublin',
  });
  expect(settings({}, { DATA_DIR: '../archive' }).dataDir).toBe('/srv/archive');
  expect(settings({ HUBSPOT_ACCESS_TOKEN: TOKEN }, { HUBSPOT_ACCESS_TOKEN: '' }).portal).toEqual({
    demo: false,
    token: TOKEN,
    apiUrl: 'https://api.hubapi.com',
  });
});

describe('plain http', () => {
  const apiUrl = (url: string) => settings({ HUBSPOT_ACCESS_TOKEN: TOKEN, HUBSPOT_API_URL: url });
  test.each([
    'http://127.0.0.1:8080',
    'http://127.9.9.9:1',
    'http://localhost:3000',
    'http://[::1]:3000',
  ])('to %s is taken', (url) => {
    expect(apiUrl(url).portal).toMatchObject({ apiUrl: url });
  });
  test.each([
    'http://api.hubapi.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1',
    'ftp://127.0.0.1',
    '//api.hubapi.com',
    'api.hubapi.com',
  ])('to %s is not', (url) => {
    const { message, next } = refusal(() => apiUrl(url));
    expect(message).toMatch(/^HUBSPOT_API_URL must be an https URL; it is /);
    expect(next).toContain('servers on this machine only');
  });
});

describe('malformed values', () => {
  test.each([
    [{ DATABASE_URL: 'mysql://db/x' }, /^DATABASE_URL must look like/],
    [{ DATABASE_URL: 'host=db dbname=x' }, /^DATABASE_URL must look like/],
    [{ DATABASE_SCHEMA: 'pg_toast' }, /^DATABASE_SCHEMA must have/],
    [{ DATABASE_SCHEMA: 'information_schema' }, /^DATABASE_SCHEMA must have/],
    [{ DATABASE_SCHEMA: '$user' }, /^DATABASE_SCHEMA must have/],
    [{ DATABASE_SCHEMA: 'é'.repeat(32) }, /^DATABASE_SCHEMA must have 1 to 63 bytes/],
    [{ FULL_EVERY: 'monthly' }, /^FULL_EVERY \(--full-every\) must be a number of days, or never/],
    [{ LOG_FORMAT: 'yaml' }, /^LOG_FORMAT must be text or json; it is yaml$/],
  ])('%j', (environment, message) => {
    expect(refusal(() => settings(environment)).message).toMatch(message);
  });
  test('what is just within them is taken', () => {
    expect(settings({ DATABASE_SCHEMA: `${'é'.repeat(31)}x` }).databaseSchema).toHaveLength(32);
    expect(settings({ DATABASE_URL: 'postgresql:///x?host=/run/postgresql' }).databaseUrl).toBe(
      'postgresql:///x?host=/run/postgresql',
    );
  });
});

describe('no secret is in any message', () => {
  const S = 's3cr3t';
  const api = (url: string) => ({ HUBSPOT_ACCESS_TOKEN: `pat-${S}`, HUBSPOT_API_URL: url });
  test.each([
    { HUBSPOT_ACCESS_TOKEN: `"${S} "` },
    { HUBSPOT_ACCESS_TOKEN: `${S}\r\nX: y` },
    api(`http://api.hubapi.com/?hapikey=${S}`),
    api(`https://api.hubapi.com/?hapikey=${S}`),
    api(`https://user:${S}@api.hubapi.com`),
    api(`http://${S}@api.hubapi.com`),
    api(`http://user:pass/${S}@api.hubapi.com`),
    api(`user:${S}@api.hubapi.com`),
    api(`user:pa//${S}@api.hubapi.com`),
    api(`pat-${S}`),
    { DATABASE_URL: `mysql://user:${S}@db/x` },
    { DATABASE_URL: `postgres://user:pa#${S}@db:port/x` },
    { HUBSPOT_API_URL: `https://user:${S}@api.hubapi.com` },
  ])('%j', (environment) => {
    const { message, next, cause } = refusal(() => settings(environment));
    expect(`${message} ${next} ${String(cause)}`).not.toContain(S);
  });

  test.each([
    ['postgres://me:s3cr3t@db.example.com:5433/x', 'postgres://db.example.com:5433/x'],
    ['postgres://db.example.com/x?user=me&password=s3cr3t', 'postgres://db.example.com/x'],
    ['https://me:s3cr3t@example.com/path#s3cr3t', 'https://example.com/path'],
    ['postgres:///x?host=/run/postgresql', 'postgres:///x'],
    ['s3cr3t', 'no URL'],
  ])('%s is shown as %s', (url, shown) => {
    expect(withoutSecrets(url)).toBe(shown);
  });
});

test.each(['v3', '3', '2026', '2026-9', 'latest'])(
  'an API version that is no date: %s',
  (version) => {
    const error = refusal(() => settings({ HUBSPOT_API_VERSION: version }));
    expect(error.message).toBe(
      `HUBSPOT_API_VERSION must be a date such as 2026-09; it is ${version}`,
    );
    expect(error.exitCode).toBe(2);
  },
);
