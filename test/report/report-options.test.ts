import { expect, test } from 'vitest';
import { checkOptions, type ReportOptions } from '../../src/report/report-options.ts';

const options: ReportOptions = {
  by: 'created',
  range: { kind: 'all' },
  timezone: 'UTC',
  schema: 'hubspot',
};

test('what is left out has a default', () => {
  expect(checkOptions(options)).toStrictEqual({
    ...options,
    window: 14,
    align: 'trailing',
    includeDeleted: false,
    goals: {},
    today: undefined,
    types: undefined,
    portal: undefined,
  });
});

const between = (from?: string, to?: string): Partial<ReportOptions> => ({
  range: { kind: 'between', ...(from ? { from } : {}), ...(to ? { to } : {}) },
});

test.each<[string, Partial<ReportOptions>]>([
  ['--window must be a whole number of days from 1 to 3650', { window: 0 }],
  ['--window must be a whole number of days from 1 to 3650', { window: 3651 }],
  ['--window must be a whole number of days from 1 to 3650', { window: 1.5 }],
  ['--window must be a whole number of days from 1 to 3650', { window: Number.NaN }],
  ['--align centered needs an odd --window; it is 14', { align: 'centered' }],
  [
    'the number of last days must be a whole number of days from 1 to 3650',
    { range: { kind: 'last', days: 0 } },
  ],
  ['--from 2026-01-02 is after --to 2026-01-01', between('2026-01-02', '2026-01-01')],
  [
    '--from must be a day of the calendar such as 2026-02-28; it is 2026-02-29',
    between('2026-02-29'),
  ],
  [
    '--from must be a day of the calendar such as 2026-02-28; it is 2026-13-01',
    between('2026-13-01'),
  ],
  [
    '--from must be a day of the calendar such as 2026-02-28; it is 0000-01-01',
    between('0000-01-01'),
  ],
  [
    '--to must be a day of the calendar such as 2026-02-28; it is 2026-1-1',
    between(undefined, '2026-1-1'),
  ],
  [
    '--to must be a day of the calendar such as 2026-02-28; it is today',
    between(undefined, 'today'),
  ],
  ['--types names no type', { types: [] }],
  ["--portal must be a portal's id, such as 62515; it is all", { portal: 'all' }],
])('%s', (message, wrong) => {
  expect(() => checkOptions({ ...options, ...wrong })).toThrow(
    expect.objectContaining({ name: 'SettingsError', exitCode: 2, message }),
  );
});

test('days are read with slashes, too', () => {
  expect(checkOptions({ ...options, ...between('2026/02/28', '2026/11/24') })).toMatchObject(
    between('2026-02-28', '2026-11-24'),
  );
  expect(() => checkOptions({ ...options, ...between('2026/02-28') })).toThrow('2026/02-28');
});

test.each<Partial<ReportOptions>>([
  { window: 1, align: 'centered' },
  { window: 3649, align: 'centered' },
  { window: 3650 },
  between('2016-02-29', '2016-02-29'),
  between('0001-01-01', '9999-12-31'),
])('%j is sound', (right) => {
  expect(checkOptions({ ...options, ...right })).toMatchObject(right);
});
