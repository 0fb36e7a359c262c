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

test('the newest day comes last, zeros are quiet, today is marked', () => {
  expect(formatTable(small)).toBe(`Engagements per day, by the day they were created
2026-11-22 to 2026-11-24, 3 days in Europe/Berlin; 1,237 engagements
avg 2d: the mean of the day and the 1 day before it

                        PUBLISHING_         avg
day               CALL         TASK  total   2d
2026-11-22 Sun   1,234            ·  1,234    – ████████████████████████████████
2026-11-23 Mon       ·            3      3  619 ▏
2026-11-24 Tue*      ·            ·      ·    2
───────────────────────────────────────────────
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

                                     avg
day              CCCC  OTHER  total   2d
2026-01-05 Mon    300  1,002  1,302  651 █████
────────────────────────────────────────
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
    .replace(/█+$/, '')
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
    '                                         avg',
    'day              日本      📞   total     2d',
    '2026-01-05 Mon      1  12,345  12,346  6,174 ███████████████████████████████████',
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

test('averages have the digits that tell', () => {
  const averageOf = (inWindow: number): string | undefined =>
    formatTable(makeReport(['CALL'], { '2026-01-05': [[1, inWindow]] }, { window: 14 }))
      .match(/^2026-01-05 Mon .*$/m)?.[0]
      .split(/ +/)[4];
  expect([1, 14, 1399, 1400].map(averageOf)).toStrictEqual(['0.07', '1.0', '99.9', '100']);
});

test('a day without engagements is there, but quiet', () => {
  const report = makeReport(['CALL'], { '2026-01-05': [[0, 3]], '2026-01-06': [[1, 1]] });
  expect(formatTable(report, { color: true })).toContain(
    '\x1b[2m2026-01-05 Mon \x1b[0m\x1b[2m     ·\x1b[0m\x1b[2m      ·\x1b[0m  1.5\n',
  );
});

test('a range without engagements is said in words, with where the data are', () => {
  const report = makeReport(['CALL'], { '2026-01-05': [[0, null]] });
  const data = { firstDay: '2018-01-01', lastDay: '2018-04-10' };
  expect(formatTable({ ...report, data })).toBe(`Engagements per day, by the day they were created
2026-01-05 to 2026-01-05, 1 day in UTC: none
The data are of 2018-01-01 to 2018-04-10. Show them with --all.
`);
});

/** A report of so many days from 2025-12-29, a Monday, on, each with one call more than the day before. */
function makeGrowing(count: number) {
  const days: Record<string, [number, number | null][]> = {};
  for (let n = 0; n < count; n++) {
    const day = new Date(Date.UTC(2025, 11, 29 + n)).toISOString().slice(0, 10);
    days[day] = [[n + 1, n === 0 ? null : 2 * n + 1]];
  }
  return makeReport(['CALL'], days);
}

test('lines are of weeks or months where those are asked for', () => {
  const table = (interval: 'week' | 'month') =>
    formatTable(makeGrowing(40), { width: 45, interval }).split('\n').slice(7).join('\n');
  expect(table('week')).toBe(`                           avg
week from    CALL  total    2d
2025-12-29     28     28   6.5 █▊
2026-01-05     77     77  13.5 ████▉
2026-01-12    126    126  20.5 ███████▉
2026-01-19    175    175  27.5 ███████████
2026-01-26    224    224  34.5 ██████████████
2026-02-02*   190    190  39.5 ███████████▉
──────────────────────────────
total         820    820
* not a whole week
avg: that of the last day of the week
`);
  expect(table('month')).toBe(`                        avg
month     CALL  total    2d
2025-12*     6      6   2.5 ▏
2026-01    589    589  33.5 █████████████████
2026-02*   225    225  39.5 ██████▌
───────────────────────────
total      820    820
* not a whole month
avg: that of the last day of the month
`);
});

test('below a table that is longer than the terminal the heading stands again', () => {
  const heads = (height: number) =>
    formatTable(makeGrowing(10), { height }).match(/^day +CALL +total +2d$/gm)?.length;
  expect([heads(14), heads(15)]).toStrictEqual([2, 1]);
  expect(formatTable(makeGrowing(10), { height: 10 }).split('\n').slice(-5)).toStrictEqual([
    '─────────────────────────────────',
    '                              avg',
    'day              CALL  total   2d',
    'total              55     55',
    '',
  ]);
});

test('a bar far above all others is cut, and the foot says so', () => {
  const days = Object.fromEntries(
    Array.from({ length: 20 }, (_, n): [string, [number, null][]] => [
      `2026-01-${String(n + 1).padStart(2, '0')}`,
      [[n === 3 ? 26_622 : 10, null]],
    ]),
  );
  const lines = formatTable(makeReport(['CALL'], days), { width: 50 }).split('\n');
  expect(lines.find((line) => line.startsWith('2026-01-04'))).toBe(
    '2026-01-04 Sun   26,622  26,622    – ████████████▸',
  );
  expect(lines.find((line) => line.startsWith('2026-01-05'))).toContain('– ███████████▉');
  expect(lines.slice(-2)).toStrictEqual(['▸ longer than shown', '']);
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

                                                   avg
day              CALL  CONVERSATION  EMAIL  total   2d
2026-01-05 Mon      1             2      3      6  3.0
──────────────────────────────────────────────────────
total               1             2      3      6
`);
});
