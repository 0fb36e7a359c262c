import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The program. */
export const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** What a command left behind. */
export interface Ended {
  exit: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs the command line with nothing in its environment that it would read but what is given, and no `.env`. No file that
 * it, or a server that it starts, writes may have more than `fileBytes`.
 */
export async function runCli(
  command: string[],
  environment: Record<string, string> = {},
  { fileBytes }: { fileBytes?: number } = {},
): Promise<Ended> {
  // Node 22 warns that its SQLite is new.
  const argv = [
    '--disable-warning=ExperimentalWarning',
    CLI,
    '--settings-file=/dev/null',
    ...command,
  ];
  const options = {
    env: {
      PATH: process.env['PATH'],
      // Spares each start a quarter of a second.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...environment,
    },
    maxBuffer: 1 << 28,
  };
  const [program, args] =
    fileBytes === undefined
      ? [process.execPath, argv]
      : ['sh', ['-c', `ulimit -f ${fileBytes / 512}; exec "$0" "$@"`, process.execPath, ...argv]];
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return { exit: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exit: code, stdout, stderr };
  }
}
