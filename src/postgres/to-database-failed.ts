import pg from 'pg';
import { DatabaseFailed, isSystemError, JobError } from '../errors.ts';

/** Connection lost, shutting down, out of resources: the same command may succeed later. */
const TRANSIENT = /^(?:08|53|57|40)/;

/** What each SQLSTATE wants of the operator; classes by their first two characters. */
const NEXT: Record<string, string> = {
  '3F000': 'Check DATABASE_SCHEMA.',
  '25006': 'Use the primary server: this one is a read-only copy, or set to read-only.',
  '42501': 'Grant this user the privilege named, or use another user.',
  '53100': 'Free some space on the disk of the database and run the same command again.',
  '53300': 'Close some connections to the server and run the same command again.',
  '57014': 'Run the same command again; if it was statement_timeout, raise that for this user.',
  '55P03': 'Somebody holds a lock on the table; run the same command again when it is free.',
};

/**
 * An error of pg or the network as a DatabaseFailed that says what could not be done (`where`, such as `merging run
 * …`); anything else (a JobError, a bug) as it is. Rows are never quoted: neither `detail` nor `where` of the server.
 */
export function toDatabaseFailed(error: unknown, where: string): Error {
  if (error instanceof JobError) return error;
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    const next = NEXT[code] ?? (TRANSIENT.test(code) ? AGAIN : undefined);
    return new DatabaseFailed(`${where}: the database says: ${saying(error)}`, {
      retryable: TRANSIENT.test(code),
      cause: withoutRows(error),
      ...(next === undefined ? {} : { next }),
    });
  }
  if (isLost(error)) {
    return new DatabaseFailed(`${where}: the connection to the database was lost`, {
      next: AGAIN,
      retryable: true,
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Why no connection came about, and what to do. `target` as pg understood the URL; never the password. */
export function cannotConnect(
  error: unknown,
  target: { host: string; port: number; database?: string | undefined; user?: string | undefined },
): DatabaseFailed {
  const server = `${target.host}:${target.port}`;
  const fail = (reason: string, next: string, retryable = false) =>
    new DatabaseFailed(`cannot connect to database ${target.database} at ${server}: ${reason}`, {
      next,
      retryable,
      cause: error instanceof pg.DatabaseError ? withoutRows(error) : error,
    });
  if (error instanceof pg.DatabaseError) {
    if (error.code === '28P01' || error.code === '28000') {
      return fail(saying(error), 'Check user and password in DATABASE_URL, and pg_hba.conf.');
    }
    if (error.code === '3D000') {
      return fail('it does not exist', 'Create it (createdb), or correct DATABASE_URL.');
    }
    const retryable = TRANSIENT.test(error.code ?? '');
    return fail(saying(error), retryable ? AGAIN : 'Check DATABASE_URL.', retryable);
  }
  if (isSystemError(error, 'ECONNREFUSED')) {
    return fail('nobody listens there', 'Start the server, or correct DATABASE_URL.', true);
  }
  if (isSystemError(error, 'ENOTFOUND', 'EAI_AGAIN')) {
    return fail('no such host', 'Correct the host in DATABASE_URL, or check the DNS.', true);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/timeout expired|ETIMEDOUT/.test(message)) {
    return fail('no answer', 'Check host, port and firewall; then run it again.', true);
  }
  if (/SSL|TLS|certificate/i.test(message) || isSystemError(error, ...TLS_CODES)) {
    return fail(message, TLS);
  }
  if (/password/i.test(message)) {
    return fail('it wants a password', 'Give user and password in DATABASE_URL.');
  }
  return fail(message, 'Check DATABASE_URL and the server.', true);
}

const AGAIN = 'Run the same command again; nothing is half done.';

const TLS =
  'Set sslmode in DATABASE_URL, as for psql: disable for a server without TLS; sslrootcert=FILE for a private ' +
  'certificate; require to encrypt without checking it.';
const TLS_CODES = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
];

function saying(error: pg.DatabaseError): string {
  // The messages of class 22 quote the value that was refused.
  const message = error.code?.startsWith('22') ? 'a value was refused' : error.message;
  return `${message} (SQLSTATE ${error.code})`;
}

/** A cause that may be logged. */
function withoutRows(error: pg.DatabaseError): object {
  const { code, severity, schema, table, column, constraint, routine } = error;
  return { code, severity, schema, table, column, constraint, routine };
}

/** pg's own errors have no code: it is their words, or those of the system below. */
function isLost(error: unknown): boolean {
  return (
    isSystemError(error, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH') ||
    (error instanceof Error &&
      /^(?:Connection terminated|Client (?:has encountered|was closed))/.test(error.message))
  );
}
