import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DatabaseFailed, isSystemError } from '../errors.ts';
import {
  cannotRun,
  type ServerUser,
  serverEnvironment,
  toCause,
  USE_ANOTHER,
} from './server-user.ts';

/** The running server of a data folder. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Whether it accepts connections; if not, it is starting, recovering or stopping. */
  ready: boolean;
}

/** What is needed to start a server. */
export interface LaunchInput {
  /** Path of the program `postgres`. */
  postgres: string;
  user: ServerUser;
  /** The data folder, absolute, without symbolic links. */
  data: string;
  logFile: string;
  signal: AbortSignal;
}

const POLL_MS = 10;
/** Time for the processes of a killed server to end and release its shared memory. */
const ORPHANS_MS = 30_000;
/**
 * Errors that another attempt may not meet. "File exists": the server was killed while a transaction, such as a load, had
 * made an unlogged table; the first recovery fails because of the table's files, and the second removes them.
 */
const TRANSIENT =
  /could not bind|pre-existing shared memory block|could not create file "[^"]*": File exists/;
const LOG_LIMIT_BYTES = 10_000_000;

/**
 * The running server of the data folder `data` (absolute, without symbolic links); undefined when there is none.
 * Reads `postmaster.pid`, whose lines Postgres documents in miscadmin.h: pid, folder, start, port, …, status.
 */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const lines = await readPidFile(data);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !(pid > 0)) return undefined;
  // After a crash, or in a new container, another process may have the pid.
  if (!(await commandLine(pid)).includes(` -D ${data} -p `)) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Starts a server on a free port of the loopback interface and waits until it accepts connections. It runs in a session
 * of its own, so that Ctrl-C does not end it. The caller holds the lock exclusively and has seen that no server runs.
 * Throws DatabaseFailed with the end of its log, or the signal's reason, after stopping it.
 */
export async function startPostmaster(input: LaunchInput): Promise<void> {
  await clearForeignPid(input.data);
  const deadline = Date.now() + ORPHANS_MS;
  for (;;) {
    const complaint = await launch(input, await findFreePort());
    // Another server may run by now: its program was killed before the server had written its pid file.
    if (complaint === undefined || (await findPostmaster(input.data)) !== undefined) return;
    if (!TRANSIENT.test(complaint) || Date.now() > deadline) {
      throw new DatabaseFailed(`the embedded Postgres does not start: ${toCause(complaint)}`, {
        next: `See ${input.logFile}. Or: ${USE_ANOTHER}`,
      });
    }
    await sleep(10 * POLL_MS);
  }
}

/**
 * Stops the server, if one runs, in the mode "fast", which ends its connections. Returns whether it ended within
 * `deadlineMs`.
 */
export async function stopPostmaster(data: string, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  const server = await findPostmaster(data);
  if (server === undefined) return true;
  signalProcess(server.pid, 'SIGINT');
  while (await findPostmaster(data)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Makes one attempt; returns what the server logged when it ended before it was ready. */
async function launch(input: LaunchInput, port: number): Promise<string | undefined> {
  const { data, user, signal } = input;
  const log = await open(input.logFile, 'a+', 0o600);
  try {
    if ((await log.stat()).size > LOG_LIMIT_BYTES) await log.truncate(0);
    const logStart = (await log.stat()).size;
    // Not by pg_ctl, which passes these paths to a shell between double quotes.
    const [command = '', ...args] = [
      ...[...user.prefix, input.postgres, '-D', data, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ];
    const stdio = ['ignore', log.fd, log.fd] as const;
    const options = { detached: true, stdio: [...stdio], env: serverEnvironment(), cwd: '/' };
    const child = spawn(command, args, options);
    let ended: { error?: Error } | undefined;
    child.once('error', (error) => {
      ended = { error };
    });
    child.once('exit', () => {
      ended = {};
    });
    child.unref();
    for (;;) {
      if (ended?.error) throw cannotRun(input.postgres, user, ended.error);
      if (ended) return (await readFile(input.logFile)).subarray(logStart).toString();
      if ((await findPostmaster(data))?.ready) return undefined;
      if (signal.aborted) {
        child.kill('SIGINT');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        throw signal.reason;
      }
      await sleep(POLL_MS);
    }
  } finally {
    await log.close();
  }
}

/** Postgres removes a pid file whose process is gone, but not one whose pid another process has by now. */
async function clearForeignPid(data: string): Promise<void> {
  const pid = Number((await readPidFile(data))?.[0]);
  if (pid > 0 && signalProcess(pid, 0)) await rm(pidFile(data), { force: true });
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

function pidFile(data: string): string {
  return path.join(data, 'postmaster.pid');
}

async function readPidFile(data: string): Promise<string[] | undefined> {
  try {
    return (await readFile(pidFile(data), 'utf8')).split('\n');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The arguments of a process, joined by spaces; empty when it is gone or a zombie. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    }
    return (await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}

/** Whether there was such a process. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}
