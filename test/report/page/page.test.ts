import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { formatPage } from '../../../src/report/page/page.ts';
import { makeDetails, makeReport, NO_FIGURES } from '../make-report.ts';
import { makeOddReport, ODD_TYPES } from './odd-report.ts';

const small = makeDetails(
  makeReport(
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
    { timezone: 'Europe/Berlin', extractedAt: '2026-11-24 02:34', portals: ['62515'] },
  ),
  { figures: { ...NO_FIGURES, owners: 3, calls: 1234, connected: 200, contacts: 700 } },
);

/** What stands in `<main>`: all but the head, the style and the script. */
function readMain(page: string): string {
  return page.slice(page.indexOf('<main>'), page.indexOf('</main>') + '</main>\n'.length);
}

/** The texts of the elements of a class or name, without their tags. */
function readAll(page: string, pattern: RegExp): string[] {
  return [...page.matchAll(pattern)].map(([, text = '']) => text.replace(/<[^>]*>/g, ''));
}

test('a small report is exactly this page (small-page.txt)', async () => {
  const expected = await readFile(new URL('./small-page.txt', import.meta.url), 'utf8');
  expect(readMain(await formatPage(small, { isMadeUp: true }))).toBe(expected);
});

test('where there is nothing, the page says so and what to run, without a chart, a table or a script', async () => {
  const empty = makeReport([], {}, { undated: 3, extractedAt: '2026-11-24 02:34' });
  expect(readMain(await formatPage(makeDetails(empty)))).toBe(`<main>
<header>
<h1>HubSpot engagements</h1>
<p class="range">No engagements</p>
<p class="about"><span>Extracted 24 Nov 2026, 02:34</span>
<span>Counted on the day they were created, in UTC</span>
<span>On no day, as HubSpot does not say when they were created: 3</span></p>
</header>
<section class="empty"><p>The data that are loaded have no engagement on any day. For newer data, run</p><p><code>make extract load report-html</code></p></section>
</main>
`);
  const unloaded = await formatPage(makeDetails(makeReport([], {})));
  expect(unloaded).toContain('<p>Nothing is loaded yet. Run</p>');
  expect(unloaded).not.toContain('<script');
  const range = makeReport(['CALL'], { '2026-11-01': [[0, 0]], '2026-11-02': [[0, 0]] });
  const data = { firstDay: '2018-01-01', lastDay: '2018-04-10' };
  expect(await formatPage(makeDetails({ ...range, data }))).toContain(
    '<p>There are no engagements from 1 to 2 Nov 2026. The data are of 1 Jan to 10 Apr 2018. For all of them, run</p><p><code>make report-html ARGS=&#39;--all&#39;</code></p>',
  );
});

