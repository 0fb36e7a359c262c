import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { formatHtml } from '../../../src/report/html/format-html.ts';
import { makeReport } from '../make-report.ts';
import { makeOddReport, ODD_TYPES } from './odd-report.ts';

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
  { timezone: 'Europe/Berlin', extractedAt: '2026-11-24 02:34' },
);

/** What stands in `<main>`: all but the head, the style and the script. */
function readMain(page: string): string {
  return page.slice(page.indexOf('<main>'), page.indexOf('</main>') + '</main>\n'.length);
}

test('a small report is exactly this page (small-page.txt)', async () => {
  const expected = await readFile(new URL('./small-page.txt', import.meta.url), 'utf8');
  expect(readMain(await formatHtml(small))).toBe(expected);
});

test('no engagements are said in words, without a chart, a table or a script', async () => {
  const empty = makeReport([], {}, { undated: 3, extractedAt: '2026-11-24 02:34' });
  expect(readMain(await formatHtml(empty))).toBe(`<main>
<h1>HubSpot engagements per day</h1>
<p class="range">No engagements</p>
<p class="about"><span>Counted on the day they were created, in UTC</span>
<span>On no day, as HubSpot does not say when they were created: 3</span>
<span>Data of 24 Nov 2026, 02:34</span></p>
<section class="empty"><p>There is nothing to show.</p></section>
</main>
`);
  expect(await formatHtml(makeReport([], {}))).not.toContain('<script');
});

test('the policy allows this style and this script alone, and no request', async () => {
  const page = await formatHtml(small);
  const hash = (text = '') => createHash('sha256').update(text).digest('base64');
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1];
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1];
  expect(/Content-Security-Policy" content="(.*?)"/.exec(page)?.[1]).toBe(
    `default-src 'none'; style-src 'sha256-${hash(style)}'; script-src 'sha256-${hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  expect(
    page.match(/https?:|@import|url\((?!#)|\bsrc=|href="(?!data:)|\sstyle=|\son\w+=/gi),
  ).toBeNull();
});

test('no type’s name gets out of its place', async () => {
  const page = await formatHtml(makeOddReport(3));
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  const json = /id="averages">(.*?)<\/script>/.exec(page)?.[1] as string;
  expect(JSON.parse(json).types).toContain(ODD_TYPES[0]);
});

test('days are left out only where there are thousands, and only empty ones', async () => {
  const days: Record<string, [number, null][]> = {};
  for (let n = 0; n < 4001; n++) {
    const day = new Date(n * 86_400_000).toISOString().slice(0, 10);
    days[day] = [[n % 4000 === 0 ? 1 : 0, null]];
  }
  const page = await formatHtml(makeReport(['CALL'], days));
  expect(page).toContain('<p>3,999 days without engagements left out</p>');
  expect(page.match(/data-day="[^"]+"/g)).toStrictEqual([
    'data-day="1980-12-14"',
    'data-day="1970-01-01"',
  ]);
});
