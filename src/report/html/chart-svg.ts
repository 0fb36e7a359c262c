import { scaleLinear, scaleUtc } from 'd3-scale';
import { line, stack } from 'd3-shape';
import { formatCount } from '../describe-report.ts';
import type { Report } from '../report.ts';
import { type Bucket, bucketDays, pickUnit } from './bucket-days.ts';
import { capHeight } from './cap-height.ts';
import { describeBar, describeChart, describeLimits, formatMean } from './describe-chart.ts';
import { escapeHtml } from './escape-html.ts';
import { pickDateTicks } from './pick-date-ticks.ts';
import type { Series } from './pick-series.ts';

/** How large a chart is drawn, in units that are pixels at its usual size; `name` makes its ids unique. */
export interface ChartSize {
  name: string;
  width: number;
  height: number;
}

/** A chart and what has to be said about it. */
export interface Chart {
  /** An SVG element; its colours are those of page.css. */
  svg: string;
  /** What it does not show by itself; may be empty. */
  caption: string;
}

/** A bucket's place in the chart. */
interface Bar {
  bucket: Bucket;
  /** Where its days begin, and how much room they take. */
  start: number;
  step: number;
  left: number;
  width: number;
}

/** Below this a bar cannot be told from its neighbours. */
const NARROWEST_BAR = 3;
const WIDEST_BAR = 64;
const MARGIN = { top: 26, right: 10, bottom: 26, left: 50 };
const MS_PER_DAY = 86_400_000;

/**
 * The report's days as stacked bars, one colour per series, with the rolling average as a line. Bars are weeks, months or
 * years where days would be too narrow; their height is always engagements per day. Pure, and needs no browser.
 */
export function drawChart(report: Report, series: Series[], size: ChartSize): Chart {
  const width = size.width - MARGIN.left - MARGIN.right;
  const height = size.height - MARGIN.top - MARGIN.bottom;
  const unit = pickUnit(report, width / NARROWEST_BAR);
  const buckets = bucketDays(report, series, unit);
  const starts = buckets.map(({ from }) => toDate(from));
  const end = new Date(toDate(buckets.at(-1)?.to as string).getTime() + MS_PER_DAY);
  const x = scaleUtc([starts[0] as Date, end], [0, width]);
  const y = scaleLinear([0, capHeight(buckets)], [height, 0]).nice(4);
  const [, top = 1] = y.domain();

  const bars = buckets.map((bucket, index): Bar => {
    const start = x(starts[index] as Date);
    const step = x(starts[index + 1] ?? end) - start;
    const width = Math.max(1, Math.min(WIDEST_BAR, step - Math.min(4, 0.2 * step)));
    return { bucket, start, step, left: start + (step - width) / 2, width };
  });
  const average = line<Bar>()
    // Off the chart there is a gap.
    .defined(({ bucket }) => bucket.average !== null && bucket.average <= top)
    // It is that of the bar's last day.
    .x((bar) => bar.start + (unit === 'day' ? bar.step / 2 : bar.step))
    .y(({ bucket }) => y(bucket.average as number))
    .digits(1)(bars);
  const cut = bars.filter(({ bucket }) => bucket.mean > top);
  const tickShift = unit === 'day' ? (bars[0]?.step ?? 0) / 2 : 0;

  const id = `chart-${size.name}`;
  const svg = [
    `<svg class="chart ${size.name}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}-title ${id}-text">`,
    `<title id="${id}-title">Engagements per day by type</title>`,
    `<desc id="${id}-text">${escapeHtml(describeChart(report, series, unit))}</desc>`,
    `<g transform="translate(${MARGIN.left} ${MARGIN.top})">`,
    ...y
      .ticks(4)
      .filter((tick) => (top > 4 ? Number.isInteger(tick) : true))
      .map(
        (tick) =>
          `<path class="grid" d="M0 ${round(y(tick))}h${width}"/><text x="-8" y="${round(y(tick))}" dy=".32em" text-anchor="end">${formatTick(tick)}</text>`,
      ),
    ...pickDateTicks(report.days, width).map(({ day, label }) => {
      const at = round(x(toDate(day)) + tickShift);
      return `<text x="${at}" y="${height + 19}" text-anchor="middle">${label}</text>`;
    }),
    ...toLayers(bars, series, (value) => y(Math.min(value, top))),
    ...cut.map(
      (bar) => `<path class="break" d="M${round(bar.left - 2)} 12l${round(bar.width + 4)} -5"/>`,
    ),
    ...toCutLabels(cut, width),
    `<path class="axis" d="M0 ${height}h${width}"/>`,
    ...(average === null
      ? []
      : [`<path class="halo" d="${average}"/>`, `<path class="average" d="${average}"/>`]),
    ...bars.map((bar) => {
      const text = describeBar(bar.bucket, report, series).map(escapeHtml).join('\n');
      return `<rect class="hit" x="${round(bar.start)}" y="0" width="${round(bar.step)}" height="${height}"><title>${text}</title></rect>`;
    }),
    '</g></svg>',
  ];
  return { svg: svg.filter(Boolean).join('\n'), caption: describeLimits(buckets, top, unit) };
}

/** The bars, a path for each series, and another for those that are not whole. */
function toLayers(bars: Bar[], series: Series[], y: (value: number) => number): string[] {
  const layers = stack<Bar, number>()
    .keys(series.keys())
    .value(({ bucket }, key) => bucket.means[key] as number)(bars);
  const draw = (layer: (typeof layers)[number], key: number, whole: boolean): string =>
    bars
      .map((bar, index) => {
        const [from, to] = (layer[index] as unknown as [number, number]).map(y) as [number, number];
        if (from === to || bar.bucket.whole !== whole) return '';
        // A gap tells neighbours apart for those who cannot do so by their colours.
        const foot = key > 0 && from - to > 3 ? from - 1 : from;
        return `M${round(bar.left)} ${round(to)}h${round(bar.width)}V${round(foot)}h${round(-bar.width)}z`;
      })
      .join('');
  return [true, false].flatMap((whole) =>
    layers.map((layer, key) => {
      const path = draw(layer, key, whole);
      return path === '' ? '' : `<path class="c${key}${whole ? '' : ' pale'}" d="${path}"/>`;
    }),
  );
}

/** Labels over the bars that are cut, as far as they do not run into each other. */
function toCutLabels(cut: Bar[], width: number): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return cut.map((bar) => {
    const at = Math.min(Math.max(bar.left + bar.width / 2, 24), width - 24);
    if (at - 24 < free) return '';
    free = at + 30;
    return `<text class="cut" x="${round(at)}" y="-8" text-anchor="middle">${formatMean(bar.bucket.mean)}</text>`;
  });
}

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact' });

function formatTick(value: number): string {
  if (!Number.isInteger(value)) return String(value);
  return value < 100_000 ? formatCount(value) : COMPACT.format(value);
}

function toDate(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

function round(value = 0): number {
  return Math.round(value * 10) / 10;
}
