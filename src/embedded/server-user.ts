import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { DatabaseFailed, isSystemError } from '../errors.ts';

/** What an operator can do whenever this machine cannot run the embedded server. */
export const USE_ANOTHER = 'Set DATABASE_URL to a Postgres of your own (15 or newer).';

/** The user that the programs of Postgres run as. */
export interface ServerUser {
  /** What a command line begins with: nothing, or `setpriv` with its options. */
  prefix: string[];
  /** Who must own the data folder; null when it is the user who runs this program. */
  owner: { uid: number; gid: number } | null;
}

/**
 * The user to run Postgres as: the user who runs this program, unless that is root, which Postgres refuses. Instead of
 * root it is the owner of the data folder, else `postgres`, else `nobody`, with the one capability that is needed to
 * reach a folder below a private one such as /root. Throws DatabaseFailed when there is no such user.
 */
export async function chooseServerUser(dataFolder: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: null };
  const owner = (await ownerOf(dataFolder)) ?? (await findUser('postgres', 'nobody'));
  const prefix = [
    'setpriv',
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    // Without this, leaving uid 0 would empty the sets that the ambient capability depends on.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
  ];
  return { prefix, owner };
}

/** The environment of Postgres' programs: without this program's own, which may hold a token; messages in English. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Runs a program to its end as `user` and returns what it printed. It has a session of its own, so that Ctrl-C does not
 * end it. Throws DatabaseFailed with its last lines.
 */
export async function runProgram(user: ServerUser, file: string, args: string[]): Promise<string> {
  const [command = file, ...rest] = [...user.prefix, file, ...args];
  const child = spawn(command, rest, { env: serverEnvironment(), cwd: '/', detached: true });
  try {
    const [printed, complaint, [code, killedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    if (code === 0) return printed;
    throw cannotRun(file, user, undefined, complaint.trim() || `ended with ${code ?? killedBy}`);
  } catch (error) {
    throw error instanceof DatabaseFailed ? error : cannotRun(file, user, error);
  }
}

/** The error for a program of Postgres that could not be run or failed. */
export function cannotRun(
  file: string,
  user: ServerUser,
  error: unknown,
  complaint = String(error),
): DatabaseFailed {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (user.prefix.length > 0 && isSystemError(error, 'ENOENT')) {
    return new DatabaseFailed(
      'the embedded Postgres cannot run as root: setpriv (util-linux) is missing',
      { next: `Install util-linux, or run as an ordinary user. Or: ${USE_ANOTHER}`, cause: error },
    );
  }
  const said = toCause(complaint);
  if (said.startsWith('setpriv:')) {
    return new DatabaseFailed(`the embedded Postgres cannot run as root here: ${said}`, {
      next: `Run as an ordinary user. Or: ${USE_ANOTHER}`,
      cause: error,
    });
  }
  return new DatabaseFailed(
    `the embedded Postgres does not run on this machine: ${name}: ${said}`,
    {
      next: said.includes('No space left')
        ? 'Free some space and run the same command again.'
        : USE_ANOTHER,
      cause: error,
    },
  );
}

/** The lines of what a program of Postgres printed that say what is wrong, as one line. */
export function toCause(complaint: string): string {
  const lines = complaint.split('\n').flatMap((line) => line.trim() || []);
  const telling = lines.findLastIndex((line) => /(?:FATAL|PANIC|[Ee]rror): /.test(line));
  return lines
    .slice(0, telling === -1 ? lines.length : telling + 1)
    .slice(-2)
    .join(' | ');
}

async function ownerOf(folder: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    // Root owns a data folder that root copied; Postgres still cannot run as root.
    return uid === 0 ? undefined : { uid, gid };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function findUser(...names: string[]): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of names) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new DatabaseFailed(
    `the embedded Postgres cannot run as root: /etc/passwd has none of ${names.join(', ')}`,
    { next: `Run as an ordinary user. Or: ${USE_ANOTHER}` },
  );
}
