import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseFailed, isSystemError } from '../errors.ts';
import { type Context, withDatabase } from './context.ts';

/** `db`: prints the connection string and keeps the embedded server up until Ctrl-C. */
export async function runDatabase(context: Context): Promise<void> {
  const { output, log, signal } = context;
  await withDatabase(context, async (database) => {
    output.write(`${database.url}\n`);
    if (!database.embedded) return;
    log.info(`The tables are in schema ${database.schema}. Ctrl-C ends the server.`);
    if (!signal.aborted) await once(signal, 'abort');
  });
}

/** `psql`: the machine's psql on the database, with the tables' schema on its search path. */
export async function runPsql(context: Context, args: string[]): Promise<number> {
  return withDatabase(context, async (database) => {
    const url = new URL(database.url);
    const schema = `"${database.schema.replaceAll('"', '""')}"`;
    const environment = {
      ...process.env,
      // Not as an argument: everybody on the machine can read those.
      ...(url.password === '' ? {} : { PGPASSWORD: decodeURIComponent(url.password) }),
      PGOPTIONS: `${process.env['PGOPTIONS'] ?? ''} -c search_path=${schema.replace(/[\\ ]/g, '\\$&')},public`,
    };
    url.password = '';
    const psql = spawn('psql', [url.href, ...args], { stdio: 'inherit', env: environment });
    try {
      const [code] = await once(psql, 'exit');
      return code ?? 1;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new DatabaseFailed('psql is not installed on this machine', {
        next: 'Install it (Debian: postgresql-client); or run make db and use any client with the string it prints.',
      });
    }
  });
}
