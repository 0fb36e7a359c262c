import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseFailed, JobError } from '../errors.ts';
import { makeFolder } from '../files.ts';
import { type Lock, tryExclude, tryShare } from '../lock.ts';
import { connectClient } from '../postgres/connect.ts';
import { USE_ANOTHER } from './as-user.ts';
import { type Home, homeIn, NAME, prepareCluster, readPassword } from './cluster.ts';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts';

/** A share in an embedded server. */
export interface EmbeddedServer {
  /** With the password. */
  url: string;
  /** Gives the share back; whoever gives back the last one stops the server. */
  leave(): Promise<void>;
}

const POLL_MS = 50;
/** Generous: recovery after a crash replays up to 2 GB of WAL, and a stop writes as much. */
const PATIENCE_MS = 300_000;
const NOTE_AFTER_MS = 3_000;
const LEAVE_ATTEMPTS = 5;

/**
 * Joins the users of the embedded server in `<dataDir>/postgres`: adopts a living one, else clears what a dead one
 * left and starts it, making it first where there is none. Throws DatabaseFailed, ArchiveError when the folder cannot
 * be made, or the signal's reason.
 */
export async function openEmbedded(
  dataDir: string,
  things: { note(message: string): void; signal: AbortSignal },
): Promise<EmbeddedServer> {
  const folder = path.join(dataDir, 'postgres');
  await makeFolder(folder);
  // Postgres' own view of the path, to compare with.
  const home = homeIn(await realpath(folder));
  try {
    return await join(home, patience(things), things);
  } catch (error) {
    if (error instanceof JobError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new DatabaseFailed(`cannot use the embedded Postgres: ${error.message}`, {
      next: `Run as the user who owns ${folder}, on a disk with room. Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
}

async function join(
  home: Home,
  wait: Wait,
  things: { note(message: string): void; signal: AbortSignal },
): Promise<EmbeddedServer> {
  for (;;) {
    const share = take(tryShare, home);
    try {
      if (share && (await findPostmaster(home.data))?.ready) {
        const url = await greet(home);
        return { url, leave: () => leave(home, share, things.note) };
      }
    } catch (error) {
      if (share) await leave(home, share, things.note);
      throw error;
    }
    share?.release();
    const exclusive = take(tryExclude, home);
    if (exclusive === undefined) {
      await wait('another program that uses the embedded Postgres to end, start or stop it');
      continue;
    }
    try {
      await bringUp(home, wait, things.signal);
    } finally {
      exclusive.release();
    }
  }
}

/** Starts the server unless it lives; the caller holds the lock alone. */
async function bringUp(home: Home, wait: Wait, signal: AbortSignal): Promise<void> {
  // Its user was killed while it was starting or stopping.
  for (let server = await findPostmaster(home.data); server !== undefined; ) {
    if (server.ready) return;
    await wait('the embedded Postgres to start or stop');
    server = await findPostmaster(home.data);
  }
  const { postgres, user } = await prepareCluster(home);
  signal.throwIfAborted();
  await startPostmaster({ postgres, user, data: home.data, logFile: home.logFile, signal });
  try {
    await greet(home);
  } catch (error) {
    await stopPostmaster(home.data, PATIENCE_MS);
    throw error;
  }
}

/** Makes sure that it is our server who answers, and that it has our database; returns the database's URL. */
async function greet(home: Home): Promise<string> {
  const server = await findPostmaster(home.data);
  const password = await readPassword(home);
  const address = `postgres://${NAME}:${password}@127.0.0.1:${server?.port}`;
  const client = await connectClient(`${address}/postgres?sslmode=disable`, 'opening').catch(
    (cause: DatabaseFailed) => {
      throw new DatabaseFailed(`the embedded Postgres lives but refuses us: ${cause.message}`, {
        next: `See ${home.logFile}; if the password file was changed, put the old one back.`,
        cause,
      });
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
    // Two adopters of a server whose first user was killed just before it made it.
    const code = (error as { code?: string }).code ?? '';
    if (!['42P04', '23505'].includes(code)) throw error;
  }
}

async function leave(home: Home, share: Lock, note: (message: string) => void): Promise<void> {
  share.release();
  // Two who leave in the same instant can keep each other from the lock; whoever stays keeps both from it.
  for (let attempt = 1; attempt <= LEAVE_ATTEMPTS; attempt++) {
    const exclusive = take(tryExclude, home);
    if (exclusive !== undefined) {
      try {
        const gone = await stopPostmaster(home.data, PATIENCE_MS);
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

/** Waits a moment for what it is told, says so when it takes long, and gives up in the end. */
type Wait = (forWhat: string) => Promise<void>;

function patience(things: { note(message: string): void; signal: AbortSignal }): Wait {
  const since = Date.now();
  let noted = false;
  return async (forWhat) => {
    const waitedMs = Date.now() - since;
    if (waitedMs > PATIENCE_MS) {
      throw new DatabaseFailed(`waited ${Math.round(waitedMs / 1000)} s in vain for ${forWhat}`, {
        next: 'End the other program, or run the same command again when it is done.',
        retryable: true,
      });
    }
    if (!noted && waitedMs > NOTE_AFTER_MS) {
      noted = true;
      things.note(`waiting for ${forWhat}`);
    }
    await sleep(POLL_MS);
    things.signal.throwIfAborted();
  };
}
