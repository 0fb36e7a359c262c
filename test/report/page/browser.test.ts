import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatPage } from '../../../src/report/page/page.ts';
import type { DetailedReport } from '../../../src/report/report.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { makeDetails, makeReport } from '../make-report.ts';
import { findBrowser } from './find-browser.ts';
import { makeOddReport, ODD_TYPES } from './odd-report.ts';

const executablePath = findBrowser();
const without =
  executablePath === undefined ? ' (skipped: there is no browser on this machine)' : '';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
// Nothing of the browser's own leaves the machine.
const QUIET =
  '--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

const small = makeDetails(
  makeReport(
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
  ),
);
const empty = makeDetails(makeReport([], {}));

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
    report: DetailedReport,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> {
    const file = path.join(folder, 'report.html');
    await writeFile(file, await formatPage(report));
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

  /** The rows of the table that is shown, cells that can be seen joined by blanks. */
  const readRows = async (page: Page): Promise<string[]> => {
    const rows = await page.locator('.periods:visible tbody tr').all();
    const cells = rows.map((row) => row.locator('th:visible, td:visible').allInnerTexts());
    return (await Promise.all(cells)).map((texts) => texts.join(' ').replace(/\s+/g, ' '));
  };

  test('the table sorts by any column, with the mouse and the keyboard', async () => {
    await open(small, {}, async (page) => {
      expect(await readRows(page)).toStrictEqual([
        'Tue24 Nov 2026so far 32 26 30 2 0',
        'Mon23 Nov 2026 19 10 9 10 0',
        'Sun22 Nov 2026 0 601 0 0 0',
        'Sat21 Nov 2026 1,201 – 1,200 0 1',
      ]);
      const days = async () => (await readRows(page)).map((row) => row.slice(3, 5));
      const sortOf = (name: string) =>
        page
          .locator('.periods')
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

  test('a click on the legend leaves one type in the chart, the table and the hours, another all of them', async () => {
    await open(small, {}, async (page) => {
      const email = page.locator('.legend').getByRole('button', { name: 'E-mails sent' });
      await page.locator('.periods').getByRole('button', { name: 'Calls' }).click();
      await email.click();
      expect(await email.getAttribute('aria-pressed')).toBe('true');
      // The column of calls is gone, and with it the order by it.
      expect(await readRows(page)).toStrictEqual([
        'Tue24 Nov 2026so far 6.0 2',
        'Mon23 Nov 2026 5.0 10',
        'Sun22 Nov 2026 0.0 0',
        'Sat21 Nov 2026 – 0',
      ]);
      const chart = page.locator('figure .plot:visible svg[role=img]');
      expect(await chart.getAttribute('aria-label')).toBe('E-mails sent a day');
      expect(await page.locator('.hours:visible tbody').innerText()).toMatch(/\b12\b/);
      await email.click();
      expect((await readRows(page))[0]).toBe('Tue24 Nov 2026so far 32 26 30 2 0');
      expect(await chart.getAttribute('aria-label')).toMatch(/^Stacked bars/);
    });
  });

  test('the switch shows weeks, and what is shown is saved as CSV under HubSpot’s names', async () => {
    await open(makeOddReport(15, ['=cmd', 'CALL']), { acceptDownloads: true }, async (page) => {
      const save = async (): Promise<[name: string, csv: string]> => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('button', { name: 'Save as CSV' }).click(),
        ]);
        return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
      };
      const [name, days] = await save();
      expect(name).toBe('engagements-by-day-from-2026-11-10.csv');
      expect(days.split('\n').slice(0, 4)).toStrictEqual([
        'day,type,count,rolling_average',
        "2026-11-10,'=cmd,0,0.0000",
        '2026-11-10,CALL,0,0.8571',
        '2026-11-10,ALL,0,0.8571',
      ]);
      await page.getByRole('button', { name: 'Weeks' }).click();
      await page.locator('.legend').getByRole('button', { name: 'Calls' }).click();
      expect(
        (await readRows(page)).map((row) => row.split(' ').slice(0, 6).join(' ')),
      ).toStrictEqual([
        '23 to 24 Nov 2026so far',
        '16 to 22 Nov 2026 1.0',
        '10 to 15 Nov 2026partial 1.0',
      ]);
      expect((await save())[1].split('\n').slice(0, 2)).toStrictEqual([
        'week,type,count,rolling_average',
        '2026-11-10,CALL,25,1.0000',
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
        const plot = page.locator('figure .plot:visible > svg');
        const { width = 0 } = (await plot.boundingBox()) ?? {};
        const position = { x: 0.9 * width, y: 50 };
        await ('hasTouch' in device ? plot.tap({ position }) : plot.hover({ position }));
        expect((await tip.innerText()).split('\n')).toStrictEqual([
          ...['Tue 24 Nov 2026', 'today is not over yet', 'All: 32'],
          ...['CALL: 30', 'EMAIL: 2', '2-day average: 26'],
        ]);
        const heading = page.getByRole('heading', { level: 1 });
        await ('hasTouch' in device ? heading.tap() : heading.hover());
        expect(await tip.isVisible()).toBe(false);
      });
    }
  });

  test('without scripts the charts and all numbers are there, and no control that does nothing', async () => {
    await open(small, { javaScriptEnabled: false }, async (page) => {
      await expect(page.locator('.periods tbody tr').count()).resolves.toBe(4);
      await expect(page.locator('.plot:visible').count()).resolves.toBe(4);
      await expect(page.locator('button:visible, [role=button]:visible').count()).resolves.toBe(0);
    });
  });

  test('types that look like code stay text', async () => {
    await open(makeOddReport(40), {}, async (page) => {
      expect(await page.title()).toBe('HubSpot engagements, 16 Oct to 24 Nov 2026');
      expect(await page.locator('img, main script:not([type])').count()).toBe(0);
      expect(await page.locator('.card h3').allInnerTexts()).toStrictEqual([
        'LinkedIn messages',
        '\\u{202e}evil\\x1b[31m\\x00',
        ODD_TYPES[3],
        ODD_TYPES[2],
        ODD_TYPES[1],
        ODD_TYPES[0],
      ]);
      await page.locator('.legend').getByRole('button').nth(5).click();
      expect((await readRows(page))[1]).toMatch(/^Mon23 Nov 2026 /);
    });
  });

  const forty = Array.from({ length: 40 }, (_, index) => `TYPE_NUMBER_${index}`);
  test.each<[string, DetailedReport]>([
    ['three types', small],
    ['odd types', makeOddReport(40)],
    ['forty types', makeOddReport(70, [...forty, 'x'.repeat(200)])],
    ['nothing', empty],
  ])('of %s, the page is as wide as its window, from 320 pixels on', async (_name, report) => {
    await open(report, {}, async (page) => {
      for (const width of [320, 390, 720, 1040, 1440, 2000]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
    });
  });

  test.each([390, 768, 1040, 1440])(
    'at %i pixels no column is cut, and no word is broken',
    async (width) => {
      const types = ['CALL', 'EMAIL', 'MEETING', 'NOTE', 'PUBLISHING_TASK', 'TASK'];
      await open(makeOddReport(30, types), { viewport: { width, height: 900 } }, async (page) => {
        const table = await page.locator('.periods:visible').boundingBox();
        const section = await page.locator('.by-period').boundingBox();
        expect((table?.x ?? 0) + (table?.width ?? 0)).toBeLessThan(
          (section?.x ?? 0) + (section?.width ?? 0),
        );
        const heights = await page
          .locator('.periods:visible tbody tr')
          .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
        expect(Math.max(...heights.slice(1))).toBeLessThan(40);
      });
    },
  );

  const reports = [
    ['odd types', 'light', makeOddReport(40)],
    ['odd types', 'dark', makeOddReport(40)],
    ['forty types', 'light', makeOddReport(14, forty)],
    ['nothing', 'dark', empty],
  ] as const;
  test.each(reports)(
    'axe finds nothing on the page of %s, %s',
    async (_name, colorScheme, report) => {
      const axe = await readFile(AXE, 'utf8');
      await open(report, { colorScheme }, async (page) => {
        await page.evaluate(axe);
        for (const width of [390, 1440]) {
          await page.setViewportSize({ width, height: 900 });
          const found = await page.evaluate('axe.run()');
          const { violations } = found as {
            violations: { id: string; nodes: { html: string }[] }[];
          };
          expect(
            violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
          ).toStrictEqual([]);
        }
      });
    },
    120_000,
  );

  test.each<[string, DetailedReport, number]>([
    [
      '30 days',
      makeOddReport(30, ['CALL', 'EMAIL', 'NOTE', 'MEETING', 'TASK', 'PUBLISHING_TASK']),
      3,
    ],
    [
      'ten years',
      makeOddReport(3652, ['CALL', 'EMAIL', 'NOTE', 'MEETING', 'TASK', 'PUBLISHING_TASK']),
      8,
    ],
    ['forty types', makeOddReport(30, forty), 3],
  ])(
    '%s fit on so many pages, also from a dark screen and a phone',
    async (_name, report, most) => {
      const size = { viewport: { width: 390, height: 900 }, colorScheme: 'dark' } as const;
      await open(report, size, async (page) => {
        for (const format of ['A4', 'Letter']) {
          const pdf = await page.pdf({ format });
          const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length;
          expect(pages).toBeLessThanOrEqual(most);
        }
        await page.emulateMedia({ media: 'print' });
        expect(await page.locator('.controls:visible').count()).toBe(0);
        expect(await page.locator('.periods:visible tbody td:visible').count()).toBeGreaterThan(
          100,
        );
        expect(await page.evaluate('getComputedStyle(document.body).color')).toBe(
          'rgb(23, 32, 44)',
        );
      });
    },
  );
});