test('the policy allows this style and this script alone, and no request', async () => {
  const page = await formatPage(small);
  const hash = (text = '') => createHash('sha256').update(text).digest('base64');
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1];
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1];
  expect(/Content-Security-Policy" content="(.*?)"/.exec(page)?.[1]).toBe(
    `default-src 'none'; style-src 'sha256-${hash(style)}'; script-src 'sha256-${hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  expect(
    page.match(/https?:|@import|(?<!Object)url\((?!#)|\bsrc=|href="(?!data:)|\sstyle=|\son\w+=/gi),
  ).toBeNull();
});

test('no type’s name gets out of its place', async () => {
  const page = await formatPage(makeOddReport(3));
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(page).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  const json = /id="data">(.*?)<\/script>/.exec(page)?.[1] as string;
  expect(JSON.parse(json).types).toStrictEqual(ODD_TYPES);
});

test('a type has the same colour in every report, whatever else is there', async () => {
  const colourOf = async (types: string[], words: string): Promise<string | undefined> => {
    const report = makeReport(types, { '2026-01-05': types.map((_, n) => [n + 1, null]) });
    const page = await formatPage(makeDetails(report));
    return new RegExp(`<rect class="(c\\d+)"[^>]*/></svg><span>${words}</span></li>`).exec(
      page,
    )?.[1];
  };
  const calls = await colourOf(['CALL'], 'Calls');
  expect(calls).toBeDefined();
  expect(await colourOf(['CALL', 'EMAIL', 'NOTE'], 'Calls')).toBe(calls);
  expect(await colourOf(['EMAIL', 'CALL'], 'E-mails sent')).not.toBe(calls);
  const custom = await colourOf(['CUSTOM'], 'CUSTOM');
  expect(await colourOf(['CALL', 'CUSTOM'], 'CUSTOM')).toBe(custom);
});

test('the most frequent types have a colour, a card and a column each, the others share one', async () => {
  const types = Array.from({ length: 40 }, (_, index) => `T${index}`);
  const report = makeReport(types, { '2026-01-05': types.map((_, index) => [index, null]) });
  const page = await formatPage(makeDetails(report));
  const cards = readAll(page, /<h3[^>]*>(.*?)<\/h3>/g);
  expect(cards.at(-1)).toBe('35 other types');
  expect(cards.slice(0, -1).toSorted()).toStrictEqual(['T36', 'T37', 'T38', 'T39']);
  expect(readAll(page, /<th scope="col">([^<]+)/g).slice(-5)).toStrictEqual(cards);
});

test('key figures stand beside those of the period before, in counts, and in per cent from ten on', async () => {
  const page = await formatPage(makeOddReport(28, ['CALL', 'MEETING']));
  const figures = [...page.matchAll(/<dt>(.*?)<\/dt>(.*?)<\/div>/g)].map(([, name, rest = '']) =>
    [name, ...readAll(rest, /<dd[^>]*>(.*?)<\/dd>/g)].join(' | '),
  );
  expect(figures).toStrictEqual([
    'Engagements | 188 | 6.7 a day | ± 0 %, 188 before',
    '14-day average | 1 | a day, on 23 Nov | 14 days earlier: 1',
    'Active owners | 12 | 9 before',
    'Calls connected | 85 | of 340 | 0 before',
    'Meetings held | 3 | of 9 | 0 before',
    'Contacts touched | 1,234 | 0 before',
  ]);
  expect(page).toContain('<span>Compared with 30 Sep to 27 Oct 2026</span>');
  expect(page).toContain('class="ghost"');
  const alone = await formatPage({ ...makeOddReport(28), before: null });
  expect(alone).not.toMatch(/ before<|class="ghost"|Compared/);
});

test('a goal is a line, and its type’s card counts the days that reach it', async () => {
  const page = await formatPage({
    ...makeOddReport(28, ['CALL', 'NOTE']),
    goals: { CALL: 4, ALL: 9 },
  });
  expect(page).toContain('goal 4 a day, reached on 9 of 28 days');
  expect(page).toContain('Goal 9 a day, reached on');
  // In the chart of all and in that of calls, by days and by weeks; and in the legend.
  expect(page.match(/class="goal"/g)).toHaveLength(5);
});

test.each([
  [30, 'day', ['day', 'week']],
  [93, 'week', ['day', 'week', 'month']],
  [801, 'month', ['week', 'month']],
  [3652, 'month', ['week', 'month', 'year']],
  [13_000, 'year', ['year']],
])('%i days are shown by the %s at first, and by %j', async (count, first, offered) => {
  const page = await formatPage(makeOddReport(count, ['CALL']));
  const boxes = [...page.matchAll(/^<div data-interval="(\w+)"( hidden)?>/gm)].slice(
    0,
    offered.length,
  );
  expect(boxes.map(([, interval]) => interval)).toStrictEqual(offered);
  expect(boxes.filter(([, , hidden]) => !hidden).map(([, interval]) => interval)).toStrictEqual([
    first,
  ]);
});

test('the interval that is asked for is shown first, whatever suits the days', async () => {
  const page = await formatPage(makeOddReport(3, ['CALL']), { interval: 'month' });
  expect(page).toMatch(/<figure>\n<div data-interval="day" hidden>/);
  expect(page).toContain('\n<div data-interval="month">');
});

test('the notes say what a bar is, what is partial and what is cut off', async () => {
  const report = makeOddReport(200, ['CALL']);
  const days = report.days.map((day, n) =>
    n === 100
      ? { ...day, types: [{ count: 26_622, inWindow: 0 }], total: { count: 26_622, inWindow: 0 } }
      : day,
  );
  const page = await formatPage({ ...report, days });
  expect(readAll(page, /<figcaption>(.*?)<\/figcaption>/g)).toStrictEqual([
    'Light bar: today, not over yet. Cut off: 17 Aug 2026, 26,622. The 14-day average is the mean of the day and the 13 days before it.',
    'A bar is a week, as high as its average day. Light bars: partial weeks. Cut off: 17 to 23 Aug 2026, 3,805 a day. The 14-day average is the mean of the day and the 13 days before it.',
    'A bar is a month, as high as its average day. Light bars: partial months. The 14-day average is the mean of the day and the 13 days before it.',
  ]);
});
