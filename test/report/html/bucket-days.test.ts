import { expect, test } from 'vitest';
import { bucketDays, pickUnit } from '../../../src/report/html/bucket-days.ts';
import { pickSeries } from '../../../src/report/html/pick-series.ts';
import { makeReport } from '../make-report.ts';

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

test('bars are days as long as there is room for them, then weeks, months, years', () => {
  const units = [300, 301, 2100, 2101, 9000, 9001, 50_000].map((count) =>
    pickUnit({ ...makeDays(0), days: Array(count).fill(undefined) }, 300),
  );
  expect(units).toStrictEqual(['day', 'week', 'week', 'month', 'month', 'year', 'year']);
});

test('weeks begin on Monday; a bar is the mean of the days that it has', () => {
  // 2026-01-01 is a Thursday.
  const report = makeDays(13);
  expect(bucketDays(report, pickSeries(report), 'week')).toStrictEqual([
    {
      from: '2026-01-01',
      to: '2026-01-04',
      means: [2.5, 2],
      mean: 4.5,
      count: 18,
      average: 5,
      whole: false,
    },
    {
      from: '2026-01-05',
      to: '2026-01-11',
      means: [8, 2],
      mean: 10,
      count: 70,
      average: 12,
      whole: true,
    },
    {
      from: '2026-01-12',
      to: '2026-01-13',
      means: [12.5, 2],
      mean: 14.5,
      count: 29,
      average: 14,
      whole: false,
    },
  ]);
});

test('a bar that is cut off by the range, or not over yet, is not whole', () => {
  const wholeOf = (unit: 'day' | 'week' | 'month', today: string) =>
    bucketDays({ ...makeDays(62, '2026-01-05'), today }, [], unit).map(({ whole }) => whole);
  expect(wholeOf('week', '2026-01-18')).toStrictEqual([
    ...[true, false, true, true, true, true, true, true, false],
  ]);
  expect(wholeOf('month', '2026-11-24')).toStrictEqual([false, true, false]);
  expect(wholeOf('day', '2026-03-07')).toStrictEqual([...Array(61).fill(true), false]);
});

test('months and years are those of the calendar', () => {
  const report = makeDays(60, '2025-12-31');
  const spans = (unit: 'month' | 'year') =>
    bucketDays(report, [], unit).map(({ from, to }) => `${from} ${to}`);
  expect(spans('month')).toStrictEqual([
    '2025-12-31 2025-12-31',
    '2026-01-01 2026-01-31',
    '2026-02-01 2026-02-28',
  ]);
  expect(spans('year')).toStrictEqual(['2025-12-31 2025-12-31', '2026-01-01 2026-02-28']);
});

test('the most frequent types have a colour each, the others share one', () => {
  const types = Array.from({ length: 40 }, (_, index) => `T${index}`);
  const report = makeReport(types, { '2026-01-01': types.map((_, index) => [index, null]) });
  const series = pickSeries(report);
  expect(series.map(({ name }) => name)).toStrictEqual([
    ...['T39', 'T38', 'T37', 'T36', 'T35', 'T34', 'T33'],
    '32 other types',
  ]);
  expect(series.flatMap(({ types }) => types).sort((a, b) => a - b)).toStrictEqual(
    types.map((_, index) => index).slice(1),
  );
  const eight = makeReport(types.slice(0, 9), {
    '2026-01-01': types.slice(0, 9).map((_, index) => [index, null]),
  });
  expect(pickSeries(eight).map(({ name }) => name)).toStrictEqual([
    'T8',
    'T7',
    'T6',
    'T5',
    'T4',
    'T3',
    'T2',
    'T1',
  ]);
});
