import { expect, test } from 'vitest';
import { formatJson } from '../../src/report/format-json.ts';
import { makeReport } from './make-report.ts';

test('a line per day, keys in the order of the contract, averages in full precision', () => {
  const days: Parameters<typeof makeReport>[1] = {
    '2026-01-05': [[1, null]],
    '2026-01-06': [[0, 1]],
  };
  const report = makeReport(['<NOTE>"'], days, { window: 3, timezone: 'Europe/Berlin' });
  expect(formatJson(report)).toBe(
    `{"by":"created","timezone":"Europe/Berlin","window":3,"align":"trailing","from":"2026-01-05","to":"2026-01-06","days":[
{"day":"2026-01-05","total":1,"rollingAverage":null,"types":[{"type":"<NOTE>\\"","count":1,"rollingAverage":null}]},
{"day":"2026-01-06","total":0,"rollingAverage":0.3333333333333333,"types":[{"type":"<NOTE>\\"","count":0,"rollingAverage":0.3333333333333333}]}
]}
`,
  );
});

test('without days the list is empty and from and to are null', () => {
  expect(JSON.parse(formatJson(makeReport([], {})))).toStrictEqual({
    by: 'created',
    timezone: 'UTC',
    window: 2,
    align: 'trailing',
    from: null,
    to: null,
    days: [],
  });
});

test('any type comes back as it was', () => {
  for (const type of ['\u001b[2J', '👩‍💻', 'a\u2028b', '"\\', 'é']) {
    const text = formatJson(makeReport([type], { '2026-01-05': [[1, null]] }));
    expect(JSON.parse(text).days[0].types[0].type).toBe(type);
  }
});
