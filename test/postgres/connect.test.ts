import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/commands/open-database.ts';
import { DatabaseFailed } from '../../src/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

test('opens the database of the settings', async () => {
  const database = await open(db.url);
  expect(database).toMatchObject({ url: db.url, embedded: false, schema: 'hubspot' });
  const client = await database.connect('probe');
  const { rows } = await client.query('show application_name');
  expect(rows).toEqual([{ application_name: 'hubspot-engagements probe' }]);
  await client.end();
  await database.close();
});

test('wrong password', async () => {
  const failure = await fail({ username: 'nobody_of_this_name', password: 'hunter2' });
  expect(failure.message).toMatch(
    /^cannot connect to database \w+ at 127\.0\.0\.1:\d+: .*"nobody_of_this_name".* \(SQLSTATE 28\w+\)$/,
  );
  expect(failure.next).toMatch(/^Check user and password/);
  expect(failure.retryable).toBe(false);
});

test('missing database', async () => {
  const failure = await fail({ pathname: '/not_there' });
  expect(failure.message).toMatch(
    /^cannot connect to database not_there at .*: it does not exist$/,
  );
  expect(failure.next).toMatch(/^Create it/);
});

test('nobody listens', async () => {
  const { port, server } = await listen(() => {});
  server.close();
  await once(server, 'close');
  const failure = await fail({ port, password: 'hunter2' });
  expect(failure.message).toMatch(new RegExp(`at 127\\.0\\.0\\.1:${port}: nobody listens there$`));
  expect(failure.retryable).toBe(true);
});

test('unknown host', async () => {
  const failure = await fail({ hostname: 'nowhere.invalid', password: 'hunter2' });
  expect(failure.message).toMatch(/at nowhere\.invalid:\d+: no such host$/);
});

test('a server without TLS where TLS is asked for', async () => {
  const { port, server } = await listen((socket) => socket.once('data', () => socket.end('N')));
  const failure = await fail({ port, search: '?sslmode=verify-full', password: 'hunter2' });
  expect(failure.message).toMatch(/does not support SSL/);
  expect(failure.next).toMatch(/sslmode/);
  server.close();
});

test('a server that hangs up', async () => {
  const { port, server } = await listen((socket) => socket.once('data', () => socket.end()));
  const failure = await fail({ port, password: 'hunter2' });
  expect(failure.message).toMatch(/Connection terminated unexpectedly$/);
  server.close();
});

test('a server that is too old', async () => {
  const { port, server } = await listen(speakAsVersion14);
  const failure = await fail({ port });
  expect(failure.message).toBe(`127.0.0.1:${port} runs PostgreSQL 14.11: too old`);
  expect(failure.next).toBe('Use PostgreSQL 15 or newer.');
  server.close();
});

test('a database that cannot hold any text', async () => {
  const name = `${new URL(db.url).pathname.slice(1)}_latin`;
  await db.client.query(
    `create database ${name} template template0 encoding 'LATIN1' locale 'C' locale_provider 'libc'`,
  );
  const failure = await fail({ pathname: `/${name}` });
  await db.client.query(`drop database ${name}`);
  expect(failure.message).toBe(`database ${name} has the encoding LATIN1`);
});

function open(databaseUrl: string) {
  const signal = new AbortController().signal;
  return openDatabase({ ...db.settings, databaseUrl }, { note: console.error, signal });
}

/** The failure to open a URL like the test database's, but for `parts`; checked to hold no password. */
async function fail(parts: Partial<URL>): Promise<DatabaseFailed> {
  const url = Object.assign(new URL(db.url), { search: '' }, parts);
  const failure = await open(url.href).catch((error) => error);
  expect(failure).toBeInstanceOf(DatabaseFailed);
  expect(`${failure.message} ${failure.next}`).not.toContain(url.password || 'no password');
  return failure;
}

async function listen(talk: (socket: Socket) => void): Promise<{ port: string; server: Server }> {
  const server = createServer(talk).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: String(typeof address === 'object' ? address?.port : '') };
}

/** As much of the protocol as it takes to be asked for the version: one row (int4, text, text) to any query. */
function speakAsVersion14(socket: Socket): void {
  const message = (type: string, body: Buffer) => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const ready = message('Z', Buffer.from('I'));
  const values = { version: '140011', name: '14.11', encoding: 'UTF8' };
  const columns = Object.keys(values).map((name) => {
    const rest = Buffer.alloc(18);
    rest.writeInt32BE(name === 'version' ? 23 : 25, 6);
    return Buffer.concat([Buffer.from(`${name}\0`), rest]);
  });
  const cells = Object.values(values).map((value) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(value.length);
    return Buffer.concat([length, Buffer.from(value)]);
  });
  const answer = Buffer.concat([
    message('T', Buffer.concat([Buffer.from([0, 3]), ...columns])),
    message('D', Buffer.concat([Buffer.from([0, 3]), ...cells])),
    message('C', Buffer.from('SELECT 1\0')),
    ready,
  ]);
  socket.once('data', () => {
    socket.write(Buffer.concat([message('R', Buffer.alloc(4)), ready]));
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x51) socket.write(answer);
    });
  });
}
