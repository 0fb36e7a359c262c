import pg from 'pg';
import { DatabaseFailed } from '../errors.ts';
import { toTlsUrls } from './tls-urls.ts';
import { cannotConnect } from './to-database-failed.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** PostgreSQL 15, as the number that `server_version_num` shows. */
const OLDEST = 150_000;

/**
 * A connected client, named `hubspot-engagements <name>` in `pg_stat_activity`; the caller ends it. When its
 * connection is lost its queries reject. Throws DatabaseFailed, which never holds the password.
 */
export async function connectClient(url: string, name: string): Promise<pg.Client> {
  const urls = toTlsUrls(url, process.env);
  for (const [n, one] of urls.entries()) {
    const client = newClient(one, name);
    // A connection lost between two queries would end the process; the next query tells of it.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (n < urls.length - 1 && isWithoutTls(error)) continue;
      throw cannotConnect(error, client);
    }
  }
  throw new TypeError('there is no URL to try');
}

/** Whether the server said that it has no TLS. */
function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL');
}

/** Throws DatabaseFailed unless the server is PostgreSQL 15 or newer and the database holds any text (UTF8). */
export async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as version,
            current_setting('server_version') as name,
            current_setting('server_encoding') as encoding`,
  );
  const { version, name, encoding } = rows[0];
  if (version < OLDEST) {
    throw new DatabaseFailed(`${client.host}:${client.port} runs PostgreSQL ${name}: too old`, {
      next: 'Use PostgreSQL 15 or newer.',
    });
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseFailed(`database ${client.database} has the encoding ${encoding}`, {
      next: "Use a database that was created with encoding 'UTF8'.",
    });
  }
}

function newClient(url: string, name: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      application_name: `hubspot-engagements ${name}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
  } catch (error) {
    // Not the cause: it may quote the URL.
    if (error instanceof Error && 'code' in error && 'path' in error) {
      throw new DatabaseFailed(`cannot read ${error.path}: ${error.code}`, {
        next: 'Correct sslrootcert, sslcert or sslkey in DATABASE_URL.',
      });
    }
    throw new DatabaseFailed('DATABASE_URL cannot be used', {
      next: 'It must look like postgres://user:password@host:5432/database.',
    });
  }
}
