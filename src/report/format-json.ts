import { type Tally, toAverage } from './average.ts';
import type { Report } from './report.ts';

/**
 * The report as JSON: `{by, timezone, window, align, from, to, days: [{day, total, rollingAverage, types: [{type, count,
 * rollingAverage}]}]}`, a line per day. Days ascending; averages in full double precision, null without a full window;
 * `from` and `to` null when there are no days.
 */
export function formatJson(report: Report): string {
  const { by, timezone, window, align, from, to } = report;
  const averageOf = (tally: Tally) => toAverage(tally, window);
  const days = report.days.map(({ day, total, types }) =>
    JSON.stringify({
      day,
      total: total.count,
      rollingAverage: averageOf(total),
      types: types.map((tally, index) => ({
        type: report.types[index],
        count: tally.count,
        rollingAverage: averageOf(tally),
      })),
    }),
  );
  const head = JSON.stringify({ by, timezone, window, align, from, to });
  const list = days.length === 0 ? '[]' : `[\n${days.join(',\n')}\n]`;
  return `${head.slice(0, -1)},"days":${list}}\n`;
}
