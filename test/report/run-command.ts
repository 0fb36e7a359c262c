import { execFile } from 'node:child_process';
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
  { settings }: TestDatabase,
  args: string[],
  variables: Record<string, string> = {},
): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HUBSPOT_ACCESS_TOKEN: 'demo',
    DATABASE_URL: settings.databaseUrl,
    DATA_DIR: settings.dataDir,
    ...variables,
  };
  const command = [CLI, ...args, '--env-file', '/dev/null'];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
