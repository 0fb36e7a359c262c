import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseFailed, isSystemError } from '../errors.ts';
import type { Command } from './command.ts';
import { type Context, withDatabase } from './context.ts';

/** `db`: prints the connection string and keeps the embedded server up until Ctrl-C. */
export const dbCommand: Command<Record<string, never>> = {
  name: 'db',
  describe: 'Print the connection string; keep Postgres up',
  options: {},
  examples: [['db', 'Then connect any client with the printed string']],
  run: runDatabase,
};

/** `psql`: the machine's psql on the database, with the tables' schema on its search path. */
export const psqlCommand: Command<Record<string, never>> = {
  name: 'psql',
  describe: 'Open psql on the database',
  options: {},
  examples: [["psql -- -c 'select count(*) from engagements'", 'Ask one question']],
  run: (context, _args, rest) => runPsql(context, rest),
};

/** Throws DatabaseFailed when the embedded server dies. */
async function runDatabase(context: Context): Promise<void> {
  const { output, log, signal } = context;
  await withDatabase(context, 'any', async (database) => {
    output.write(`${database.url}\n`);
    if (!database.embedded) return;
    log.info(`The tables are in schema ${database.schema}. Ctrl-C ends the server.`);
    // Its connection also keeps this program running: waiting for a signal alone does not.
    const client = await database.connect('db');
    const ended = new Promise((resolve) => client.once('end', () => resolve('ended')));
    if (!signal.aborted && (await Promise.race([ended, once(signal, 'abort')])) === 'ended') {
      throw new DatabaseFailed('the embedded Postgres has ended', { next: 'Run it again.' });
    }
    await client.end();
  });
}

/** Returns psql's exit code. Ctrl-C is psql's meanwhile: it cancels a query there. */
async function runPsql(context: Context, args: string[]): Promise<number> {
  const { signal } = context;
  return withDatabase(context, 'any', async (database) => {
    const { url, password } = takePassword(database.url);
    const schema = `"${database.schema.replaceAll('"', '""')}"`;
    const environment = {
      ...process.env,
      ...(password === null ? {} : { PGPASSWORD: password }),
      PGOPTIONS: `${process.env['PGOPTIONS'] ?? ''} -c search_path=${schema.replace(/[\\ ]/g, '\\$&')},public`,
    };
    context.leaveInterrupts();
    const psql = spawn('psql', [url, ...args], { stdio: 'inherit', env: environment, signal });
    try {
      const [code] = await once(psql, 'exit');
      return code ?? 1;
    } catch (error) {
      signal.throwIfAborted();
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new DatabaseFailed('psql is not installed on this machine', {
        next: 'Install it (Debian: postgresql-client); or run make db and use any client with the string it prints.',
      });
    }
  });
}

/** The password of a connection string, and the rest of it: everybody on the machine can read a program's arguments. */
function takePassword(text: string): { url: string; password: string | null } {
  const url = new URL(text);
  const inUser = url.password === '' ? null : decodeURIComponent(url.password);
  url.password = '';
  const inQuery = url.searchParams.get('password');
  // As pg and psql take it where there are both.
  if (inQuery === null) return { url: url.href, password: inUser };
  url.searchParams.delete('password');
  // To psql a plus sign is no space.
  url.search = url.search.replaceAll('+', '%20');
  return { url: url.href, password: inQuery };
}
