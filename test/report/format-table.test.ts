import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { formatTable } from '../../src/report/format-table.ts';
import { measureText } from '../../src/terminal/visible-text.ts';
import { makeReport } from './make-report.ts';

const small = makeReport(
  ['CALL', 'PUBLISHING_TASK'],
  {
    '2026-11-22': [
      [1234, null],
      [0, null],
    ],
    '2026-11-23': [
      [0, 1234],
      [3, 3],
    ],
    '2026-11-24': [
      [0, 0],
      [0, 3],
    ],
  },
  { timezone: 'Europe/Berlin' },
);

test('the newest day comes first, zeros are quiet, today is marked', () => {
  expect(formatTable(small)).toBe(`Engagements per day, by the day they were created
2026-11-22 to 2026-11-24, 3 days in Europe/Berlin; 1,237 engagements
avg 2d: the mean of the day and the 1 day before it

                        PUBLISHING_
day               CALL         TASK  total  avg 2d
2026-11-24 Tue*      ·            ·      ·     1.5
2026-11-23 Mon       ·            3      3   618.5
2026-11-22 Sun   1,234            ·  1,234       –
──────────────────────────────────────────────────
total            1,234            3  1,237
* today, not over yet
`);
});

test('where it is too narrow, the smallest types share a column that the foot explains', () => {
  const report = makeReport(['A', 'BBBB', 'CCCC', 'OTHER'], {
    '2026-01-05': [
      [1, 1],
      [2, 2],
      [300, 300],
      [999, 999],
    ],
  });
  expect(formatTable(report, { width: 46 })).toBe(`Engagements per day, by the day they were
created
2026-01-05 to 2026-01-05, 1 day in UTC; 1,302
engagements
avg 2d: the mean of the day and the 1 day
before it

day              CCCC  OTHER  total  avg 2d
2026-01-05 Mon    300  1,002  1,302   651.0
───────────────────────────────────────────
total             300  1,002  1,302
OTHER: A, BBBB, OTHER
`);
});

test('forty types fit 80 columns, and every number adds up', () => {
  const types = Array.from(
    { length: 40 },
    (_, index) => `TYPE_NUMBER_${String(index).padStart(2, '0')}`,
  );
  const tallies = types.map((_, index): [number, number] => [index * 1000, index * 14]);
  const text = formatTable(makeReport(types, { '2026-01-05': tallies }, { window: 14 }));
  const lines = text.split('\n');
  expect(Math.max(...lines.map(measureText))).toBeLessThanOrEqual(80);
  const row = lines.find((line) => line.startsWith('2026-01-05 Mon')) as string;
  const numbers = row
    .slice(15)
    .trim()
    .split(/\s+/)
    .map((cell) => Number(cell.replaceAll(',', '')));
  expect(numbers).toStrictEqual([37_000, 38_000, 39_000, 666_000, 780_000, 780]);
});

test('any width from 50 on is kept', () => {
  const types = ['CALL', 'CONVERSATION_SESSION', 'EMAIL', 'LINKEDIN_MESSAGE', '日本語', '📞'];
  const report = makeReport(types, {
    '2026-11-24': types.map((_, index): [number, number] => [10 ** index, 10 ** index]),
  });
  for (let width = 50; width <= 120; width++) {
    const lines = formatTable(report, { width }).split('\n');
    expect(Math.max(...lines.map(measureText))).toBeLessThanOrEqual(width);
  }
});

test('wide letters stay in their columns', () => {
  const report = makeReport(['日本', '📞'], {
    '2026-01-05': [
      [1, 2],
      [12345, 12345],
    ],
  });
  expect(formatTable(report).split('\n').slice(4, 7)).toStrictEqual([
    'day              日本      📞   total   avg 2d',
    '2026-01-05 Mon      1  12,345  12,346  6,173.5',
    '──────────────────────────────────────────────',
  ]);
});

test('what a terminal would act upon is written out', () => {
  const types = ['\x1b]0;owned\x07', 'a\nb', '\u202eevil', '<b>', '=cmd'];
  const report = makeReport(types, { '2026-01-05': types.map(() => [1, null]) });
  for (const width of [40, 200]) {
    const text = formatTable(report, { width });
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('\\x1b]0;owned');
  }
});

test('colours only when asked, and they change nothing else', () => {
  const plain = formatTable(small);
  const coloured = formatTable(small, { color: true });
  expect(plain).not.toContain('\x1b');
  expect(coloured).toContain('\x1b[1mEngagements per day, by the day they were created\x1b[0m\n');
  expect(coloured).toContain('\x1b[2m2026-11-22 Sun \x1b[0m');
  expect(coloured).toContain('\x1b[2m      ·\x1b[0m');
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test('nothing to show is said in words', () => {
  expect(formatTable(makeReport([], {}))).toBe(
    'No engagements.\nnothing is loaded yet: make extract load\n',
  );
  expect(formatTable(makeReport([], {}, { by: 'occurred', undated: 1200 }))).toBe(
    'No engagements on any day.\nOn no day, as HubSpot does not say when they occurred: 1,200\n',
  );
});

test('the head tells about centered windows, deleted and undated engagements', () => {
  const report = makeReport(
    ['CALL'],
    { '2026-01-05': [[1, null]] },
    {
      ...{ by: 'updated', window: 15, align: 'centered', includeDeleted: true, undated: 7 },
    },
  );
  expect(formatTable(report).split('\n').slice(0, 5)).toStrictEqual([
    'Engagements per day, by the day they were updated',
    '2026-01-05 to 2026-01-05, 1 day in UTC; 1 engagement, deleted ones included',
    'avg 15d: the mean of the day, the 7 days before it and as many after it',
    'On no day, as HubSpot does not say when they were updated: 7',
    '',
  ]);
  expect(formatTable({ ...report, window: 1 })).toContain('avg 1d: the mean of the day alone\n');
});

test('small averages have two decimals', () => {
  const report = makeReport(['CALL'], { '2026-01-05': [[1, 1]] }, { window: 14 });
  expect(formatTable(report)).toContain('2026-01-05 Mon      1      1     0.07\n');
});

test('a day without engagements is there, but quiet', () => {
  const report = makeReport(['CALL'], { '2026-01-05': [[0, 3]] });
  expect(formatTable(report, { color: true })).toContain(
    '\x1b[2m2026-01-05 Mon \x1b[0m\x1b[2m     ·\x1b[0m\x1b[2m      ·\x1b[0m    1.50\n',
  );
});

test('types that were asked for have columns, however narrow it is, and the head tells what is left out', () => {
  const report = makeReport(
    ['CALL', 'CONVERSATION', 'EMAIL'],
    {
      '2026-01-05': [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    },
    { someTypes: true, portal: '62515', extractedAt: '2026-01-06 03:15' },
  );
  expect(formatTable(report, { width: 40 })).toBe(`Engagements per day, by the day they
were created
2026-01-05 to 2026-01-05, 1 day in UTC;
6 engagements of portal 62515
only CALL, CONVERSATION, EMAIL
data extracted 2026-01-06 03:15
avg 2d: the mean of the day and the 1
day before it

day              CALL  CONVERSATION  EMAIL  total  avg 2d
2026-01-05 Mon      1             2      3      6    3.00
─────────────────────────────────────────────────────────
total               1             2      3      6
`);
});
