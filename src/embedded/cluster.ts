import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseFailed, isSystemError } from '../errors.ts';
import { makeDurable } from '../files.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { chooseServerUser, runProgram, type ServerUser, USE_ANOTHER } from './server-user.ts';

/** The files of an embedded server. */
export interface Home {
  /** `DATA_DIR/postgres`. */
  folder: string;
  /** The data folder, which Postgres calls PGDATA. */
  data: string;
  /** The superuser's password; 0600. */
  passwordFile: string;
  logFile: string;
  /** Held shared by every program that uses the server, exclusively by one that starts or stops it (see `lock.ts`). */
  lockFile: string;
}

/** The superuser of an embedded server, and its database. */
export const NAME = 'hubspot';

/** The files of the embedded server that lives in `folder`. */
export function homeIn(folder: string): Home {
  return {
    folder,
    data: path.join(folder, 'data'),
    passwordFile: path.join(folder, 'password'),
    logFile: path.join(folder, 'server.log'),
    lockFile: path.join(folder, 'users.lock'),
  };
}

const PARTIAL = 'data.partial-';

/** Settings for a laptop, written to postgresql.conf, where users can change them. fsync stays on. */
const SETTINGS = {
  timezone: 'UTC',
  log_timezone: 'UTC',
  shared_buffers: '128MB',
  work_mem: '32MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '2GB',
  // The package has no LLVM, which jit needs.
  jit: 'off',
  // The DETAIL and CONTEXT lines of the log quote rows, which hold personal data.
  log_error_verbosity: 'terse',
  // In containers /dev/shm often has 64 MB, too little for parallel queries. Elsewhere initdb's choice is good.
  ...(process.platform === 'linux' ? { dynamic_shared_memory_type: 'sysv' } : {}),
};

/**
 * Makes the data folder when there is none, else checks that it is of this version of Postgres; returns what is needed
 * to start a server there. The caller holds the lock exclusively. Throws DatabaseFailed.
 */
export async function prepareCluster(home: Home): Promise<Binaries & { user: ServerUser }> {
  await removePartial(home);
  const binaries = await findBinaries();
  const user = await chooseServerUser(home.data);
  const said = await runProgram(user, binaries.postgres, ['-V']);
  const ours = /\) (\d+)/.exec(said)?.[1];
  const theirs = await readVersion(home.data);
  if (theirs === undefined) {
    await initializeCluster(home, binaries.initdb, user);
  } else if (theirs !== ours) {
    throw new DatabaseFailed(
      `${home.data} was made by Postgres ${theirs}; the embedded one is version ${ours}`,
      {
        next: `Move ${home.folder} away and run load --rebuild: the archive holds everything.`,
      },
    );
  } else if (user.owner !== null && (await stat(home.data)).uid !== user.owner.uid) {
    // Root copied the folder, and now owns the copy.
    await runProgram({ prefix: [], owner: null }, 'chown', [
      ...['-R', `${user.owner.uid}:${user.owner.gid}`, home.data],
    ]);
  }
  return { ...binaries, user };
}

/** The superuser's password. Throws DatabaseFailed when its file is gone. */
export async function readPassword(home: Home): Promise<string> {
  try {
    return (await readFile(home.passwordFile, 'utf8')).trim();
  } catch (error) {
    throw new DatabaseFailed(`cannot read the embedded Postgres' password ${home.passwordFile}`, {
      next: `Put it back; or move ${home.folder} away and load again: the archive holds everything.`,
      cause: error,
    });
  }
}

async function initializeCluster(home: Home, initdb: string, user: ServerUser): Promise<void> {
  // A killed initdb leaves a folder that looks complete, so it gets another name until it is. The name is random, since
  // an initdb goes on when this program is killed, and no other one may write into its folder.
  const partial = path.join(home.folder, `${PARTIAL}${randomBytes(6).toString('hex')}`);
  await writeFile(home.passwordFile, `${randomBytes(24).toString('base64url')}\n`, {
    mode: 0o600,
    flush: true,
  });
  await chmod(home.passwordFile, 0o600);
  await runProgram(user, initdb, [
    ...['-D', partial, '-U', NAME, '--pwfile', home.passwordFile, '-A', 'scram-sha-256'],
    ...['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  await rename(partial, home.data);
  await makeDurable(home.folder);
}

/** Removes the folders that killed programs left; one that its initdb still writes to is left for the next time. */
async function removePartial(home: Home): Promise<void> {
  const partial = (await readdir(home.folder)).filter((name) => name.startsWith(PARTIAL));
  for (const name of partial) {
    await rm(path.join(home.folder, name), { recursive: true, force: true }).catch(() => {});
  }
}

async function readVersion(data: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw new DatabaseFailed(`cannot read ${data}: ${String(error)}`, {
      next: `Run as the user who owns it. Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
}
