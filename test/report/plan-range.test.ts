import { expect, test } from 'vitest';
import { countDays } from '../../src/report/days.ts';
import { planRange } from '../../src/report/plan-range.ts';
import type { ReportRange } from '../../src/report/report-options.ts';

const data = { firstDay: '2026-03-01', lastDay: '2026-04-10' };
const LAST: ReportRange = { kind: 'last', days: 30 };

test.each<[string, ReportRange, string, [string, string]]>([
  ['the last days end with the data', LAST, '2026-11-24', ['2026-03-12', '2026-04-10']],
  ['the last days end today', LAST, '2026-04-09', ['2026-03-11', '2026-04-09']],
  ['the last days may begin before the data', LAST, '2026-03-02', ['2026-02-01', '2026-03-02']],
  ['all', { kind: 'all' }, '2026-04-09', ['2026-03-01', '2026-04-10']],
  [
    'both ends',
    { kind: 'between', from: '2020-01-01', to: '2020-01-02' },
    '2026-04-09',
    ['2020-01-01', '2020-01-02'],
  ],
  ['from', { kind: 'between', from: '2026-04-01' }, '2026-04-09', ['2026-04-01', '2026-04-10']],
  [
    'from after the data',
    { kind: 'between', from: '2026-05-01' },
    '2026-11-24',
    ['2026-05-01', '2026-05-01'],
  ],
  ['to', { kind: 'between', to: '2026-04-01' }, '2026-04-09', ['2026-03-01', '2026-04-01']],
  [
    'to before the data',
    { kind: 'between', to: '2026-02-01' },
    '2026-04-09',
    ['2026-02-01', '2026-02-01'],
  ],
  ['neither end', { kind: 'between' }, '2026-04-09', ['2026-03-01', '2026-04-10']],
])('%s', (_name, range, today, [from, to]) => {
  expect(planRange(range, data, today)).toStrictEqual({ from, to });
});

test('without data what is open is today', () => {
  expect(planRange({ kind: 'all' }, null, '2026-01-01')).toStrictEqual({
    from: '2026-01-01',
    to: '2026-01-01',
  });
});

test('the last days go over a leap day and never before the year 1', () => {
  const old = { firstDay: '0001-01-05', lastDay: '0001-01-05' };
  expect(planRange(LAST, old, '2026-01-01').from).toBe('0001-01-01');
  const leap = { firstDay: '2016-03-01', lastDay: '2016-03-01' };
  expect(planRange({ kind: 'last', days: 2 }, leap, '2026-01-01').from).toBe('2016-02-29');
});

test('days are counted with both ends', () => {
  expect(countDays('2016-02-28', '2016-03-01')).toBe(3);
  expect(countDays('0001-01-01', '9999-12-31')).toBe(3_652_059);
});
