import type pg from 'pg';
import { DEMO_PORTAL_ID } from '../demo/demo-engagements.ts';
import { SettingsError } from '../errors.ts';
import { stopOnAbort } from '../postgres/stop-on-abort.ts';
import { formatCsv } from '../report/format-csv.ts';
import { formatJson } from '../report/format-json.ts';
import { formatTable } from '../report/format-table.ts';
import { formatPage } from '../report/page/page.ts';
import { report, reportDetails, reportSql } from '../report/report.ts';
import { checkOptions, type ReportOptions, type ReportRange } from '../report/report-options.ts';
import { writeOutput } from '../report/write-output.ts';
import { showInPager } from '../terminal/pager.ts';
import { toCounted } from '../terminal/text.ts';
import { toVisibleLines } from '../terminal/visible-text.ts';
import type { Arguments, Command, OptionTable } from './command.ts';
import { type Context, withDatabase } from './context.ts';

const OPTIONS = {
  by: {
    choices: ['created', 'occurred', 'updated'],
    default: 'created',
    describe: 'The instant that puts an engagement on a day',
  },
  last: { type: 'string', describe: 'This many days or weeks, such as 90d or 2w (default: 30d)' },
  all: { type: 'boolean', default: false, describe: 'All days with data' },
  from: { type: 'string', describe: 'First day, YYYY-MM-DD' },
  to: { type: 'string', describe: 'Last day, YYYY-MM-DD' },
  format: {
    choices: ['table', 'csv', 'json', 'html'],
    default: 'table',
    describe: 'How to show it',
  },
  interval: {
    choices: ['day', 'week', 'month'],
    describe: 'What a line of the table is of (default: day), or a bar of the page at first',
  },
  goal: {
    type: 'string',
    describe: 'Draw a line at so many a day in the page, such as CALL=40,ALL=200',
  },
  out: { type: 'string', describe: 'Write to this file' },
  timezone: {
    type: 'string',
    describe: 'Zone whose days are counted (default: REPORT_TIMEZONE, else UTC)',
  },
  window: { type: 'number', default: 14, describe: 'Days of the average' },
  align: {
    choices: ['trailing', 'centered'],
    default: 'trailing',
    describe: 'Whether the window ends with its day or lies around it',
  },
  types: { type: 'string', describe: 'Count only these types, such as CALL,EMAIL' },
  portal: { type: 'string', describe: 'Count only this portal (default: all)' },
  'include-deleted': {
    type: 'boolean',
    default: false,
    describe: 'Count what HubSpot holds no longer, too',
  },
  sql: { type: 'boolean', default: false, describe: 'Print the query instead, ready for psql' },
} as const satisfies OptionTable;

export type ReportArguments = Arguments<typeof OPTIONS>;

/** `report`: engagements per day by type, to stdout or a file. */
export const reportCommand: Command<typeof OPTIONS> = {
  name: 'report',
  describe: 'Show engagements per day by type',
  options: OPTIONS,
  examples: [
    ['report --all --format csv --out report.csv', 'Everything, for a spreadsheet'],
    ['report --last 90d --format html --out report.html', 'A page to send on'],
  ],
  run: runReport,
};

/** Longer than so many screens, a table goes to a pager: what is shorter is above the prompt, the newest nearest. */
const MOST_SCREENS = 2;

