import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseFailed } from '../../src/errors.ts';
import { connectClient } from '../../src/postgres/connect.ts';
import { toTlsUrls } from '../../src/postgres/tls-urls.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const URL_ = 'postgres://u:p%40@db.example:5432/d';
const compat = (mode: string): string => `uselibpqcompat=true&sslmode=${mode}`;

test.each<[string, string[]]>([
  ['', [`?${compat('prefer')}`, `?${compat('disable')}`]],
  [
    '?sslmode=prefer',
    ['?sslmode=prefer&uselibpqcompat=true', '?sslmode=disable&uselibpqcompat=true'],
  ],
  [
    '?sslmode=allow',
    ['?sslmode=prefer&uselibpqcompat=true', '?sslmode=disable&uselibpqcompat=true'],
  ],
  ['?sslmode=require', ['?sslmode=require&uselibpqcompat=true']],
  ['?sslmode=disable', ['?sslmode=disable&uselibpqcompat=true']],
  ['?sslmode=verify-full&sslrootcert=system', ['?sslmode=verify-full&uselibpqcompat=true']],
  [`?${compat('require')}`, [`?${compat('require')}`]],
  ['?host=/run/pg&sslmode=require', ['?host=%2Frun%2Fpg&sslmode=disable&uselibpqcompat=true']],
])('%s', (query, expected) => {
  expect(toTlsUrls(`${URL_}${query}`, {})).toEqual(expected.map((one) => `${URL_}${one}`));
});

test.each(['postgres://u@127.0.0.1/d', 'postgres://u@localhost/d', 'postgres:///d?host=/run/pg'])(
  '%s is not asked for TLS',
  (url) => {
    expect(toTlsUrls(url, {})).toEqual([url]);
  },
);

test('PGSSLMODE and PGSSLROOTCERT stand for what the URL does not say', () => {
  const environment = { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/a.crt' };
  expect(toTlsUrls('postgres://u@localhost/d', environment)).toEqual([
    'postgres://u@localhost/d?sslrootcert=%2Fa.crt&uselibpqcompat=true&sslmode=verify-ca',
  ]);
  expect(toTlsUrls(`${URL_}?sslmode=disable`, environment)).toEqual([
    `${URL_}?sslmode=disable&uselibpqcompat=true`,
  ]);
});

describe('in front of a real server', () => {
  const file = (name: string): string =>
    fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
  const authority = `sslrootcert=${file('authority.crt')}`;
  const another = `sslrootcert=${file('another-authority.crt')}`;

  let db: TestDatabase;
  let encrypting: Server;
  let plain: Server;
  /** How the last connection spoke. */
  let spoken: 'TLS' | 'plain' | undefined;
  beforeAll(async () => {
    db = await createTestDatabase();
    encrypting = await listen(true);
    plain = await listen(false);
  });
  afterAll(async () => {
    encrypting.close();
    plain.close();
    await db.close();
  });
  beforeEach(() => {
    spoken = undefined;
  });

  /** Postgres's own port, behind one that has a certificate for `localhost` or does not speak TLS at all. */
  async function listen(hasTls: boolean): Promise<Server> {
    const { hostname, port } = new URL(db.url);
    const pipe = (client: Socket, first?: Buffer): void => {
      const server = connect(Number(port || 5432), hostname);
      for (const socket of [client, server]) socket.on('error', () => server.destroy());
      if (first !== undefined) server.write(first);
      client.pipe(server).pipe(client);
    };
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (first) => {
        // SSLRequest, "Message Formats" of Postgres's documentation.
        const isRequest = first.length === 8 && first.readInt32BE(4) === 80_877_103;
        if (!isRequest) {
          spoken = 'plain';
          pipe(socket, first);
        } else if (hasTls) {
          socket.write('S');
          const [key, cert] = ['key', 'crt'].map((end) => readFileSync(file(`localhost.${end}`)));
          const secure = new TLSSocket(socket, { isServer: true, key, cert });
          secure.once('secure', () => {
            spoken = 'TLS';
          });
          pipe(secure);
        } else {
          socket.end('N');
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  /** How a connection came about, or why it did not. */
  async function attempt(server: Server, query: string, hostname = 'localhost'): Promise<unknown> {
    const url = new URL(db.url);
    const address = server.address();
    url.hostname = hostname;
    url.port = String(typeof address === 'object' ? address?.port : '');
    url.search = query;
    try {
      const client = await connectClient(url.href, 'test');
      await client.query('select 1');
      await client.end();
      return spoken;
    } catch (error) {
      expect(error).toBeInstanceOf(DatabaseFailed);
      return (error as Error).message.replace(/^cannot connect to database .*?:\d+: /, '');
    }
  }

  test.each<[string, unknown]>([
    ['', 'plain'],
    ['sslmode=disable', 'plain'],
    ['sslmode=prefer', 'TLS'],
    ['sslmode=require', 'TLS'],
    [`sslmode=require&${authority}`, 'TLS'],
    [`sslmode=require&${another}`, expect.stringMatching(/certificate/)],
    [`sslmode=verify-ca&${authority}`, 'TLS'],
    [`sslmode=verify-ca&${another}`, expect.stringMatching(/certificate/)],
    ['sslmode=verify-ca', 'sslmode=verify-ca needs to know whom to believe'],
    [`sslmode=verify-full&${authority}`, 'TLS'],
    [`sslmode=verify-full&${another}`, expect.stringMatching(/certificate/)],
    ['sslmode=verify-full', expect.stringMatching(/certificate/)],
    ['sslmode=verify-full&sslrootcert=/nowhere.crt', 'cannot read /nowhere.crt: ENOENT'],
    ['sslmode=full', 'there is no sslmode full'],
  ])('a private certificate, %s', async (query, outcome) => {
    expect(await attempt(encrypting, query)).toEqual(outcome);
  });

  test('a certificate of another name passes verify-ca, not verify-full', async () => {
    expect(await attempt(encrypting, `sslmode=verify-ca&${authority}`, '127.0.0.1')).toBe('TLS');
    expect(await attempt(encrypting, `sslmode=verify-full&${authority}`, '127.0.0.1')).toMatch(
      /does not match certificate/,
    );
  });

  test.each<[string, unknown]>([
    ['sslmode=disable', 'plain'],
    ['sslmode=prefer', 'plain'],
    ['sslmode=require', expect.stringMatching(/does not support SSL/)],
    [`sslmode=verify-full&${authority}`, expect.stringMatching(/does not support SSL/)],
  ])('no TLS, %s', async (query, outcome) => {
    expect(await attempt(plain, query)).toEqual(outcome);
  });
});
