import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatHtml } from '../../../src/report/html/format-html.ts';
import type { Report } from '../../../src/report/report.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { makeReport } from '../make-report.ts';
import { findBrowser } from './find-browser.ts';
import { makeOddReport, ODD_TYPES } from './odd-report.ts';

const executablePath = findBrowser();
const without =
  executablePath === undefined ? ' (skipped: there is no browser on this machine)' : '';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// Nothing of the browser's own leaves the machine.
const QUIET =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

const small = makeReport(
  ['CALL', 'EMAIL', 'NOTE'],
  {
    '2026-11-21': [
      [1200, null],
      [0, null],
      [1, null],
    ],
    '2026-11-22': [
      [0, 1200],
      [0, 0],
      [0, 1],
    ],
    '2026-11-23': [
      [9, 9],
      [10, 10],
      [0, 0],
    ],
    '2026-11-24': [
      [30, 39],
      [2, 12],
      [0, 0],
    ],
  },
  { window: 2 },
);

describe.skipIf(without)(`in a browser${without}`, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await makeTemporaryFolder();
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...QUIET.split(' '), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs `look` on the report's page; fails when the browser complains, or asks for anything but the page. */
  async function open(
    report: Report,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> {
    const file = path.join(folder, 'report.html');
    await writeFile(file, await formatHtml(report));
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    try {
      await page.goto(pathToFileURL(file).href);
      await look(page);
      expect(complaints).toStrictEqual([]);
      expect(requests.filter((url) => !url.startsWith('data:'))).toStrictEqual([
        pathToFileURL(file).href,
      ]);
    } finally {
      await context.close();
    }
  }

  /** The rows of the table of days that can be seen, cells joined by blanks. */
  const readRows = async (page: Page): Promise<string[]> => {
    const rows = await page.locator('#days tbody tr:visible').all();
    const cells = rows.map((row) => row.locator('th:visible, td:visible').allInnerTexts());
    return (await Promise.all(cells)).map((texts) => texts.join(' ').replace(/\s+/g, ' '));
  };

  test('the table sorts by any column, with the mouse and the keyboard', async () => {
    await open(small, {}, async (page) => {
      expect(await readRows(page)).toStrictEqual([
        'Tue24 Nov 2026so far today 32 25.5 30 2 0',
        'Mon23 Nov 2026 19 9.5 9 10 0',
        'Sun22 Nov 2026 0 600.5 0 0 0',
        'Sat21 Nov 2026 1,201 – 1,200 0 1',
      ]);
      const days = async () => (await readRows(page)).map((row) => row.slice(3, 5));
      const sortOf = (name: string) =>
        page
          .locator('#days')
          .getByRole('columnheader', { name, exact: true })
          .getAttribute('aria-sort');
      expect(await sortOf('Day')).toBe('descending');
      await page.getByRole('button', { name: 'Total' }).click();
      expect([await sortOf('Day'), await sortOf('Total')]).toStrictEqual([null, 'descending']);
      expect(await days()).toStrictEqual(['21', '24', '23', '22']);
      await page.keyboard.press('Enter');
      expect(await sortOf('Total')).toBe('ascending');
      expect(await days()).toStrictEqual(['22', '23', '24', '21']);
      // A day without an average comes last, whichever way.
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      expect(await sortOf('2-day average')).toBe('descending');
      expect(await days()).toStrictEqual(['22', '24', '23', '21']);
      await page.keyboard.press('Space');
      expect(await days()).toStrictEqual(['23', '24', '22', '21']);
    });
  });

  test('choosing a type leaves its days, its counts and its averages', async () => {
    await open(small, {}, async (page) => {
      await page.getByRole('button', { name: 'CALL' }).click();
      await page.getByLabel('Type', { exact: true }).selectOption('EMAIL');
      // The column of CALL is gone, and with it the order by it.
      expect(await readRows(page)).toStrictEqual([
        'Tue24 Nov 2026so far today 6.0 2',
        'Mon23 Nov 2026 5.0 10',
      ]);
      expect(await page.getByRole('status').innerText()).toBe('2 of 4 days have EMAIL');
      await page.getByRole('button', { name: 'EMAIL' }).click();
      expect((await readRows(page)).map((row) => row.slice(3, 5))).toStrictEqual(['23', '24']);
      await page.getByLabel('Type', { exact: true }).selectOption('All types');
      expect(await readRows(page)).toStrictEqual([
        'Mon23 Nov 2026 19 9.5 9 10 0',
        'Tue24 Nov 2026so far today 32 25.5 30 2 0',
        'Sun22 Nov 2026 0 600.5 0 0 0',
        'Sat21 Nov 2026 1,201 – 1,200 0 1',
      ]);
    });
  });

  test('a bar shows its numbers under the pointer, and under a finger', async () => {
    const devices = [
      { viewport: { width: 1440, height: 900 } },
      { hasTouch: true, isMobile: true },
    ];
    for (const device of devices) {
      await open(small, device, async (page) => {
        const tip = page.locator('#tip');
        expect(await tip.isVisible()).toBe(false);
        const bar = page.locator('svg.chart:visible .hit').nth(3);
        await ('hasTouch' in device ? bar.tap() : bar.hover());
        expect((await tip.innerText()).split('\n')).toStrictEqual([
          ...['Tue 24 Nov 2026', 'today is not over yet', '32 engagements'],
          ...['2-day average: 25.5', 'CALL: 30', 'EMAIL: 2'],
        ]);
        const heading = page.getByRole('heading', { level: 1 });
        await ('hasTouch' in device ? heading.tap() : heading.hover());
        expect(await tip.isVisible()).toBe(false);
      });
    }
  });

  test('without scripts the chart and all numbers are there, and no control that does nothing', async () => {
    await open(small, { javaScriptEnabled: false }, async (page) => {
      await expect(page.locator('#days tbody tr').count()).resolves.toBe(4);
      await expect(page.locator('svg.chart:visible').count()).resolves.toBe(1);
      await expect(page.locator('select:visible, [role=button]:visible').count()).resolves.toBe(0);
    });
  });

  test('types that look like code stay text', async () => {
    await open(makeOddReport(40), {}, async (page) => {
      expect(await page.title()).toBe('HubSpot engagements per day, 16 Oct 2026 to 24 Nov 2026');
      expect(await page.locator('img, main script:not([type])').count()).toBe(0);
      const names = await page.locator('#types tbody th').allInnerTexts();
      expect(names).toStrictEqual([
        'LINKEDIN_MESSAGE',
        '\\u{202e}evil\\x1b[31m\\x00',
        ODD_TYPES[3],
        ODD_TYPES[2],
        ODD_TYPES[1],
        ODD_TYPES[0],
      ]);
      for (const name of names) {
        await page.getByLabel('Type', { exact: true }).selectOption(name);
        expect(await page.getByRole('status').innerText()).toBe(`34 of 40 days have ${name}`);
      }
    });
  });

  const forty = Array.from({ length: 40 }, (_, index) => `TYPE_NUMBER_${index}`);
  test.each<[string, Report]>([
    ['three types', small],
    ['odd types', makeOddReport(40)],
    ['forty types', makeOddReport(70, [...forty, 'x'.repeat(200)])],
    ['nothing', makeReport([], {})],
  ])('of %s, the page is as wide as its window, from 320 pixels on', async (_name, report) => {
    for (const width of [320, 390, 720, 1440]) {
      await open(report, { viewport: { width, height: 900 } }, async (page) => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      });
    }
  });

  test.each([30, 90])(
    'HubSpot’s six types fit on a desktop, and the head of %i days stays on the screen',
    async (days) => {
      const types = ['CALL', 'EMAIL', 'MEETING', 'NOTE', 'PUBLISHING_TASK', 'TASK'];
      const size = { viewport: { width: 1280, height: 800 } };
      await open(makeOddReport(days, types), size, async (page) => {
        const box = page.locator('.scroll');
        expect(await box.evaluate((each) => each.scrollWidth - each.clientWidth)).toBe(0);
        const last = page.locator('#days tbody tr').last();
        await last.scrollIntoViewIfNeeded();
        const head = await page.locator('#days thead th').first().boundingBox();
        expect(head?.y).toBeGreaterThanOrEqual(0);
        expect(head?.y).toBeLessThan(800);
      });
    },
  );

  test.each<[number, 'light' | 'dark']>([
    [390, 'light'],
    [390, 'dark'],
    [1440, 'light'],
    [1440, 'dark'],
  ])('axe finds nothing at %i pixels, %s', async (width, colorScheme) => {
    const axe = await readFile(AXE, 'utf8');
    for (const report of [small, makeOddReport(40), makeOddReport(14, forty), makeReport([], {})]) {
      await open(report, { viewport: { width, height: 900 }, colorScheme }, async (page) => {
        await page.evaluate(axe);
        const found = await page.evaluate('axe.run()');
        const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        ).toStrictEqual([]);
      });
    }
  });

  test('on paper there are the wide chart, all rows and no controls, also from a dark screen', async () => {
    const size = { viewport: { width: 700, height: 900 }, colorScheme: 'dark' } as const;
    await open(makeOddReport(90), size, async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('svg.wide:visible').count()).toBe(1);
      expect(await page.locator('svg.narrow:visible, select:visible').count()).toBe(0);
      const scroll = page.locator('.scroll');
      expect(await scroll.evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0);
      expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(23, 32, 44)');
    });
  });
});
