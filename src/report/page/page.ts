import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { toCount } from '../../terminal/text.ts';
import { formatDay, formatDays } from '../days.ts';
import { describeInstant, describeUndated, describeWindow } from '../describe-report.ts';
import { type Interval, type Period, toPeriods } from '../intervals.ts';
import type { DetailedReport, ReportDay } from '../report.ts';
import { type Chart, drawChart, toDateLabels, toLineValues } from './charts.ts';
import { escapeHtml, escapeName, formatMean, toScriptJson } from './html.ts';
import { pickSeries, type Series } from './series.ts';
import {
  countAll,
  describeGoal,
  formatPeriod,
  toCardHead,
  toHeatMap,
  toKeyFigures,
  toPeriodTable,
  toScriptData,
  toSwatch,
} from './tables.ts';

/** How the page is shown. */
export interface PageStyle {
  /** What a bar is at first; what suits the number of days unless told. */
  interval?: Interval;
  /** Whether the data are the demo portal's. */
  isMadeUp?: boolean;
}

/** The report by days, weeks, months or years. */
interface View {
  interval: Interval;
  periods: Period[];
  dateLabels: string;
}

/**
 * The report as one HTML page that needs nothing else: no request leaves it, and its content security policy sees to
 * that. The charts and all numbers are there without its script, which switches, isolates, sorts and saves.
 */
export async function formatPage(report: DetailedReport, style: PageStyle = {}): Promise<string> {
  const [css, js] = await Promise.all(['style.css', 'script.js'].map(readText));
  const isEmpty = countAll(report.days) === 0;
  const span = report.from === null ? '' : `, ${formatDays(report.from, report.to as string)}`;
  const policy = `default-src 'none'; style-src ${toHash(css)}; script-src ${toHash(js)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>HubSpot engagements${span}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<main>
${toHead(report, style)}
${isEmpty ? toEmpty(report) : toSections(report, style)}
</main>
${isEmpty ? '' : `<script>${js}</script>`}
</body>
</html>
`;
}

/** Whose data these are, of when, and what is counted. */
function toHead(report: DetailedReport, { isMadeUp = false }: PageStyle): string {
  const { timezone, from, to, extractedAt, portals, before } = report;
  const range = from === null || to === null ? 'No engagements' : formatDays(from, to);
  const whose =
    portals.length === 0 ? '' : `Portal${portals.length > 1 ? 's' : ''} ${portals.join(', ')}`;
  const only = report.types.map((_, index) => index);
  const past = before?.days ?? [];
  const notes = [
    ...(whose === '' ? [] : [whose]),
    ...(extractedAt === null
      ? []
      : [`Extracted ${formatDay(extractedAt.slice(0, 10))}, ${extractedAt.slice(11)}`]),
    `Counted on the day they ${describeInstant(report)}, in ${timezone}`,
    ...(report.someTypes && only.length > 0 ? [`Only ${report.types.join(', ')}`] : []),
    ...(report.includeDeleted ? ['Deleted ones included'] : []),
    ...(past.length === 0
      ? []
      : [`Compared with ${formatDays(past[0]?.day as string, past.at(-1)?.day as string)}`]),
    ...describeUndated(report),
  ];
  return `<header>
<h1>HubSpot engagements</h1>
<p class="range">${range}</p>
<p class="about">${isMadeUp ? '<strong>Made-up data</strong>\n' : ''}${notes.map((note) => `<span>${escapeHtml(note)}</span>`).join('\n')}</p>
</header>`;
}

/** What to do where there is nothing to show. */
function toEmpty({ data, extractedAt, from, to }: DetailedReport): string {
  const [what, command] =
    data !== null
      ? [
          `There are no engagements from ${formatDays(from as string, to as string)}. The data are of ${formatDays(data.firstDay, data.lastDay)}. For all of them, run`,
          "make report-html ARGS='--all'",
        ]
      : extractedAt === null
        ? ['Nothing is loaded yet. Run', 'make extract load report-html']
        : [
            'The data that are loaded have no engagement on any day. For newer data, run',
            'make extract load report-html',
          ];
  return `<section class="empty"><p>${what}</p><p><code>${escapeHtml(command)}</code></p></section>`;
}

