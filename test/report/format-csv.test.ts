import { expect, test } from 'vitest';
import { formatCsv } from '../../src/report/format-csv.ts';
import { makeReport } from './make-report.ts';

test('days ascend, types ascend within them, ALL comes last', () => {
  const report = makeReport(['CALL', 'NOTE'], {
    '2026-01-05': [
      [1, null],
      [0, null],
    ],
    '2026-01-06': [
      [0, 1],
      [3, 3],
    ],
  });
  expect(formatCsv(report)).toBe(`day,type,count,rolling_average
2026-01-05,CALL,1,
2026-01-05,NOTE,0,
2026-01-05,ALL,1,
2026-01-06,CALL,0,0.5000
2026-01-06,NOTE,3,1.5000
2026-01-06,ALL,3,2.0000
`);
});

test('without days there is only the header', () => {
  expect(formatCsv(makeReport([], {}))).toBe('day,type,count,rolling_average\n');
});

test('a type named ALL does not take the place of the total', () => {
  expect(
    formatCsv(
      makeReport(['ALL', 'ZOO'], {
        '2026-01-05': [
          [1, 2],
          [1, 4],
        ],
      }),
    ),
  ).toBe(
    'day,type,count,rolling_average\n' +
      '2026-01-05,ALL,1,1.0000\n2026-01-05,ZOO,1,2.0000\n2026-01-05,ALL,2,3.0000\n',
  );
});

test.each([
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=cmd|x', "'=cmd|x"],
  ['=1,2', `"'=1,2"`],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tTAB', "'\tTAB"],
  ['\rCR', `"'\rCR"`],
  ['<b>&amp;</b>', '<b>&amp;</b>'],
  ['a=b', 'a=b'],
  ['📞', '📞'],
])('type %j is written %j', (type, field) => {
  expect(formatCsv(makeReport([type], { '2026-01-05': [[1, null]] }))).toBe(
    `day,type,count,rolling_average\n2026-01-05,${field},1,\n2026-01-05,ALL,1,\n`,
  );
});
