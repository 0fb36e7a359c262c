import { type Coverage, findGaps, type IdRange } from './coverage.ts';

/** A page that is there: what it covers and what it held. */
export interface PageSample extends IdRange {
  records: number;
  /** The id of its first record; what lies before it is a hole. `from` when there is none. */
  first: bigint;
}

/** A walk under way, as far as planning needs it. */
export interface WalkState {
  coverage: Coverage;
  /** The pages so far, ascending by `from`. */
  samples: readonly PageSample[];
  /** From where pages are being asked for now. */
  asking: readonly bigint[];
  /** Records of the pages so far that no other page held before. */
  records: number;
  /** Pages that a hole wider than themselves lies before. */
  holes: number;
  /** Records a full page holds. */
  pageSize: number;
}

/** A place to ask from. */
export interface PlannedAsk {
  from: bigint;
  /** Whether one more request will be under way in the walk from now on. */
  split: boolean;
  /** About how many pages are left where it goes; infinite where nothing is known. */
  expected: number;
}

/** What is left of a walk. */
export interface Outlook {
  /** The next place to ask from; undefined when more requests would not help. */
  ask: PlannedAsk | undefined;
  /** Pages that are probably left. */
  pages: number;
  /** Places where two requests will meet: there, up to a page is fetched twice. */
  meetings: number;
}

/** What one request is to fetch: up to where the next one asks, or to what is covered. */
interface Segment {
  from: bigint;
  /** Where it begins and ends, in ids from the beginning of its gap. */
  begin: number;
  end: number;
  gap: Gap;
}

interface Gap extends IdRange {
  /** Pages that it probably holds from its beginning up to an id of it. */
  count(distance: number): number;
  /** How many requests ask within it, besides its edge. */
  cuts: number;
  /** Whether its edge is being asked for. */
  asked: boolean;
}

/** Consecutive pages of much the same density, at an edge of a gap. */
interface Run {
  pages: number;
  width: number;
  /** Ids between the gap and its first record. */
  hole: number;
}

/** Requests within one gap, besides the one at its edge: the answer to one may tell that others are not needed. */
const FAN_OUT = 2;
/** The upper end is looked for so many times as far away as the known ids reach, and so many times farther again. */
const LEAP = 16;
/** A segment is split only while it holds this many pages. */
const LEAST_PAGES = 2;
/** Pages that are looked at to tell how far their density reaches. */
const MOST_LOOKS = 32;

/**
 * Where to ask next. What must be asked comes first: the left edge of a gap. Then the upper end, while it is unknown. Then
 * the middle, by expected records, of the segment that probably holds most. Pure.
 */
export function planAsk(state: WalkState): Outlook {
  const gaps = toGaps(state);
  const segments = gaps.flatMap((gap) => toSegments(gap, state.asking));
  const pages = segments.reduce((sum, segment) => sum + toPages(segment), 0);
  const ask =
    findEdge(segments) ??
    (state.samples.length === 0 ? undefined : (findProbe(gaps, state) ?? findSplit(segments)));
  return { ask, pages, meetings: segments.length - 1 };
}

function findEdge(segments: readonly Segment[]): PlannedAsk | undefined {
  const edge = segments.find(({ begin, gap }) => begin === 0 && !gap.asked);
  return edge && { from: edge.from, split: false, expected: toPages(edge) };
}

function findProbe(gaps: readonly Gap[], { samples }: WalkState): PlannedAsk | undefined {
  const gap = gaps.at(-1);
  if (gap === undefined || gap.to !== null || gap.cuts >= FAN_OUT) return undefined;
  const away = toReach(gap, samples) * (LEAP ** (gap.cuts + 1) - 1);
  return { from: gap.from + toId(away), split: true, expected: Number.POSITIVE_INFINITY };
}

function findSplit(segments: readonly Segment[]): PlannedAsk | undefined {
  const [segment] = segments
    .filter(({ gap }) => gap.to !== null && gap.cuts < FAN_OUT)
    .sort((a, b) => toPages(b) - toPages(a));
  const pages = segment === undefined ? 0 : toPages(segment);
  if (segment === undefined || pages < LEAST_PAGES) return undefined;
  const { from, begin, end, gap } = segment;
  // The middle of what is left besides the page that is being fetched at the beginning.
  const aim = gap.count(begin) + (Math.min(1, pages / 2) + pages) / 2;
  let low = begin;
  let high = end;
  while (high - low > 1 && high - low > high * 1e-6) {
    const middle = (low + high) / 2;
    if (gap.count(middle) < aim) low = middle;
    else high = middle;
  }
  return { from: from + toId(high - begin), split: true, expected: pages };
}

