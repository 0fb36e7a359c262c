import { scaleLinear } from 'd3-scale';
import { toCount } from '../../terminal/text.ts';
import { toAverage } from '../average.ts';
import { capHeight } from '../cap-height.ts';
import { countDays, formatDayOfMonth, formatMonth, toEpochDay, toWeekday } from '../days.ts';
import type { Interval, Period } from '../intervals.ts';
import type { ReportDay } from '../report.ts';
import { escapeHtml, formatMean } from './html.ts';

/** What a chart shows: for each period a bar, as high as its mean per day. */
export interface ChartInput {
  /** What it is, for those who cannot see it. */
  label: string;
  periods: Period[];
  interval: Interval;
  /** The parts of each bar from below: their colour's number, and engagements per day in each period. */
  layers: { colour: number; means: number[] }[];
  /** Rolling averages at the end of each period; null where there are none. */
  averages: (number | null)[];
  /** The same of the period before, at the same distance from its beginning. */
  ghost: (number | null)[];
  /** A line at so many engagements a day. */
  goal: number | null;
  /** What {@link toDateLabels} makes of the periods. */
  dateLabels: string;
}

/** A chart and what has to be said about it. */
export interface Chart {
  /** An element that fits any width: labels keep their size, everything else stretches with it. */
  html: string;
  /** The bars that are cut, the highest first. */
  cut: { period: Period; mean: number }[];
  /** The highest average that is above the chart; null when none is. */
  highestAverage: number | null;
}

/** Height of the drawing in its own units; its width is one for each bar. */
const HEIGHT = 1000;
/** What a gap between bars takes of their room. */
const GAP = 0.18;
/** A bar is never wider than this share of the chart. */
const WIDEST_BAR = 1 / 14;
/** Labels above bars keep this distance, as a share of the chart: a phone has room for no more. */
const LABEL_DISTANCE = 0.14;

/** Draws a chart. Pure, and needs neither a browser nor a script. */
export function drawChart(input: ChartInput): Chart {
  const { periods, layers, averages, ghost, goal, interval } = input;
  const totals = periods.map((_, bar) =>
    layers.reduce((sum, { means }) => sum + (means[bar] as number), 0),
  );
  const cap = Math.max(capHeight(totals, [...averages, ...ghost]), goal ?? 0);
  const scale = scaleLinear([0, cap], [HEIGHT, 0]).nice(4);
  const [, top = 1] = scale.domain();
  const y = (value: number): number => round(scale(Math.min(value, top)));
  const cut = periods
    .map((period, bar) => ({ period, bar, mean: totals[bar] as number }))
    .filter(({ mean }) => mean > top);
  const off = averages.filter((average) => average !== null && average > top) as number[];
  const line = (values: (number | null)[], name: string) =>
    toLine(values, { name, top, y, interval });
  const html = [
    '<div class="plot">',
    `<svg role="img" aria-label="${escapeHtml(input.label)}">`,
    ...scale
      .ticks(4)
      // Of days there are whole numbers alone.
      .filter((tick) => Number.isInteger(tick) || (top <= 4 && interval !== 'day'))
      .map((tick) => toGridLine(tick, tick === top, y(tick))),
    `<svg viewBox="0 0 ${periods.length} ${HEIGHT}" preserveAspectRatio="none">`,
    ...toBars(periods, layers, y),
    ...cut.map(({ bar }) => toBreak(bar, periods.length)),
    ...(goal === null ? [] : [`<path class="goal" d="M0 ${y(goal)}H${periods.length}"/>`]),
    line(ghost, 'ghost'),
    line(averages, 'halo'),
    line(averages, 'average'),
    '</svg>',
    ...toCutLabels(cut, periods.length),
    input.dateLabels,
    '</svg></div>',
  ];
  return {
    html: html.filter(Boolean).join('\n'),
    cut: cut.toSorted((a, b) => b.mean - a.mean),
    highestAverage: off.length === 0 ? null : Math.max(...off),
  };
}

