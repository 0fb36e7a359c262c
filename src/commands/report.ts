import { SettingsError } from '../errors.ts';
import { stopOnAbort } from '../postgres/stop-on-abort.ts';
import { formatCsv } from '../report/format-csv.ts';
import { formatJson } from '../report/format-json.ts';
import { formatTable } from '../report/format-table.ts';
import { formatHtml } from '../report/html/format-html.ts';
import { type Report, report, reportSql } from '../report/report.ts';
import { checkOptions, type ReportOptions, type ReportRange } from '../report/report-options.ts';
import { writeOutput } from '../report/write-output.ts';
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
  last: { type: 'string', describe: 'This many days, such as 90d (default: 30d)' },
  all: { type: 'boolean', default: false, describe: 'All days with data' },
  from: { type: 'string', describe: 'First day, YYYY-MM-DD' },
  to: { type: 'string', describe: 'Last day, YYYY-MM-DD' },
  format: {
    choices: ['table', 'csv', 'json', 'html'],
    default: 'table',
    describe: 'How to show it',
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

/** Writes the report to stdout or a file. */
export async function runReport(context: Context, args: ReportArguments): Promise<void> {
  const { settings, output, log, signal } = context;
  const options: ReportOptions = {
    by: args.by,
    range: toRange(args),
    timezone: args.timezone ?? settings.reportTimezone,
    window: args.window,
    align: args.align,
    includeDeleted: args.includeDeleted,
    ...(args.types === undefined ? {} : { types: toTypes(args.types) }),
    ...(args.portal === undefined ? {} : { portal: args.portal }),
    schema: settings.databaseSchema,
  };
  // Told before a database is started, or made, for it.
  checkOptions(options);
  await withDatabase(context, async (database) => {
    const client = await database.connect('report');
    const within = <T>(work: () => Promise<T>) => stopOnAbort(client, database, signal, work);
    try {
      const text = args.sql
        ? await reportSql(options, client, within)
        : await format(await report(options, client, within), context, args);
      // Not as a file: stdout may be one that others append to.
      if (args.out === undefined || args.out === '/dev/stdout') {
        const isRaw = args.sql || args.format !== 'table';
        // Formats for machines hold types as they are, which could steer a terminal.
        return output.write(isRaw && output.columns !== undefined ? toVisibleLines(text) : text);
      }
      await writeOutput(args.out, text);
      log.info(`report: ${toCounted(Buffer.byteLength(text), 'bytes')} written to ${args.out}`);
    } catch (error) {
      // What an interrupted query says is no news.
      signal.throwIfAborted();
      throw error;
    } finally {
      await client.end();
    }
  });
}

async function format(
  result: Report,
  { output }: Context,
  { format, out }: ReportArguments,
): Promise<string> {
  if (format === 'html') return formatHtml(result);
  if (format === 'csv') return formatCsv(result);
  if (format === 'json') return formatJson(result);
  return formatTable(result, {
    width: (out === undefined && output.columns) || 80,
    color: out === undefined && output.color,
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

/** `90d` and `90` are both ninety days. */
function toDays(last = '30d'): number {
  const days = /^(\d{1,9})d?$/.exec(last)?.[1];
  if (days !== undefined) return Number(days);
  throw new SettingsError(`--last must be a number of days such as 90d; it is ${last}`);
}

function toTypes(list: string): string[] {
  return list
    .split(',')
    .map((type) => type.trim())
    .filter(Boolean);
}
