import { addDays } from './days.ts';
import type { ReportRange } from './report-options.ts';

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
