import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import yargs, { type Argv, type PositionalOptions } from 'yargs';
import type { Command, OptionTable } from './commands/command.ts';
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
import { systemReason } from './files.ts';
import { findNearest } from './find-nearest.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { parseSettingsFile, toSettings } from './settings.ts';
import { toLogLines, toSummary } from './terminal/conclusion.ts';
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

/** The options of every command. */
const COMMON_OPTIONS = {
  'settings-file': { type: 'string', default: '.env', describe: 'File with settings' },
  'data-dir': { type: 'string', variable: 'DATA_DIR', describe: 'Folder of the archive [data]' },
  'database-schema': {
    type: 'string',
    variable: 'DATABASE_SCHEMA',
    describe: 'Schema of the tables [hubspot]',
  },
  'log-format': {
    type: 'string',
    variable: 'LOG_FORMAT',
    describe: 'text or json, on stderr [text]',
  },
} as const satisfies OptionTable;

/** The way of the data: several of them in one call run one after the other. */
const STAGES: readonly Command[] = [extractCommand, transformCommand, loadCommand, reportCommand];
const COMMANDS: readonly Command[] = [
  ...STAGES,
  statusCommand,
  verifyCommand,
  showCommand,
  pruneCommand,
  dbCommand,
  psqlCommand,
];

/** As the program was called, for help. */
const NAME = process.env['ENGAGEMENTS_NAME'] ?? 'node src/cli.ts';
/** What make was asked for, which may be several commands. */
const MAKE_GOALS = process.env['ENGAGEMENTS_GOALS'];