/** The gaps of the coverage, ascending, and what they probably hold. */
function toGaps(state: WalkState): Gap[] {
  const { coverage, samples, asking, pageSize, records, holes } = state;
  const here = records / pageSize;
  // How long a run is in this walk, on average.
  const usual = here / (1 + holes);
  return findGaps(coverage).map((gap) => {
    const index = findFirst(samples, gap.from) - 1;
    const last = samples[index];
    const cuts = asking.filter((from) => isInside(from, gap)).length;
    // A request from within the last page will bring more than that page did.
    const asked = asking.some(
      (from) => from === gap.from || (last !== undefined && from < gap.from && from > last.from),
    );
    const left = findRun(samples, index, -1, pageSize);
    const right =
      gap.to === null ? undefined : findRun(samples, findFirst(samples, gap.to), 1, pageSize);
    const length = gap.to === null ? Number.POSITIVE_INFINITY : Number(gap.to - gap.from);
    const reach = toReach(gap, samples);
    const count = (x: number): number => {
      if (left === undefined) return 0;
      const near = goOn(left, x, usual);
      // Beyond the last record known the end may lie at any order of magnitude.
      if (right === undefined || right.pages === 0) {
        return x === Number.POSITIVE_INFINITY ? here : (near + here * Math.log(1 + x / reach)) / 2;
      }
      const even = (x * (left.pages + right.pages)) / (left.width + right.hole + right.width);
      const back = goOn(right, length, usual) - goOn(right, length - x, usual);
      return (near + even + back) / 2;
    };
    return { ...gap, count, cuts, asked };
  });
}

/**
 * Pages that a run goes on for within the next `distance` ids: as it has lasted for `width`, so it may last as long again,
 * and with half the chance twice as long; but hardly much longer than `usual` runs.
 */
function goOn({ pages, width, hole }: Run, distance: number, usual: number): number {
  const more = pages * Math.log(1 + distance / (width + hole));
  return more === Number.POSITIVE_INFINITY ? usual : (usual * more) / (usual + more || 1);
}

function toSegments(gap: Gap, asking: readonly bigint[]): Segment[] {
  const cuts = asking.filter((from) => isInside(from, gap)).sort((a, b) => (a < b ? -1 : 1));
  return [gap.from, ...cuts].map((from, index) => {
    const to = cuts[index] ?? gap.to;
    return {
      from,
      begin: Number(from - gap.from),
      end: to === null ? Number.POSITIVE_INFINITY : Number(to - gap.from),
      gap,
    };
  });
}

function toPages({ begin, end, gap }: Segment): number {
  return gap.count(end) - gap.count(begin);
}

function isInside(id: bigint, { from, to }: IdRange): boolean {
  return id > from && (to === null || id < to);
}

/** Ids from the first record of all to the gap. */
function toReach({ from }: IdRange, samples: readonly PageSample[]): number {
  return Math.max(1, Number(from - (samples[0]?.first ?? 0n)));
}

/** The run that begins with the page of that index and goes on downwards (-1) or upwards (1). */
function findRun(
  samples: readonly PageSample[],
  index: number,
  step: 1 | -1,
  pageSize: number,
): Run | undefined {
  const begin = samples[index];
  if (begin === undefined) return undefined;
  let { records, first, to } = begin;
  const hole = step === 1 ? Number(first - begin.from) : 0;
  for (let n = 1; n < MOST_LOOKS && to !== null; n++) {
    const next = samples[index + n * step];
    if (next === undefined || next.to === null) break;
    const width = to - first;
    const away = step === 1 ? next.first - to : first - next.to;
    if (away > width || next.to - next.first > 2n * width) break;
    if (step === 1) to = next.to;
    else first = next.first;
    records += next.records;
  }
  const width = to === null ? 1 : Math.max(1, Number(to - first));
  return { pages: records / pageSize, width, hole };
}

function toId(distance: number): bigint {
  return BigInt(Math.max(1, Math.ceil(distance)));
}

/** Index of the first page that begins at `from` or beyond. */
export function findFirst(samples: readonly PageSample[], from: bigint): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle] as PageSample).from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
