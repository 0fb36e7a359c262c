import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describeReport, plural } from '../describe-report.ts';
import type { Report } from '../report.ts';
import { cutText } from '../visible-text.ts';
import { type Chart, drawChart } from './chart-svg.ts';
import { toDayTable, toTypeFilter } from './day-table.ts';
import { describeDays, formatMean } from './describe-chart.ts';
import { escapeHtml } from './escape-html.ts';
import { toKeyFigures } from './key-figures.ts';
import { pickSeries, type Series } from './pick-series.ts';
import { toTypeTable } from './type-table.ts';

/**
 * The report as one HTML page that needs nothing else: no request leaves it, and its content security policy sees to
 * that. The chart and all numbers are there without its script, which only sorts and filters the table of days.
 */
export async function formatHtml(report: Report): Promise<string> {
  const [css, js] = await Promise.all(['page.css', 'page.js'].map(readText));
  const [title, ...notes] = describeReport(report, `${report.window}-day average`);
  const span = report.from === null ? '' : `, ${report.from} to ${report.to}`;
  const policy = `default-src 'none'; style-src ${toHash(css)}; script-src ${toHash(js)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Engagements per day${span}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="about">${notes.map((note) => `<span>${escapeHtml(note)}</span>`).join('\n')}</p>
${report.days.length === 0 ? '' : toSections(report)}
</main>
${report.days.length === 0 ? '' : `<script>${js}</script>`}
</body>
</html>
`;
}

function toSections(report: Report): string {
  const series = pickSeries(report);
  const wide = drawChart(report, series, { name: 'wide', width: 960, height: 340 });
  const narrow = drawChart(report, series, { name: 'narrow', width: 340, height: 260 });
  const { html, leftOut } = toDayTable(report);
  const empty =
    leftOut === 0 ? '' : `<p>${plural(leftOut, 'day')} without engagements left out</p>`;
  return `${toKeyFigures(report)}
<section>
<h2>Per day</h2>
${toLegend(report, series)}
<figure>
${wide.svg}
${narrow.svg}
${toCaption(wide, 'wide')}
${toCaption(narrow, 'narrow')}
</figure>
</section>
<section>
<h2>By type</h2>
${toTypeTable(report, series)}
</section>
<section class="daily">
<div class="bar-above"><h2>Days</h2>
${empty}
${toTypeFilter(report)}
</div>
${html}
</section>`;
}

function toLegend({ window }: Report, series: Series[]): string {
  const items = series.map(
    ({ name }, index) =>
      `<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="c${index}" width="12" height="12" rx="2"/></svg>${escapeHtml(cutText(name, 40))}</li>`,
  );
  const line = `<li><svg class="swatch long" viewBox="0 0 22 12" aria-hidden="true"><path class="average" d="M1 6h20"/></svg>${window}-day average</li>`;
  return `<ul class="legend">\n${[...items, line].join('\n')}\n</ul>`;
}

/** What the chart does not show by itself: bars of more than a day, and bars that are cut. */
function toCaption({ unit, cut }: Chart, name: string): string {
  const highest = cut.toSorted((a, b) => b.mean - a.mean).slice(0, 3);
  const perDay = unit === 'day' ? '' : ' a day';
  const list = highest.map((bar) => `${formatMean(bar.mean)}${perDay}, ${describeDays(bar)}`);
  const notes = [
    ...(unit === 'day' ? [] : [`A bar is a ${unit}; its height is the mean per day.`]),
    ...(cut.length === 0
      ? []
      : [`Higher than shown: ${list.join('; ')}${cut.length > list.length ? ' …' : '.'}`]),
  ];
  return notes.length === 0
    ? ''
    : `<figcaption class="${name}">${escapeHtml(notes.join(' '))}</figcaption>`;
}

function toHash(text: string | undefined = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

async function readText(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}
