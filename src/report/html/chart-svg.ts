import { scaleLinear, scaleUtc } from 'd3-scale';
import { line, stack } from 'd3-shape';
import { formatCount } from '../describe-report.ts';
import type { Report } from '../report.ts';
import { type Bucket, bucketDays, pickUnit, type Unit } from './bucket-days.ts';
import { capHeight } from './cap-height.ts';
import { describeBar, describeChart, formatMean } from './describe-chart.ts';
import { escapeHtml } from './escape-html.ts';
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
  unit: Unit;
  /** The bars that are cut at the top of the chart. */
  cut: Bucket[];
}

/** Below this a bar cannot be seen or pointed at. */
const NARROWEST_BAR = 2;
const WIDEST_BAR = 64;
const MARGIN = { top: 26, right: 8, bottom: 28, left: 50 };
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

  const bars = buckets.map((bucket, index) => {
    const start = x(starts[index] as Date);
    const step = x(starts[index + 1] ?? end) - start;
    const width = Math.max(1, Math.min(WIDEST_BAR, step - Math.min(3, 0.2 * step)));
    return { bucket, start, step, left: start + (step - width) / 2, width };
  });
  const layers = stack<Bucket, number>()
    .keys(series.keys())
    .value(({ means }, key) => means[key] as number)(buckets);
  const layerPaths = layers.map((layer, key) => {
    const path = bars.map((bar, index) => {
      const [from, to] = (layer[index] as [number, number]).map((value) => y(Math.min(value, top)));
      return from === to
        ? ''
        : `M${round(bar.left)} ${round(to)}h${round(bar.width)}V${round(from)}h${round(-bar.width)}z`;
    });
    return `<path class="c${key}" d="${path.join('')}"/>`;
  });
  const average = line<(typeof bars)[number]>()
    .defined(({ bucket }) => bucket.average !== null)
    // It is that of the bar's last day.
    .x((bar) => bar.start + (unit === 'day' ? bar.step / 2 : bar.step))
    .y(({ bucket }) => y(bucket.average as number))
    .digits(1)(bars);
  const cut = bars.filter(({ bucket }) => bucket.mean > top);

  const id = `chart-${size.name}`;
  const svg = [
    `<svg class="chart ${size.name}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}-title ${id}-text">`,
    `<title id="${id}-title">Engagements per day by type</title>`,
    `<desc id="${id}-text">${escapeHtml(describeChart(report, series, unit))}</desc>`,
    `<clipPath id="${id}-clip"><rect x="0" y="-2" width="${width}" height="${height + 4}"/></clipPath>`,
    `<g transform="translate(${MARGIN.left} ${MARGIN.top})">`,
    ...y
      .ticks(4)
      .filter((tick) => (top > 4 ? Number.isInteger(tick) : true))
      .map(
        (tick) =>
          `<path class="grid" d="M0 ${round(y(tick))}h${width}"/><text x="-8" y="${round(y(tick))}" dy=".32em" text-anchor="end">${formatTick(tick)}</text>`,
      ),
    ...toDateTicks(x, width, unit === 'day' ? (bars[0]?.step ?? 0) / 2 : 0).map(
      ({ at, label }) =>
        `<text x="${round(at)}" y="${height + 19}" text-anchor="middle">${label}</text>`,
    ),
    ...layerPaths,
    ...bars
      .filter(({ bucket }) => bucket.to === report.today)
      .map(
        (bar) =>
          `<rect class="partial" x="${round(bar.left)}" y="0" width="${round(bar.width)}" height="${height}"/>`,
      ),
    ...cut.map(
      (bar) => `<path class="break" d="M${round(bar.left - 2)} 12l${round(bar.width + 4)} -5"/>`,
    ),
    ...toCutLabels(cut, width),
    `<path class="axis" d="M0 ${height}h${width}"/>`,
    average === null
      ? ''
      : `<g clip-path="url(#${id}-clip)"><path class="halo" d="${average}"/><path class="average" d="${average}"/></g>`,
    ...bars.map(
      (bar) =>
        `<rect class="hit" x="${round(bar.start)}" y="0" width="${round(bar.step)}" height="${height}"><title>${escapeHtml(describeBar(bar.bucket, report, series))}</title></rect>`,
    ),
    '</g></svg>',
  ];
  return { svg: svg.filter(Boolean).join('\n'), unit, cut: cut.map(({ bucket }) => bucket) };
}

/** Labels over the bars that are cut, as far as they do not run into each other. */
function toCutLabels(
  cut: { bucket: Bucket; left: number; width: number }[],
  width: number,
): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return cut.map((bar) => {
    const at = Math.min(Math.max(bar.left + bar.width / 2, 24), width - 24);
    if (at - 24 < free) return '';
    free = at + 30;
    return `<text class="cut" x="${round(at)}" y="-8" text-anchor="middle">${formatMean(bar.bucket.mean)}</text>`;
  });
}

function toDateTicks(x: ReturnType<typeof scaleUtc<number>>, width: number, shift: number) {
  return x
    .ticks(Math.max(2, Math.floor(width / 90)))
    .filter((date) => date.getTime() % MS_PER_DAY === 0)
    .map((date) => ({ at: x(date) + shift, label: formatDate(date) }))
    .filter(({ at }) => at >= 12 && at <= width - 16);
}

/** As much of a date as its neighbours on the axis leave open. */
function formatDate(date: Date): string {
  const month = date.toLocaleString('en', { month: 'short', timeZone: 'UTC' });
  if (date.getUTCDate() !== 1) return `${date.getUTCDate()} ${month}`;
  return date.getUTCMonth() === 0 ? date.toISOString().slice(0, 4) : month;
}

function formatTick(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(value);
}

function toDate(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

function round(value = 0): number {
  return Math.round(value * 10) / 10;
}
