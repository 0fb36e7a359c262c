import type { DetailedReport, Figures, Report } from '../../src/report/report.ts';

/** A report of these days, written as `{ '2026-01-05': [[count, inWindow] of each type] }`; totals are added up. */
export function makeReport(
  types: string[],
  days: Record<string, [count: number, inWindow: number | null][]>,
  rest: Partial<Report> = {},
): Report {
  const dates = Object.keys(days);
  const [firstDay] = dates;
  const lastDay = dates.at(-1);
  return {
    by: 'created',
    timezone: 'UTC',
    window: 2,
    align: 'trailing',
    includeDeleted: false,
    portal: null,
    portals: [],
    someTypes: false,
    extractedAt: null,
    today: '2026-11-24',
    data: firstDay === undefined || lastDay === undefined ? null : { firstDay, lastDay },
    goals: {},
    from: firstDay ?? null,
    to: lastDay ?? null,
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

export const NO_FIGURES: Figures = {
  ...{ owners: 0, calls: 0, connected: 0, meetings: 0, held: 0, contacts: 0 },
};

/** The details of the page for a report: all engagements on Monday at 9, no figures, nothing before, unless told. */
export function makeDetails(report: Report, rest: Partial<DetailedReport> = {}): DetailedReport {
  const hours = report.types.map((_, type) => {
    const counts = new Array<number>(168).fill(0);
    counts[9] = report.days.reduce((sum, { types }) => sum + (types[type]?.count ?? 0), 0);
    return counts;
  });
  return { ...report, hours, figures: NO_FIGURES, before: null, ...rest };
}
