import { expect, test } from 'vitest';
import { toEpochDay } from '../../../src/report/days.ts';
import { pickDateTicks } from '../../../src/report/page/charts.ts';

test.each<[string, string, number, number, string[]]>([
  ['days where there is room', '2026-10-30', 4, 280, ['30 Oct', '31 Oct', '1 Nov', '2 Nov']],
  ['Mondays', '2026-10-27', 30, 280, ['2 Nov', '9 Nov', '16 Nov', '23 Nov']],
  ['every other Monday', '2026-10-01', 56, 280, ['5 Oct', '19 Oct', '2 Nov', '16 Nov']],
  ['months', '2025-11-15', 120, 280, ['Dec', '2026', 'Feb', 'Mar']],
  ['quarters', '2025-02-01', 500, 280, ['Apr', 'Jul', 'Oct', '2026', 'Apr']],
  ['half years', '2023-11-26', 1096, 280, ['2024', 'Jul', '2025', 'Jul', '2026', 'Jul']],
  ['years', '2016-11-26', 2000, 280, ['2017', '2018', '2019', '2020', '2021', '2022']],
  ['decades', '1970-01-02', 49_709, 280, ['1980', '2000', '2020', '2040', '2060', '2080', '2100']],
  ['one day', '2026-11-24', 1, 280, ['24 Nov']],
])('%s', (_what, from, count, length, labels) => {
  const ticks = pickDateTicks(toEpochDay(from), count, length);
  expect(ticks.map(({ label }) => label)).toStrictEqual(labels);
});

test('labels never run into each other, whatever the range', () => {
  for (const length of [280, 800]) {
    for (let count = 2; count < 4000; count += 131) {
      const start = toEpochDay('2016-01-20');
      const at = pickDateTicks(start, count, length).map(
        ({ day }) => (toEpochDay(day) - start) * (length / count),
      );
      const gaps = at.slice(1).map((x, index) => x - (at[index] as number));
      expect(Math.min(...gaps, 99)).toBeGreaterThan(34);
    }
  }
});