/** The averages that belong to the periods' ends, of what `pick` takes of a day; `days` are those of the report or before. */
export function toLineValues(
  periods: Period[],
  days: ReportDay[],
  { window, pick }: { window: number; pick(day: ReportDay): number | null },
): (number | null)[] {
  let end = -1;
  return periods.map(({ dayCount }) => {
    end += dayCount;
    const day = days[end];
    const inWindow = day === undefined ? null : pick(day);
    return toAverage({ count: 0, inWindow }, window);
  });
}

function toGridLine(tick: number, isTop: boolean, y: number): string {
  const at = percent(y / HEIGHT);
  const label = Number.isInteger(tick) ? formatTick(tick) : String(tick);
  return `<line class="grid" x2="100%" y1="${at}" y2="${at}"/><text class="y${isTop ? ' top' : ''}" x="-8" y="${at}" dy=".32em">${label}</text>`;
}

/** The bars, a path for each layer, and another for those that are not whole. */
function toBars(
  periods: Period[],
  layers: ChartInput['layers'],
  y: (value: number) => number,
): string[] {
  const width = round(Math.min(1 - GAP, periods.length * WIDEST_BAR), 3);
  const left = (1 - width) / 2;
  const feet = periods.map(() => 0);
  const paths = layers.map(({ colour, means }) => {
    const path = { whole: '', pale: '' };
    for (const [bar, { isWhole }] of periods.entries()) {
      const foot = feet[bar] as number;
      const head = foot + (means[bar] as number);
      feet[bar] = head;
      const [from, to] = [y(foot), y(head)];
      if (from === to) continue;
      path[isWhole ? 'whole' : 'pale'] +=
        `M${round(bar + left, 3)} ${from}V${to}h${width}V${from}z`;
    }
    return { colour, ...path };
  });
  return paths.flatMap(({ colour, whole, pale }) => [
    whole === '' ? '' : `<path class="c${colour}" d="${whole}"/>`,
    pale === '' ? '' : `<path class="c${colour} pale" d="${pale}"/>`,
  ]);
}

/** A line with a gap where there is no value, or one above the chart. */
function toLine(
  values: (number | null)[],
  {
    name,
    top,
    y,
    interval,
  }: { name: string; top: number; y(value: number): number; interval: Interval },
): string {
  // An average is that of the period's last day.
  const shift = interval === 'day' ? 0.5 : 1;
  let pen = 'M';
  let path = '';
  for (const [bar, value] of values.entries()) {
    if (value === null || value > top) {
      pen = 'M';
      continue;
    }
    path += `${pen}${bar + shift} ${y(value)}`;
    pen = 'L';
  }
  return path === '' ? '' : `<path class="${name}" d="${path}"/>`;
}

function toBreak(bar: number, barCount: number): string {
  const half = Math.min(0.5, (barCount * WIDEST_BAR) / 2);
  return `<path class="break" d="M${round(bar + 0.5 - half, 3)} 60L${round(bar + 0.5 + half, 3)} 30"/>`;
}

/** The values of the bars that are cut, as far as they do not run into each other. */
function toCutLabels(cut: { bar: number; mean: number }[], barCount: number): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return cut.map(({ bar, mean }) => {
    const at = (bar + 0.5) / barCount;
    if (at < free) return '';
    free = at + LABEL_DISTANCE;
    return `<text class="cut ${toAnchor(at)}" x="${percent(at)}" y="0" dy="-7">${formatMean(mean)}</text>`;
  });
}

/** How wide charts may be that have labels for dates of their own, in pixels: their labels' class and their width. */
const WIDTHS = { small: 250, medium: 560, large: 1000 };

