import { expect, test } from 'vitest';
import { toPeriods } from '../../src/report/intervals.ts';
import { makeReport } from './make-report.ts';

function makeDays(count: number, from = '2026-01-01') {
  const days: Record<string, [number, number | null][]> = {};
  for (let n = 0; n < count; n++) {
    const day = new Date(Date.parse(from) + n * 86_400_000).toISOString().slice(0, 10);
    days[day] = [
      [n + 1, n === 0 ? null : 2 * n],
      [0, 0],
      [2, 4],
    ];
  }
  return makeReport(['A', 'B', 'C'], days);
}

test('weeks begin on Monday and are summed; their average is that of their last day', () => {
  // 2026-01-01 is a Thursday.
  const weeks = toPeriods(makeDays(13), 'week').map(({ averaged, ...rest }) => ({
    ...rest,
    average: averaged?.total.inWindow,
  }));
  expect(weeks).toStrictEqual([
    {
      ...{ from: '2026-01-01', to: '2026-01-04', dayCount: 4 },
      ...{ total: 18, counts: [10, 0, 8], isWhole: false, average: 10 },
    },
    {
      ...{ from: '2026-01-05', to: '2026-01-11', dayCount: 7 },
      ...{ total: 70, counts: [56, 0, 14], isWhole: true, average: 24 },
    },
    {
      ...{ from: '2026-01-12', to: '2026-01-13', dayCount: 2 },
      ...{ total: 29, counts: [25, 0, 4], isWhole: false, average: 28 },
    },
  ]);
});

test('a period without a full window has no average', () => {
  expect(toPeriods(makeDays(1), 'month')[0]?.averaged).toBeNull();
});

test('a period that is cut off by the range, or not over yet, is not whole', () => {
  const wholeOf = (unit: 'day' | 'week' | 'month', today: string) =>
    toPeriods({ ...makeDays(62, '2026-01-05'), today }, unit).map(({ isWhole }) => isWhole);
  expect(wholeOf('week', '2026-01-18')).toStrictEqual([
    ...[true, false, true, true, true, true, true, true, false],
  ]);
  expect(wholeOf('month', '2026-11-24')).toStrictEqual([false, true, false]);
  expect(wholeOf('day', '2026-03-07')).toStrictEqual([...Array(61).fill(true), false]);
});

test('months and years are those of the calendar', () => {
  const report = makeDays(60, '2025-12-31');
  const spans = (unit: 'month' | 'year') =>
    toPeriods(report, unit).map(({ from, to }) => `${from} ${to}`);
  expect(spans('month')).toStrictEqual([
    '2025-12-31 2025-12-31',
    '2026-01-01 2026-01-31',
    '2026-02-01 2026-02-28',
  ]);
  expect(spans('year')).toStrictEqual(['2025-12-31 2025-12-31', '2026-01-01 2026-02-28']);
});
