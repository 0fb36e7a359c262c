import type { ReportRange } from './report-options.ts';

const MS_PER_DAY = 86_400_000;

/** The first and the last day with engagements, `YYYY-MM-DD`. */
export interface DataSpan {
  firstDay: string;
  lastDay: string;
}

/**
 * The first and the last day to show, `YYYY-MM-DD`, never the wrong way round. `data` is null when no engagement has a
 * day; then what is open is `today`. Pure.
 */
export function planRange(
  range: ReportRange,
  data: DataSpan | null,
  today: string,
): { from: string; to: string } {
  // Days in this format sort as text.
  const { firstDay, lastDay } = data ?? { firstDay: today, lastDay: today };
  switch (range.kind) {
    case 'last': {
      const to = today < lastDay ? today : lastDay;
      return { from: addDays(to, 1 - range.days), to };
    }
    case 'all':
      return { from: firstDay, to: lastDay };
    case 'between': {
      const { from = firstDay, to = lastDay } = range;
      if (from <= to) return { from, to };
      // One end was left open, and the data lie wholly on the other side of the given one.
      return range.from === undefined ? { from: to, to } : { from, to: from };
    }
  }
}

/** How many days there are from `from` to `to`, both counted. */
export function countDays(from: string, to: string): number {
  return toEpochDay(to) - toEpochDay(from) + 1;
}

function addDays(day: string, days: number): string {
  const at = new Date((toEpochDay(day) + days) * MS_PER_DAY);
  // Before the year 1 there is nothing to show.
  return at.getUTCFullYear() < 1 ? '0001-01-01' : at.toISOString().slice(0, 10);
}

function toEpochDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / MS_PER_DAY;
}
