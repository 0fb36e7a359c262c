#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import yargs, { type Argv, type Options, type PositionalOptions } from 'yargs';
import type { Command } from './commands/command.ts';
import type { Context } from './commands/context.ts';
import { dbCommand, psqlCommand } from './commands/database.ts';
import { extractCommand } from './commands/extract.ts';
import { loadCommand } from './commands/load.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { transformCommand } from './commands/transform.ts';
import { verifyCommand } from './commands/verify.ts';
import { EXIT, Interrupted, isSystemError, JobError, SettingsError } from './errors.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { toSettings, type Variable } from './settings.ts';
import { createLog, type Log } from './terminal/log.ts';
import {
  createProgressBar,
  createProgressLines,
  type ProgressDisplay,
} from './terminal/progress.ts';

/**
 * The command line: the only place that knows argv, the environment, signals and exit codes.
 * Results go to stdout, everything else to stderr.
 */

// Files of the archive hold personal data.
process.umask(0o077);
keepHeapSmall();

const interruption = new AbortController();
let log: Log = openLog(askedLogFormat(process.argv.slice(2)));
/** What is on the terminal now. */
let display: ProgressDisplay | undefined;

/** The options every command has, and the variable that each stands for. */
const SETTING_OPTIONS = {
  'data-dir': { variable: 'DATA_DIR', describe: 'Folder of the archive' },
  'database-schema': { variable: 'DATABASE_SCHEMA', describe: 'Schema of the tables' },
  'log-format': { variable: 'LOG_FORMAT', describe: 'text or json, on stderr' },
} as const satisfies Record<string, { variable: Variable; describe: string }>;

/** The stages, in the order of the data, then the rest, in the order of help. */
const COMMANDS: readonly Command[] = [
  extractCommand,
  transformCommand,
  loadCommand,
  reportCommand,
  statusCommand,
  verifyCommand,
  showCommand,
  pruneCommand,
  dbCommand,
  psqlCommand,
];

function defineCommands(argv: string[]) {
  const cli = yargs(argv)
    .scriptName('node src/cli.ts')
    .usage('$0 <command> [options]')
    .option('settings-file', { type: 'string', default: '.env', describe: 'File with settings' })
    .parserConfiguration({ 'duplicate-arguments-array': false, 'populate--': true })
    .strict()
    .demandCommand(1, 'Name a command')
    .version(false)
    .wrap(100)
    .fail((message, error) => {
      throw error ?? new SettingsError(message, { next: 'See --help.' });
    });
  for (const [name, { describe }] of Object.entries(SETTING_OPTIONS)) {
    cli.option(name, { type: 'string', requiresArg: true, describe });
  }
  for (const command of COMMANDS) addCommand(cli, command);
  return cli;
}

function addCommand(cli: Argv, { name, describe, options, examples, run }: Command): void {
  cli.command(
    name,
    describe,
    (builder) => {
      for (const [option, definition] of Object.entries<Options>(options)) {
        if (name.includes(`<${option}>`)) {
          builder.positional(option, definition as PositionalOptions);
        } else {
          builder.option(option, { requiresArg: definition.type !== 'boolean', ...definition });
        }
      }
      for (const [example, what] of examples) builder.example(`$0 ${example}`, what);
    },
    async (args) => {
      const rest = (args['--'] ?? []) as unknown[];
      const exitCode = await run(await createContext(args), args, rest.map(String));
      if (typeof exitCode === 'number') process.exitCode ||= exitCode;
    },
  );
}

async function createContext(args: Record<string, unknown>): Promise<Context> {
  const options: Record<string, string> = {};
  for (const [name, { variable }] of Object.entries(SETTING_OPTIONS)) {
    const value = args[name];
    if (typeof value === 'string') options[variable] = value;
  }
  const environment = { ...process.env, ...options };
  const dotenv = await readSettingsFile(String(args['settingsFile']));
  // What is wrong with the settings is said in the format that they ask for.
  log = openLog(environment['LOG_FORMAT'] ?? dotenv['LOG_FORMAT']);
  const settings = toSettings(environment, dotenv, process.cwd());
  const { stdout, stderr } = process;
  const live = stderr.isTTY && settings.logFormat === 'text';
  return {
    settings,
    log,
    signal: interruption.signal,
    explain,
    leaveInterrupts: () => void process.removeAllListeners('SIGINT').on('SIGINT', () => {}),
    watch(stage) {
      display = live
        ? createProgressBar(stage, stderr, Date.now)
        : createProgressLines(stage, log, Date.now);
      return display;
    },
    output: {
      write: (text) => void stdout.write(text),
      columns: stdout.isTTY ? stdout.columns : undefined,
      // https://no-color.org: any value but the empty one.
      color: stdout.isTTY && !process.env['NO_COLOR'],
    },
  };
}

// Not --env-file: Node takes that for its own, wherever it stands.
async function readSettingsFile(file: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(path.resolve(file), 'utf8'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && file === '.env') return {};
    throw new SettingsError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Wrong usage, which leaves no settings, is said in the format that the command line or the environment asks for. */
function askedLogFormat(argv: string[]): string | undefined {
  const options = { 'log-format': { type: 'string' } } as const;
  const asked = parseArgs({ args: argv, options, strict: false }).values['log-format'];
  return typeof asked === 'string' ? asked : process.env['LOG_FORMAT'];
}

function openLog(format: string | undefined): Log {
  const write = (text: string): void => void process.stderr.write(text);
  return createLog(format === 'json' ? 'json' : 'text', write, () => new Date());
}

/** Says what ended the program, and returns its exit code. */
function explain(error: unknown): number {
  if (error instanceof JobError) {
    const { code, message, next, retryable, exitCode } = error;
    const fields = { code, retryable, ...(next === undefined ? {} : { next }) };
    const hint = next === undefined || log.isJson ? '' : `\n  ${next}`;
    log.error(`${log.isJson ? '' : 'error: '}${message}${hint}`, fields);
    return exitCode;
  }
  if (error instanceof Error && error.name === 'YError') {
    return explain(new SettingsError(error.message, { next: 'See --help.' }));
  }
  log.error(`This is a bug: ${error instanceof Error ? error.stack : String(error)}`);
  return EXIT.bug;
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    const isAgain = interruption.signal.aborted;
    interruption.abort(new Interrupted(name));
    // Ctrl-C again: somebody is in a hurry, and everything on disk and in the database can take a kill. SIGTERM comes
    // twice by itself where one goes to all processes and make hands on another.
    if (isAgain && name === 'SIGINT') process.exit(new Interrupted(name).exitCode);
  });
}
process.on('exit', () => display?.stop());
process.stdout.on('error', (error) => {
  // `report | head` closes the pipe early: nothing is wrong.
  if (isSystemError(error, 'EPIPE')) return;
  process.exitCode = explain(new SettingsError(`cannot write the result: ${error.message}`));
});
// Whoever read it has gone; the work goes on.
process.stderr.on('error', () => {});

try {
  await defineCommands(process.argv.slice(2)).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
