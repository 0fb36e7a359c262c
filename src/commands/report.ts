import { SettingsError } from '../errors.ts';
import { formatCsv } from '../report/format-csv.ts';
import { formatJson } from '../report/format-json.ts';
import { formatTable } from '../report/format-table.ts';
import { report, reportSql } from '../report/report.ts';
import type { ReportOptions, ReportRange } from '../report/report-options.ts';
import { writeOutput } from '../report/write-output.ts';
import { toCounted } from '../terminal/text.ts';
import { type Context, withDatabase } from './context.ts';

export interface ReportArguments {
  by: ReportOptions['by'];
  all: boolean;
  last: number | undefined;
  from: string | undefined;
  to: string | undefined;
  format: 'table' | 'csv' | 'json';
  out: string | undefined;
  timezone: string | undefined;
  window: number;
  align: 'trailing' | 'centered';
  includeDeleted: boolean;
  sql: boolean;
}

/** `report`: engagements per day by type, to stdout or a file. */
export async function runReport(context: Context, args: ReportArguments): Promise<void> {
  const { settings, output, log } = context;
  const range = toRange(args);
  await withDatabase(context, async (database) => {
    const options: ReportOptions = {
      by: args.by,
      range,
      timezone: args.timezone ?? settings.reportTimezone,
      window: args.window,
      align: args.align,
      includeDeleted: args.includeDeleted,
      schema: database.schema,
    };
    const client = await database.connect('report');
    try {
      const text = args.sql
        ? await reportSql(options, client)
        : format(await report(options, client), context, args);
      if (args.out === undefined) return output.write(text);
      await writeOutput(args.out, text);
      log.info(`report: ${toCounted(Buffer.byteLength(text), 'bytes')} written to ${args.out}`);
    } finally {
      await client.end();
    }
  });
}

function format(
  result: Awaited<ReturnType<typeof report>>,
  { output }: Context,
  { format, out }: ReportArguments,
): string {
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
  if (from === undefined && to === undefined) return { kind: 'last', days: last ?? 30 };
  return {
    kind: 'between',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
