import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseFailed, JobError } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { type Lock, tryExclude, tryShare } from '../lock.ts';
import { connectClient } from '../postgres/connect.ts';
import { type Home, homeIn, NAME, prepareCluster, readPassword } from './cluster.ts';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { USE_ANOTHER } from './server-user.ts';

/** The embedded server, in use by this program. */
export interface EmbeddedServer {
  /** With the password. */
  url: string;
  /** Ends this program's use of the server; its last user stops it. */
  leave(): Promise<void>;
}

/** Where messages about waiting go, and what stops it. */
export interface EmbeddedDeps {
  note(message: string): void;
  signal: AbortSignal;
}

const POLL_MS = 50;
/** Long: recovery after a crash reads up to 2 GB of WAL, and a stop writes as much. */
const GIVE_UP_MS = 300_000;
const NOTE_AFTER_MS = 3_000;
const LEAVE_ATTEMPTS = 5;

/**
 * Opens the embedded server in `<dataDir>/postgres` for this program: uses a running one, or starts it, after removing
 * what a killed one left; makes its data folder first when there is none. Throws DatabaseFailed, ArchiveError when the
 * folder cannot be made, or the signal's reason.
 */
export async function openEmbedded(dataDir: string, deps: EmbeddedDeps): Promise<EmbeddedServer> {
  const folder = path.join(dataDir, 'postgres');
  await makeFolder(folder);
  // As Postgres itself names the path.
  const home = homeIn(await realpath(folder));
  try {
    return await join(home, createWait(deps), deps);
  } catch (error) {
    if (error instanceof JobError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new DatabaseFailed(`cannot use the embedded Postgres: ${error.message}`, {
      next: `Run as the user who owns ${folder}, on a disk with room. Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
}

async function join(home: Home, wait: Wait, deps: EmbeddedDeps): Promise<EmbeddedServer> {
  for (;;) {
    const share = take(tryShare, home);
    try {
      if (share && (await findPostmaster(home.data))?.ready) {
        const url = await checkServer(home);
        return { url, leave: () => leave(home, share, deps.note) };
      }
    } catch (error) {
      if (share) await leave(home, share, deps.note);
      throw error;
    }
    share?.release();
    const exclusive = take(tryExclude, home);
    if (exclusive === undefined) {
      await wait('another program that uses the embedded Postgres to end, start or stop it');
      continue;
    }
    try {
      await bringUp(home, wait, deps.signal);
    } finally {
      exclusive.release();
    }
  }
}

/** Starts the server unless it runs; the caller holds the lock exclusively. */
async function bringUp(home: Home, wait: Wait, signal: AbortSignal): Promise<void> {
  // A server that is starting or stopping without any user: its user was killed meanwhile.
  for (let server = await findPostmaster(home.data); server !== undefined; ) {
    if (server.ready) return;
    await wait('the embedded Postgres to start or stop');
    server = await findPostmaster(home.data);
  }
  const { postgres, user } = await prepareCluster(home);
  signal.throwIfAborted();
  await startPostmaster({ postgres, user, data: home.data, logFile: home.logFile, signal });
  try {
    await checkServer(home);
  } catch (error) {
    await stopPostmaster(home.data, GIVE_UP_MS);
    throw error;
  }
}

/** Checks that the server of this data folder answers, and makes the database if needed; returns the database's URL. */
async function checkServer(home: Home): Promise<string> {
  const server = await findPostmaster(home.data);
  const password = await readPassword(home);
  const address = `postgres://${NAME}:${password}@127.0.0.1:${server?.port}`;
  const client = await connectClient(`${address}/postgres?sslmode=disable`, 'opening').catch(
    (cause: DatabaseFailed) => {
      throw new DatabaseFailed(
        `the embedded Postgres runs but refuses the connection: ${cause.message}`,
        {
          next: `See ${home.logFile}; if the password file was changed, put the old one back.`,
          cause,
        },
      );
    },
  );
  try {
    const { rows } = await client.query(
      `select current_setting('data_directory') as folder,
              exists (select from pg_database where datname = $1) as made`,
      [NAME],
    );
    if (rows[0].folder !== home.data) {
      throw new DatabaseFailed(
        `port ${server?.port} is answered by the Postgres of ${rows[0].folder}, not of ${home.data}`,
        { next: 'Run the same command again.', retryable: true },
      );
    }
    if (!rows[0].made) await createDatabase(client);
  } finally {
    await client.end();
  }
  return `${address}/${NAME}?sslmode=disable`;
}

async function createDatabase(client: { query(sql: string): Promise<unknown> }): Promise<void> {
  try {
    await client.query(`create database ${NAME}`);
  } catch (error) {
    // Another program has just made it: both use a server whose first user was killed before it could.
    const code = (error as { code?: string }).code ?? '';
    if (!['42P04', '23505'].includes(code)) throw error;
  }
}

async function leave(home: Home, share: Lock, note: (message: string) => void): Promise<void> {
  share.release();
  // Two programs that leave at the same instant can keep each other from the lock, so each tries again. A program that
  // stays keeps both from it, and stops the server later.
  for (let attempt = 1; attempt <= LEAVE_ATTEMPTS; attempt++) {
    const exclusive = take(tryExclude, home);
    if (exclusive !== undefined) {
      try {
        const gone = await stopPostmaster(home.data, GIVE_UP_MS);
        if (!gone) note('the embedded Postgres is still writing; it ends by itself');
      } finally {
        exclusive.release();
      }
      return;
    }
    await sleep(5 + Math.random() * 20);
  }
}

function take(how: (file: string) => Lock | undefined, home: Home): Lock | undefined {
  try {
    return how(home.lockFile);
  } catch (error) {
    throw new DatabaseFailed(
      `cannot lock ${home.lockFile}: ${error instanceof Error ? error.message : error}`,
      {
        next: `Make it writable for this user. Or: ${USE_ANOTHER}`,
        cause: error,
      },
    );
  }
}

/** Waits a moment for something to happen; says so once when it takes long, and throws DatabaseFailed in the end. */
type Wait = (forWhat: string) => Promise<void>;

function createWait(deps: EmbeddedDeps): Wait {
  const since = Date.now();
  let noted = false;
  return async (forWhat) => {
    const waitedMs = Date.now() - since;
    if (waitedMs > GIVE_UP_MS) {
      throw new DatabaseFailed(
        `gave up after waiting ${Math.round(waitedMs / 1000)} s for ${forWhat}`,
        {
          next: 'End the other program, or run the same command again when it is done.',
          retryable: true,
        },
      );
    }
    if (!noted && waitedMs > NOTE_AFTER_MS) {
      noted = true;
      deps.note(`waiting for ${forWhat}`);
    }
    await sleep(POLL_MS);
    deps.signal.throwIfAborted();
  };
}