/** The dates below charts of these periods, in as many ways as there are widths. */
export function toDateLabels(periods: Period[], interval: Interval): string {
  const [first] = periods as [Period];
  const last = periods.at(-1) as Period;
  const start = toEpochDay(first.from);
  const dayCount = countDays(first.from, last.to);
  const groups = Object.entries(WIDTHS).map(([name, width]) => {
    const labels = pickDateTicks(start, dayCount, width).map(({ day, label }) => {
      const at = percent(findPlace(periods, day, interval));
      return `<text x="${at}" y="100%" dy="18">${label}</text>`;
    });
    return `<g class="${name}">${labels.join('')}</g>`;
  });
  const ends = [
    `<text class="start" x="0" y="100%" dy="16">${formatEnd(first.from, dayCount)}</text>`,
    `<text class="end" x="100%" y="100%" dy="16">${formatEnd(last.to, dayCount)}</text>`,
  ];
  return [...groups, `<g class="ends">${ends.join('')}</g>`].join('\n');
}

function formatEnd(day: string, dayCount: number): string {
  return dayCount > 180 ? `${formatMonth(day)} ${day.slice(0, 4)}` : formatDayOfMonth(day);
}

/** Where a day is, as a share of the chart. */
function findPlace(periods: Period[], day: string, interval: Interval): number {
  const bar = periods.findIndex(({ to }) => day <= to);
  const { from, dayCount } = periods[bar] as Period;
  const within = interval === 'day' ? 0.5 : (toEpochDay(day) - toEpochDay(from)) / dayCount;
  return (bar + within) / periods.length;
}

/** Labels at the edges grow inwards. */
function toAnchor(at: number): string {
  return at < 0.05 ? 'start' : at > 0.95 ? 'end' : '';
}

/** A way to choose days for the axis. */
interface Step {
  /** Days between them, about. */
  days: number;
  /** What its labels take, in pixels. */
  room: number;
  /** Charts of more days do without it. */
  mostDays?: number;
  has(day: string): boolean;
}

const DAY_ROOM = 54;
const ROOM = 40;

const isMonday = (day: string): boolean => toWeekday(day) === 'Mon';
const isOddWeek = (day: string): boolean => Math.floor(toEpochDay(day) / 7) % 2 !== 0;
const startsMonths = (months: number) => (day: string) =>
  day.endsWith('-01') && (Number(day.slice(5, 7)) - 1) % months === 0;
const startsYears = (years: number) => (day: string) =>
  day.endsWith('-01-01') && Number(day.slice(0, 4)) % years === 0;

const STEPS: Step[] = [
  { days: 1, room: DAY_ROOM, has: () => true },
  { days: 7, room: DAY_ROOM, has: isMonday },
  // Of two months, their beginnings are too few.
  { days: 14, room: DAY_ROOM, mostDays: 75, has: (day) => isMonday(day) && isOddWeek(day) },
  ...[1, 3, 6].map((months) => ({ days: 30 * months, room: ROOM, has: startsMonths(months) })),
  ...[1, 2, 5, 10, 20, 50, 100, 500].map((years) => ({
    ...{ days: 365 * years, room: ROOM, has: startsYears(years) },
  })),
];

/**
 * The days to name on an axis so many pixels wide, from a day since 1970 on: as many as fit, at the beginnings of weeks,
 * months or years.
 */
export function pickDateTicks(
  start: number,
  dayCount: number,
  width: number,
): { day: string; label: string }[] {
  const fits = ({ days, room, mostDays = Number.POSITIVE_INFINITY }: Step): boolean =>
    dayCount <= mostDays && (days * width) / dayCount >= room;
  const step = STEPS.find(fits) ?? (STEPS.at(-1) as Step);
  const days = Array.from({ length: dayCount }, (_, n) =>
    new Date((start + n) * 86_400_000).toISOString().slice(0, 10),
  );
  return days.filter(step.has).map((day) => ({ day, label: formatDateTick(day, step.days) }));
}

function formatDateTick(day: string, step: number): string {
  if (step < 30) return formatDayOfMonth(day);
  return day.endsWith('-01-01') ? day.slice(0, 4) : formatMonth(day);
}

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact' });

function formatTick(value: number): string {
  return value < 100_000 ? toCount(value) : COMPACT.format(value);
}

function percent(share: number): string {
  return `${round(100 * share, 2)}%`;
}

function round(value: number, decimals = 1): number {
  return Number(value.toFixed(decimals));
}
