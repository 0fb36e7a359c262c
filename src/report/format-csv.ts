import { formatAverage, type Tally } from './average.ts';
import type { Report } from './report.ts';

/**
 * The report as CSV (RFC 4180, but lines end in `\n`): `day,type,count,rolling_average`. Days ascending; in each day the
 * types ascending, zeros included, and `ALL`, the day's total, last. Averages have four decimals, or nothing where there
 * is no full window. A type that a spreadsheet would take for a formula is written with a `'` in front.
 */
export function formatCsv(report: Report): string {
  const types = report.types.map(toField);
  const line = (day: string, type: string, tally: Tally): string =>
    `${day},${type},${tally.count},${formatAverage(tally, report.window, 4) ?? ''}\n`;
  const lines = ['day,type,count,rolling_average\n'];
  for (const { day, total, types: tallies } of report.days) {
    tallies.forEach((tally, index) => {
      lines.push(line(day, types[index] as string, tally));
    });
    lines.push(line(day, 'ALL', total));
  }
  return lines.join('');
}

function toField(text: string): string {
  // https://owasp.org/www-community/attacks/CSV_Injection
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
