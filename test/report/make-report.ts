import type { Report } from '../../src/report/report.ts';

/** A report of these days, written as `{ '2026-01-05': [[count, inWindow] of each type] }`; totals are added up. */
export function makeReport(
  types: string[],
  days: Record<string, [count: number, inWindow: number | null][]>,
  rest: Partial<Report> = {},
): Report {
  const dates = Object.keys(days);
  return {
    by: 'created',
    timezone: 'UTC',
    window: 2,
    align: 'trailing',
    includeDeleted: false,
    portal: null,
    someTypes: false,
    extractedAt: null,
    today: '2026-11-24',
    from: dates[0] ?? null,
    to: dates.at(-1) ?? null,
    undated: 0,
    types,
    days: Object.entries(days).map(([day, tallies]) => ({
      day,
      total: {
        count: tallies.reduce((sum, [count]) => sum + count, 0),
        inWindow: tallies.some(([, inWindow]) => inWindow === null)
          ? null
          : tallies.reduce((sum, [, inWindow]) => sum + (inWindow as number), 0),
      },
      types: tallies.map(([count, inWindow]) => ({ count, inWindow })),
    })),
    ...rest,
  };
}