/** Writes the report to stdout or a file. */
export async function runReport(context: Context, args: ReportArguments): Promise<void> {
  const { settings, log, signal } = context;
  const options: ReportOptions = {
    by: args.by,
    range: toRange(args),
    timezone: args.timezone ?? settings.reportTimezone,
    window: args.window,
    align: args.align,
    includeDeleted: args.includeDeleted,
    ...(args.types === undefined ? {} : { types: toTypes(args.types) }),
    ...(args.goal === undefined ? {} : { goals: toGoals(args.goal) }),
    ...(args.portal === undefined ? {} : { portal: args.portal }),
    schema: settings.databaseSchema,
  };
  // Told before a database is started, or made, for it.
  checkOptions(options);
  if (args.interval !== undefined && (args.format === 'csv' || args.format === 'json')) {
    throw new SettingsError(`--interval is for the table and the page; ${args.format} is by day`);
  }
  const text = await withDatabase(context, 'expected', async (database) => {
    const client = await database.connect('report');
    const within = <T>(work: () => Promise<T>) => stopOnAbort(client, database, signal, work);
    try {
      return args.sql
        ? await reportSql(options, client, within)
        : await format(options, { client, within }, context, args);
    } catch (error) {
      // After an abort, errors of the interrupted queries are expected.
      signal.throwIfAborted();
      throw error;
    } finally {
      await client.end();
    }
  });
  // Not as a file: stdout may be one that others append to.
  if (args.out === undefined || args.out === '/dev/stdout') return print(text, context, args);
  await writeOutput(args.out, text);
  log.info(`report: ${toCounted(Buffer.byteLength(text), 'bytes')} written to ${args.out}`);
}

async function print(text: string, context: Context, args: ReportArguments): Promise<void> {
  const { output } = context;
  if (output.columns === undefined) return output.write(text);
  const isTable = !args.sql && args.format === 'table';
  // Formats for machines hold types as they are, which could steer a terminal.
  if (!isTable) return output.write(toVisibleLines(text));
  const most = MOST_SCREENS * (output.rows ?? Number.POSITIVE_INFINITY);
  if (text.split('\n').length > most) {
    context.leaveInterrupts();
    if (await showInPager(text, process.env)) return;
  }
  output.write(text);
}

async function format(
  options: ReportOptions,
  { client, within }: { client: pg.Client; within: <T>(work: () => Promise<T>) => Promise<T> },
  { output }: Context,
  { format, out, interval }: ReportArguments,
): Promise<string> {
  if (format === 'html') {
    const details = await reportDetails(options, client, within);
    const isMadeUp = details.portals.includes(String(DEMO_PORTAL_ID));
    return formatPage(details, { isMadeUp, ...(interval === undefined ? {} : { interval }) });
  }
  const counted = await report(options, client, within);
  if (format === 'csv') return formatCsv(counted);
  if (format === 'json') return formatJson(counted);
  const isShown = out === undefined;
  return formatTable(counted, {
    width: (isShown && output.columns) || 80,
    height: (isShown && output.rows) || Number.POSITIVE_INFINITY,
    color: isShown && output.color,
    interval: interval ?? 'day',
  });
}

function toRange({ all, last, from, to }: ReportArguments): ReportRange {
  const chosen = [all, last !== undefined, from !== undefined || to !== undefined];
  if (chosen.filter(Boolean).length > 1) {
    throw new SettingsError('--all, --last and --from/--to exclude each other');
  }
  if (all) return { kind: 'all' };
  if (from === undefined && to === undefined) return { kind: 'last', days: toDays(last) };
  return {
    kind: 'between',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** `90d` and `90` are both ninety days, `2w` fourteen. */
function toDays(last = '30d'): number {
  const [, count, unit] = /^(\d{1,9})([dw]?)$/i.exec(last.trim()) ?? [];
  if (count !== undefined) return Number(count) * (unit?.toLowerCase() === 'w' ? 7 : 1);
  throw new SettingsError(`--last must be days or weeks such as 90d or 2w; it is ${last}`);
}

function toTypes(list: string): string[] {
  return list
    .split(',')
    .map((type) => type.trim())
    .filter(Boolean);
}

/** `CALL=40,ALL=200` as `{ CALL: 40, ALL: 200 }`. */
function toGoals(list: string): Record<string, number> {
  const goals = list.split(',').map((goal): [string, number] => {
    const [, type = '', count] = /^(.+)=(\d{1,9}(?:\.\d{1,4})?)$/.exec(goal.trim()) ?? [];
    if (Number(count) > 0) return [type.trim(), Number(count)];
    throw new SettingsError(`--goal must be such as CALL=40 or CALL=40,ALL=200; it is ${list}`);
  });
  return Object.fromEntries(goals);
}
