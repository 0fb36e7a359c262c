import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../support/postgres.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** How a command ended, and what it said. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command line on a test's database and in its folder, with the demo's token unless told. */
export function runCommand(
  database: TestDatabase,
  args: string[],
  variables: Record<string, string> = {},
): Promise<Outcome> {
  return startCommand(database, args, variables).outcome;
}

/** {@link runCommand}, with its process while it runs. */
export function startCommand(
  { settings }: TestDatabase,
  args: string[],
  variables: Record<string, string> = {},
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const env = {
    PATH: process.env['PATH'],
    HUBSPOT_ACCESS_TOKEN: 'demo',
    DATABASE_URL: settings.databaseUrl,
    DATA_DIR: settings.dataDir,
    ...variables,
  };
  const command = [CLI, ...args, '--settings-file', '/dev/null'];
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const options = { env, maxBuffer: 1 << 28 };
  const child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  return { child, outcome: promise };
}
