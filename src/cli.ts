#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import yargs from 'yargs';
import type { Context } from './commands/context.ts';
import { runDatabase, runPsql } from './commands/database.ts';
import { runExtract } from './commands/extract.ts';
import { runLoad } from './commands/load.ts';
import { runPrune } from './commands/prune.ts';
import { runReport } from './commands/report.ts';
import { runShow } from './commands/show.ts';
import { runStatus } from './commands/status.ts';
import { runTransform } from './commands/transform.ts';
import { runVerify } from './commands/verify.ts';
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

const JSON_OPTION = {
  type: 'boolean',
  default: false,
  describe: 'Print the result as JSON on stdout',
} as const;

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
  return cli
    .command(
      'extract',
      'Fetch engagements from HubSpot into a raw run: everything, or what changed since the last',
      (command) =>
        command
          .option('full', {
            type: 'boolean',
            default: false,
            describe: 'Fetch everything, whatever the archive has',
          })
          .option('since', {
            type: 'string',
            requiresArg: true,
            describe: 'Fetch what was modified since this instant, whatever the archive has',
          })
          .option('full-every', {
            type: 'string',
            default: '30',
            requiresArg: true,
            describe: 'Fetch everything again when the last time is so many days ago; or never',
          })
          .option('api', {
            choices: ['v1', 'objects'] as const,
            describe: "HubSpot's API to ask (default: HUBSPOT_API, else v1)",
          })
          .option('demo-step', {
            type: 'number',
            default: 0,
            describe: 'How often the demo portal has changed',
          })
          .option('page-limit', { type: 'number', default: 250, describe: 'Records a page' })
          .option('max-requests-per-10s', {
            type: 'number',
            requiresArg: true,
            describe: "Leave room for the account's other integrations",
          })
          .option('daily-reserve', {
            type: 'number',
            default: 0,
            requiresArg: true,
            describe: 'Stop, resumable, before the account has fewer requests left for the day',
          })
          .option('compress', {
            type: 'boolean',
            default: false,
            describe: 'Keep the pages as .json.gz',
          })
          .option('allow-empty', {
            type: 'boolean',
            default: false,
            describe: 'Believe an answer without any engagement though the archive has some',
          })
          .option('json', JSON_OPTION)
          .example('HUBSPOT_ACCESS_TOKEN=pat-… $0 extract', 'Extract your portal into data/raw'),
      async (args) => runExtract(await createContext(args), args),
    )
    .command(
      'transform',
      'Normalize raw runs into NDJSON',
      (command) =>
        command
          .option('force', {
            type: 'boolean',
            default: false,
            describe: 'Also the runs that are done already',
          })
          .option('max-rejects', {
            type: 'string',
            requiresArg: true,
            describe: 'Fail beyond this count or percentage (default: 1%, at least 100)',
          })
          .option('workers', {
            type: 'number',
            requiresArg: true,
            describe: 'Threads at most (default: one for each core); the files are the same',
          })
          .option('json', JSON_OPTION)
          .example('$0 transform --max-rejects 0', 'Fail when any record is unusable'),
      async (args) => runTransform(await createContext(args), args),
    )
    .command(
      'load',
      'Merge normalized runs into Postgres',
      (command) =>
        command
          .option('transform', {
            type: 'boolean',
            default: false,
            describe: 'Transform first; a run that cannot be does not keep the others',
          })
          .option('from', {
            type: 'string',
            requiresArg: true,
            describe: 'Replay from this day (2026/11/24) or run (2026/11/24/015000Z-full)',
          })
          .option('to', { type: 'string', requiresArg: true, describe: 'Replay up to this one' })
          .option('rebuild', {
            type: 'boolean',
            default: false,
            describe: 'Make the tables anew from all runs, beside the old ones, and swap them',
          })
          .option('forget-missing', {
            type: 'boolean',
            default: false,
            describe: 'Rebuild without the runs that the archive no longer has',
          })
          .option('allow-mass-delete', {
            type: 'boolean',
            default: false,
            describe: 'Believe a full run that lacks many of the engagements there are',
          })
          .option('accept-redacted', {
            type: 'boolean',
            default: false,
            describe: 'Let e-mails that came redacted replace the contents there are',
          })
          .option('work-mem', {
            type: 'string',
            requiresArg: true,
            default: '64MB',
            describe: 'Memory Postgres may take for each step of a merge',
          })
          .option('allow-demo', {
            type: 'boolean',
            default: false,
            describe: 'Load the demo portal into the database of DATABASE_URL',
          })
          .option('json', JSON_OPTION)
          .example('$0 load --from 2026/11/24', 'Replay the runs since that day')
          .example('$0 load --rebuild', 'Start over from the files, readers undisturbed'),
      async (args) => {
        const exitCode = await runLoad(await createContext(args), args);
        process.exitCode ||= exitCode;
      },
    )
    .command(
      'report',
      'Show engagements per day by type, with the rolling average',
      (command) =>
        command
          .option('by', {
            requiresArg: true,
            choices: ['created', 'occurred', 'updated'] as const,
            default: 'created' as const,
            describe: 'The instant that puts an engagement on a day',
          })
          .option('last', {
            type: 'string',
            requiresArg: true,
            describe: 'This many days, such as 90d (default: 30d)',
          })
          .option('all', { type: 'boolean', default: false, describe: 'All days with data' })
          .option('from', { type: 'string', requiresArg: true, describe: 'First day, YYYY-MM-DD' })
          .option('to', { type: 'string', requiresArg: true, describe: 'Last day, YYYY-MM-DD' })
          .option('format', {
            requiresArg: true,
            choices: ['table', 'csv', 'json', 'html'] as const,
            default: 'table' as const,
            describe: 'How to show it',
          })
          .option('out', { type: 'string', requiresArg: true, describe: 'Write to this file' })
          .option('timezone', {
            type: 'string',
            requiresArg: true,
            describe: 'Zone whose days are counted (default: REPORT_TIMEZONE, else UTC)',
          })
          .option('window', {
            type: 'number',
            default: 14,
            requiresArg: true,
            describe: 'Days of the average',
          })
          .option('align', {
            requiresArg: true,
            choices: ['trailing', 'centered'] as const,
            default: 'trailing' as const,
            describe: 'Whether the window ends with its day or lies around it',
          })
          .option('types', {
            type: 'string',
            requiresArg: true,
            describe: 'Count only these types, such as CALL,EMAIL',
          })
          .option('portal', {
            type: 'string',
            requiresArg: true,
            describe: 'Count only this portal (default: all)',
          })
          .option('include-deleted', {
            type: 'boolean',
            default: false,
            describe: 'Count what HubSpot holds no longer, too',
          })
          .option('sql', {
            type: 'boolean',
            default: false,
            describe: 'Print the query instead, ready for psql',
          })
          .example('$0 report --all --format csv --out report.csv', 'Everything, for a spreadsheet')
          .example('$0 report --last 90d --format html --out report.html', 'A page to send on'),
      async (args) => runReport(await createContext(args), args),
    )
    .command(
      'status',
      'List the runs, where each stands, and what the next extract would do',
      (command) => command.option('json', JSON_OPTION).example('$0 status', 'Look at the archive'),
      async (args) => runStatus(await createContext(args), args),
    )
    .command(
      'verify',
      'Hash every file of the archive and compare with its journals and manifests',
      (command) =>
        command
          .option('json', JSON_OPTION)
          .example('$0 verify || mail -s archive me', 'Exit code 4 when anything is wrong'),
      async (args) => runVerify(await createContext(args), args),
    )
    .command(
      'show <id>',
      'Print every archived version of one engagement, oldest first, and what changed',
      (command) =>
        command
          .positional('id', {
            type: 'string',
            demandOption: true,
            describe: "The engagement's id in HubSpot",
          })
          .option('json', JSON_OPTION)
          .example('$0 show 72343223', 'How that engagement came to be as it is'),
      async (args) => runShow(await createContext(args), args),
    )
    .command('archive', 'Tend the archive: archive prune', (command) =>
      command.demandCommand(1, 'archive needs to know what to do: archive prune').command(
        'prune',
        'Remove runs that are loaded and superseded by a later full run; without --yes, list them',
        (prune) =>
          prune
            .option('keep-runs', {
              type: 'number',
              requiresArg: true,
              describe: 'Remove none of so many of the newest runs',
            })
            .option('before', {
              type: 'string',
              requiresArg: true,
              describe: 'Remove only runs that started before this day, such as 2026/11/24',
            })
            .option('yes', { type: 'boolean', default: false, describe: 'Do remove them' })
            .option('json', JSON_OPTION)
            .example('$0 archive prune --keep-runs 10 --yes', 'Keep the archive small'),
        async (args) => runPrune(await createContext(args), args),
      ),
    )
    .command(
      'db',
      'Print the connection string and keep the embedded Postgres up until Ctrl-C',
      (command) => command.example('$0 db', 'Then connect any client with the printed string'),
      async (args) => runDatabase(await createContext(args)),
    )
    .command(
      'psql',
      'Open psql on the database; what follows -- goes to psql',
      (command) =>
        command.example("$0 psql -- -c 'select count(*) from engagements'", 'Ask one question'),
      async (args) => {
        const rest = (args['--'] ?? []) as string[];
        process.exitCode = await runPsql(await createContext(args), rest.map(String));
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