function toSections(report: DetailedReport, { interval }: PageStyle): string {
  const series = pickSeries(report);
  const views = pickIntervals(report.days.length, interval).map((each): View => {
    const periods = toPeriods(report, each);
    return { interval: each, periods, dateLabels: toDateLabels(periods, each) };
  });
  const [first] = views as [View];
  const shown = interval ?? pickInterval(report.days.length);
  const view = views.find((each) => each.interval === shown) ?? first;
  /** The same in all views, of which one is shown. */
  const inViews = (draw: (view: View) => string): string =>
    views
      .map((each) => {
        const hidden = each === view ? '' : ' hidden';
        return `<div data-interval="${each.interval}"${hidden}>\n${draw(each)}\n</div>`;
      })
      .join('\n');
  const cards = series.map(
    (each, index) =>
      `<article class="card" data-series="${index}">\n${toCardHead(report, each)}\n${inViews((of) => drawSeries(report, each, of).html)}\n</article>`,
  );
  const maps = [null, ...series].map(
    (each, index) =>
      `<div data-only="${index === 0 ? '' : index - 1}"${index === 0 ? '' : ' hidden'}>\n${toHeatMap(report, each)}\n</div>`,
  );
  return `${toKeyFigures(report)}
<section class="over-time">
<div class="heading"><h2>Engagements a day</h2>
${toControls(views, view)}
</div>
${toLegend(report, series)}
<figure>
${inViews((of) => toFigure(report, series, of))}
</figure>
</section>
<section class="by-type">
<h2>By type</h2>
<div class="cards">
${cards.join('\n')}
</div>
</section>
<section class="by-hour">
<h2>By weekday and hour</h2>
${maps.join('\n')}
</section>
<section class="by-period">
${inViews(
  (of) =>
    `<h2>${{ day: 'Days', week: 'Weeks', month: 'Months', year: 'Years' }[of.interval]}</h2>\n${toPeriodTable(report, series, of)}`,
)}
</section>
<script type="application/json" id="data">${toScriptJson(toScriptData(report, series, views))}</script>`;
}

/** For how many days, at least and at most, a report can be shown by each interval. */
const OFFERED: Record<Interval, [least: number, most: number]> = {
  day: [1, 400],
  week: [14, 4000],
  month: [60, 12_000],
  year: [1100, Number.POSITIVE_INFINITY],
};

/** The intervals that suit so many days, and the one that is asked for. */
function pickIntervals(dayCount: number, asked: Interval | undefined): Interval[] {
  return (['day', 'week', 'month', 'year'] as const).filter((interval) => {
    const [least, most] = OFFERED[interval];
    return interval === asked || (least <= dayCount && dayCount <= most);
  });
}

/** What shows so many days best at first. */
function pickInterval(dayCount: number): Interval {
  if (dayCount <= 92) return 'day';
  if (dayCount <= 800) return 'week';
  return dayCount <= OFFERED.month[1] ? 'month' : 'year';
}

function toControls(views: View[], shown: View): string {
  const buttons = views.map(
    ({ interval }) =>
      `<button type="button" data-show="${interval}" aria-pressed="${interval === shown.interval}">${{ day: 'Days', week: 'Weeks', month: 'Months', year: 'Years' }[interval]}</button>`,
  );
  const group =
    views.length === 1
      ? ''
      : `<div class="switch" role="group" aria-label="A bar is a">${buttons.join('')}</div>`;
  return `<div class="controls" hidden>${group}<button type="button" id="save">Save as CSV</button></div>`;
}

function toLegend(report: DetailedReport, series: Series[]): string {
  const items = series.map(
    ({ colour, words, types }, index) =>
      `<li data-series="${index}" title="${escapeHtml(types.map((type) => report.types[type]).join(', '))}">${toSwatch(colour)}<span>${escapeName(words)}</span></li>`,
  );
  const lines = [
    ['average', `${report.window}-day average`],
    ...(hasGhost(report) ? [['ghost', 'the same in the period before']] : []),
    ...(Object.keys(report.goals).length === 0 ? [] : [['goal', 'goal']]),
  ].map(
    ([name, words]) =>
      `<li class="line"><svg class="swatch" viewBox="0 0 22 12" aria-hidden="true"><path class="${name}" d="M1 6h20"/></svg><span>${words}</span></li>`,
  );
  return `<ul class="legend">\n${[...items, ...lines].join('\n')}\n</ul>`;
}

