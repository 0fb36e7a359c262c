import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { toVisible } from '../../terminal/visible-text.ts';
import { describeInstant, describeUndated, describeWindow, plural } from '../describe-report.ts';
import type { Report } from '../report.ts';
import { type Chart, drawChart } from './chart-svg.ts';
import { toDayTable, toTypeFilter } from './day-table.ts';
import { escapeHtml, escapeTypeName } from './escape-html.ts';
import { formatDay, formatDays } from './format-day.ts';
import { toKeyFigures } from './key-figures.ts';
import { pickSeries, type Series } from './pick-series.ts';
import { toTypeTable } from './type-table.ts';

/**
 * The report as one HTML page that needs nothing else: no request leaves it, and its content security policy sees to
 * that. The chart and all numbers are there without its script, which only sorts and filters the table of days.
 */
export async function formatHtml(report: Report): Promise<string> {
  const [css, js] = await Promise.all(['page.css', 'page.js'].map(readText));
  const span = report.from === null ? '' : `, ${formatDays(report.from, report.to as string)}`;
  const policy = `default-src 'none'; style-src ${toHash(css)}; script-src ${toHash(js)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>HubSpot engagements per day${span}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<main>
${toHead(report)}
${report.days.length === 0 ? '<section class="empty"><p>There is nothing to show.</p></section>' : toSections(report)}
</main>
${report.days.length === 0 ? '' : `<script>${js}</script>`}
</body>
</html>
`;
}

function toHead(report: Report): string {
  const { timezone, from, to, extractedAt, portal } = report;
  const range = from === null || to === null ? 'No engagements' : formatDays(from, to);
  const notes = [
    `Counted on the day they ${describeInstant(report)}, in ${timezone}`,
    ...(report.someTypes ? [`Only ${report.types.map(toVisible).join(', ')}`] : []),
    ...(portal === null ? [] : [`Only portal ${portal}`]),
    ...(report.includeDeleted ? ['Deleted ones included'] : []),
    ...describeUndated(report),
    ...(extractedAt === null
      ? []
      : [`Data of ${formatDay(extractedAt.slice(0, 10))}, ${extractedAt.slice(11)}`]),
  ];
  return `<h1>HubSpot engagements per day</h1>
<p class="range">${range}</p>
<p class="about">${notes.map((note) => `<span>${escapeHtml(note)}</span>`).join('\n')}</p>`;
}

function toSections(report: Report): string {
  const series = pickSeries(report);
  const wide = drawChart(report, series, { name: 'wide', width: 860, height: 300 });
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
<figcaption>
${toCaption(report, wide, 'wide')}
${toCaption(report, narrow, 'narrow')}
</figcaption>
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
      `<li><svg class="swatch" viewBox="0 0 12 12" aria-hidden="true"><rect class="c${index}" width="12" height="12" rx="2"/></svg><span>${escapeTypeName(name)}</span></li>`,
  );
  const line = `<li><svg class="swatch long" viewBox="0 0 22 12" aria-hidden="true"><path class="average" d="M1 6h20"/></svg>${window}-day average</li>`;
  return `<ul class="legend">\n${[...items, line].join('\n')}\n</ul>`;
}

function toCaption(report: Report, { caption }: Chart, name: string): string {
  const average = `The ${report.window}-day average is the mean of ${describeWindow(report)}.`;
  return `<p class="${name}">${escapeHtml(`${caption} ${average}`.trim())}</p>`;
}

function toHash(text: string | undefined = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

async function readText(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}