/** The program with its common options, and no command yet. */
function openCli(argv: string[]): Argv {
  const cli = yargs(argv)
    .scriptName(NAME)
    .parserConfiguration({ 'duplicate-arguments-array': false, 'populate--': true })
    .strict()
    .version(readVersion())
    .wrap(Math.min(process.stdout.columns ?? 80, 100))
    .fail((message, error) => {
      throw error ?? toUsageError(message);
    });
  addOptions(cli, COMMON_OPTIONS, 'Common options:');
  return cli.group(['help', 'version'], 'Common options:');
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/** Wrong usage in yargs's words, with what may have been meant. */
function toUsageError(message: string): SettingsError {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  const words = COMMANDS.flatMap(({ name, options }) => [name, ...Object.keys(options)]);
  const meant = unknown === undefined ? '' : `Did you mean ${findNearest(unknown, words)}? `;
  return new SettingsError(message, { next: `${meant}See ${NAME} --help.` });
}

function addOptions(cli: Argv, options: OptionTable, group: string): void {
  for (const [name, option] of Object.entries(options)) {
    cli.option(name, { requiresArg: option.type !== 'boolean', group, ...option });
  }
}

function defineCommands(argv: string[], goals: readonly string[]): Argv {
  const cli = openCli(argv)
    .usage('$0 <command> [options]\n$0 extract load report')
    .completion('completion', 'Print a completion script for your shell')
    .demandCommand(1, 'Name a command')
    .epilogue(`Options of a command: ${NAME} <command> --help`);
  for (const command of COMMANDS) addCommand(cli, command, goals);
  return cli;
}

function addCommand(cli: Argv, command: Command, goals: readonly string[]): void {
  const { name, describe, examples, run } = command;
  const options: OptionTable = command.options;
  const positionals = Object.keys(options).filter((option) => name.includes(`<${option}>`));
  cli.command(
    name,
    describe,
    (builder) => {
      for (const option of positionals) {
        builder.positional(option, options[option] as PositionalOptions);
      }
      addOptions(
        builder,
        Object.fromEntries(Object.entries(options).filter(([key]) => !positionals.includes(key))),
        'Options:',
      );
      for (const [example, what] of examples) builder.example(`$0 ${example}`, what);
    },
    async (args) => {
      const rest = (args['--'] ?? []) as unknown[];
      const context = await createContext(args, { ...COMMON_OPTIONS, ...options }, goals);
      const exitCode = await run(context, args, rest.map(String));
      if (typeof exitCode === 'number') process.exitCode ||= exitCode;
    },
  );
}

/** Runs what the command line asks for: a command, or several stages one after the other until one of them fails. */
async function runCommands(argv: string[]): Promise<void> {
  if (argv.length === 0) {
    defineCommands(argv, []).showHelp('error');
    process.exitCode = EXIT.usage;
    return;
  }
  const { words, options } = splitArguments(argv);
  const names = STAGES.map(({ name }) => name);
  if (words.length < 2 || !words.every((word) => names.includes(word))) {
    await defineCommands(argv, MAKE_GOALS?.split(' ') ?? words.slice(0, 1)).parseAsync();
    return;
  }
  await checkStages(words, options, names);
  for (const stage of words) {
    // As make does.
    const first = stage === 'load' && !words.includes('transform') ? ['--transform'] : [];
    await defineCommands([stage, ...first, ...options], words).parseAsync();
    if (process.exitCode) return;
  }
}

/** The words of a command line that are neither options nor their values, and all the others. */
function splitArguments(argv: string[]): { words: string[]; options: string[] } {
  const { tokens } = parseArgs({
    args: argv,
    options: Object.fromEntries(
      Object.keys(COMMON_OPTIONS).map((name) => [name, { type: 'string' as const }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const words = tokens.filter(({ kind }) => kind === 'positional').map(({ index }) => index);
  return {
    words: words.map((index) => argv[index] ?? ''),
    options: argv.filter((_, index) => !words.includes(index)),
  };
}

/** Refuses, before the first stage begins, what is unclear with several of them. */
async function checkStages(stages: string[], options: string[], inOrder: string[]): Promise<void> {
  const sorted = inOrder.filter((name) => stages.includes(name));
  if (sorted.join(' ') !== stages.join(' ')) {
    throw new SettingsError(`stages run in the order ${inOrder.join(', ')}, each once`);
  }
  try {
    await openCli(options).parseAsync();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError(`${error.message} for several stages together`, {
      next: 'Call the stage that it is for alone; common options go with all of them.',
    });
  }
}

async function createContext(
  args: Record<string, unknown>,
  options: OptionTable,
  goals: readonly string[],
): Promise<Context> {
  const given: Record<string, string> = {};
  for (const [name, { variable }] of Object.entries(options)) {
    const value = args[name];
    if (variable !== undefined && typeof value === 'string') given[variable] = value;
  }
  const environment = { ...process.env, ...given };
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
    conclude(conclusion) {
      const { stage, next, run, result } = conclusion;
      if (live) {
        const isLast = next !== undefined && goals.at(-1) === stage;
        const program = MAKE_GOALS === undefined ? NAME : 'make';
        log.info(toSummary(conclusion, isLast ? `${program} ${next}` : undefined));
        return;
      }
      const [line, ...warnings] = toLogLines(conclusion);
      log.info(line, { stage, event: 'done', ...(run === undefined ? {} : { run }), ...result });
      for (const warning of warnings) log.info(warning, { stage, event: 'warning' });
    },
    watch(stage) {
      display = live
        ? createProgressBar(stage, stderr, Date.now)
        : createProgressLines(stage, log, Date.now);
      return display;
    },
    output: {
      write: (text) => void stdout.write(text),
      columns: stdout.isTTY ? stdout.columns : undefined,
      rows: stdout.isTTY ? stdout.rows : undefined,
      // https://no-color.org: any value but the empty one.
      color: stdout.isTTY && !process.env['NO_COLOR'],
    },
  };
}

// Not --env-file: Node takes that for its own, wherever it stands.
async function readSettingsFile(file: string): Promise<Record<string, string | undefined>> {
  let text: string;
  try {
    text = await readFile(path.resolve(file), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && file === '.env') return {};
    throw new SettingsError(`cannot read the settings file ${file}: ${systemReason(error)}`, {
      cause: error,
    });
  }
  return parseSettingsFile(text);
}

/** Wrong usage, which leaves no settings, is said in the format that the command line or the environment asks for. */
function askedLogFormat(argv: string[]): string | undefined {
  const options = { 'log-format': { type: 'string' } } as const;
  const asked = parseArgs({ args: argv, options, strict: false }).values['log-format'];
  return typeof asked === 'string' ? asked : process.env['LOG_FORMAT'];
}

function openLog(format: string | undefined): Log {
  const write = (text: string): void => void process.stderr.write(text);
  const style = format === 'json' ? 'json' : process.stderr.isTTY ? 'text' : 'timed';
  return createLog(style, write, () => new Date());
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
    return explain(toUsageError(error.message));
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
  process.exitCode = explain(new SettingsError(`cannot write the result: ${systemReason(error)}`));
});
// Whoever read it has gone; the work goes on.
process.stderr.on('error', () => {});

try {
  await runCommands(process.argv.slice(2));
} catch (error) {
  process.exitCode = explain(error);
}