function hasGhost({ before }: DetailedReport): boolean {
  return before?.days.some(({ total }) => total.inWindow !== null) ?? false;
}

/** The chart of all types, and what has to be said about it. */
function toFigure(report: DetailedReport, series: Series[], view: View): string {
  const { periods, interval } = view;
  const chart = drawChart({
    ...toLines(report, view, ({ total }) => total.inWindow),
    label: describeChart(report, series, interval),
    layers: series.map(({ colour, types }) => ({ colour, means: toMeans(periods, types) })),
    goal: report.goals['ALL'] ?? null,
  });
  return `${chart.html}\n<figcaption>${escapeHtml(describeLimits(report, chart, view))}</figcaption>`;
}

function drawSeries(
  report: DetailedReport,
  { words, colour, types, type }: Series,
  view: View,
): Chart {
  const inWindow = (day: ReportDay): number | null => {
    const sums = types.map((index) => day.types[index]?.inWindow ?? null);
    return sums.includes(null) ? null : (sums as number[]).reduce((sum, each) => sum + each, 0);
  };
  return drawChart({
    ...toLines(report, view, inWindow),
    label: `${words} a day`,
    layers: [{ colour, means: toMeans(view.periods, types) }],
    goal: (type === null ? undefined : report.goals[type]) ?? null,
  });
}

function toLines(
  report: DetailedReport,
  { periods, interval, dateLabels }: View,
  pick: (day: ReportDay) => number | null,
) {
  const options = { window: report.window, pick };
  return {
    ...{ periods, interval, dateLabels },
    averages: toLineValues(periods, report.days, options),
    ghost: toLineValues(periods, report.before?.days ?? [], options),
  };
}

/** Engagements per day in each period, of some types. */
function toMeans(periods: Period[], types: number[]): number[] {
  return periods.map(
    ({ counts, dayCount }) =>
      types.reduce((sum, type) => sum + (counts[type] as number), 0) / dayCount,
  );
}

/** The chart in words, for those who cannot see it. */
function describeChart(report: DetailedReport, series: Series[], interval: Interval): string {
  const { days, from, to, window } = report;
  const busiest = days.reduce((most, day) => (day.total.count > most.total.count ? day : most));
  return [
    `Stacked bars, ${formatDays(from as string, to as string)}, one for each ${interval}, as high as its engagements a day.`,
    `A line is the ${window}-day average.`,
    `The most on one day are ${toCount(busiest.total.count)}, on ${formatDay(busiest.day)}.`,
    `The types, the most frequent first: ${series.map(({ words }) => words).join(', ')}.`,
    'All numbers are in the last table of the page.',
  ].join(' ');
}

/** What the chart does not show by itself, in words. */
function describeLimits(
  report: DetailedReport,
  { cut, highestAverage }: Chart,
  view: View,
): string {
  const { interval, periods } = view;
  const list = cut.slice(0, 3).map(({ period, mean }) => {
    const name = formatPeriod(period, interval);
    return interval === 'day' ? `${name}, ${toCount(mean)}` : `${name}, ${formatMean(mean)} a day`;
  });
  const more = cut.length > list.length ? `; and ${toCount(cut.length - list.length)} more` : '';
  const goal = report.goals['ALL'];
  const totals = report.days.map(({ total }) => total.count);
  const isPartial = periods.some(({ isWhole }) => !isWhole);
  return [
    ...(interval === 'day' ? [] : [`A bar is a ${interval}, as high as its average day.`]),
    ...(isPartial
      ? [
          interval === 'day'
            ? 'Light bar: today, not over yet.'
            : `Light bars: partial ${interval}s.`,
        ]
      : []),
    ...(cut.length === 0 ? [] : [`Cut off: ${list.join('; ')}${more}.`]),
    ...(highestAverage === null
      ? []
      : [`The average leaves the chart and reaches ${formatMean(highestAverage)}.`]),
    ...(goal === undefined ? [] : [`${toSentence(describeGoal(goal, totals))}.`]),
    `The ${report.window}-day average is the mean of ${describeWindow(report)}.`,
  ].join(' ');
}

function toSentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function toHash(text: string | undefined = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

async function readText(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}
