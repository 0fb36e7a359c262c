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
  /** Of what was fetched, how much other pages held: as many pages, and parts of such. */
  repeated: number;
  /** Pages that held nothing. */
  empty: number;
  /** Records a full page holds. */
  pageSize: number;
  /** Whether most of the allowance lies idle: then splitting may cost more. */
  starving: boolean;
}

/** What to ask for next. */
export interface PlannedAsk {
  from: bigint;
  /** Whether one more request will be under way in the walk from now on. */
  split: boolean;
  /** About how many records are left where it goes; to choose between streams. */
  expected: number;
}

/** One request's way to go: from where it asks to where the next one does, or to what is covered. */
interface Segment extends IdRange {
  /** Pages it probably holds. */
  pages: number;
  /** Whether a page ends where it begins, so that the density there is known. */
  answered: boolean;
  /** Whether nothing is known to lie behind it: the last engagement of all may be anywhere in it, or before. */
  open: boolean;
}

/** A walk that is short needs no company. */
const ALONE_PAGES = 2;
/** How far the upper end is looked for at first, in multiples of what is known to be there. */
const PROBE_FACTOR = 8;
/** A segment is split only while it holds this many pages: where two walks meet, half a page is fetched twice. */
const WORTH_SPLITTING_PAGES = 2.5;
/** Pages that splitting may fetch twice: some to begin with, and a share of those that there seem to be. */
const FREE_REPEATED = 0.5;
const REPEATED_SHARE = 0.035;
/** Pages without anything that looking for the upper end may cost: some to begin with, more when waste leaves room. */
const FREE_EMPTY = 2;
const WASTE_SHARE = 0.04;
/** So many times the shares while most of the allowance lies idle. */
const STARVING = 3;
/** As many times what is there may be expected between known places. */
const MOST_BELIEVED = 16;

/**
 * The next place to ask from, or undefined when asking more now would be waste. What must be asked comes first: the left
 * edge of a gap. When all of those are being asked, one more request can be put to use where most is expected. Pure.
 */
export function planAsk(state: WalkState): PlannedAsk | undefined {
  const { samples, pageSize } = state;
  const segments = toSegments(state);
  const edge = segments.find(({ from }) => !state.asking.includes(from));
  if (edge !== undefined) {
    return { from: edge.from, split: false, expected: edge.pages * pageSize };
  }
  if (segments.length === 0 || samples.length < ALONE_PAGES) return undefined;
  const known = countKnown(state, segments);
  const choice = segments
    .filter((segment) => isSplittable(segment) && !isWasteful(state, segments, segment, known))
    .reduce<Segment | undefined>((a, b) => (a && toGain(a) > toGain(b) ? a : b), undefined);
  if (choice === undefined) return undefined;
  return {
    from: toSplit(choice, state, known),
    split: true,
    // Past an edge without any bound there may be as much again.
    expected: (choice.to === null ? known : choice.pages / 2) * pageSize,
  };
}

/**
 * Whether it is large enough. Beyond an unanswered probe of the upper end there may be nothing at all; an answered one
 * without any bound calls for a probe.
 */
function isSplittable({ to, pages, answered, open }: Segment): boolean {
  if (to === null) return answered;
  return pages >= WORTH_SPLITTING_PAGES && (answered || !open);
}

/** Pages that splitting gives others to fetch; past an answered edge without any bound, nobody knows. */
function toGain({ to, pages, open }: Segment): number {
  if (to === null) return Number.POSITIVE_INFINITY;
  return open ? pages / 2 : pages;
}

/**
 * Pages that there seem to be, those that are there already included. What lies between known places is only guessed: it is
 * believed up to a multiple of what is there, and the less the more guesses have come to nothing.
 */
function countKnown({ records, repeated, pageSize }: WalkState, segments: Segment[]): number {
  const here = records / pageSize;
  const between = segments.reduce((sum, { pages, open }) => sum + (open ? 0 : pages), 0);
  return here + Math.min(between, (here * MOST_BELIEVED) / (1 + repeated));
}

/** Whether what was fetched twice or in vain, and what will be, exceeds what splitting may cost. */
function isWasteful(
  { records, repeated, empty, pageSize, starving }: WalkState,
  segments: Segment[],
  choice: Segment,
  known: number,
): boolean {
  if (choice.to === null) return false;
  const more = starving ? STARVING : 1;
  const here = (records / pageSize) * more;
  const others = segments.slice(0, -1).filter(({ open }) => open === choice.open).length;
  if (choice.open) {
    return empty + others + 1 > FREE_EMPTY + Math.max(0, WASTE_SHARE * here - repeated);
  }
  // Where two walks meet, half a page is fetched twice. What is only expected counts half: it may not be there.
  const meetings = (others + 1) / 2;
  const spent = repeated + Math.max(0, empty - FREE_EMPTY);
  return spent + meetings > FREE_REPEATED + (REPEATED_SHARE * (here + known * more)) / 2;
}

/** The gaps, cut at the places being asked from. */
function toSegments({ coverage, samples, asking, pageSize }: WalkState): Segment[] {
  return findGaps(coverage).flatMap((gap) => {
    const cuts = asking
      .filter((from) => from > gap.from && (gap.to === null || from < gap.to))
      .sort((a, b) => (a < b ? -1 : 1));
    const starts = [gap.from, ...cuts];
    return starts.map((from, index) => {
      const to = starts[index + 1] ?? gap.to;
      const left = samples[findFirst(samples, from) - 1];
      const right = to === null ? undefined : samples[findFirst(samples, to)];
      return {
        from,
        to,
        pages: to === null ? 1 : expectRecords(Number(to - from), left, right, pageSize) / pageSize,
        answered: index === 0 && from > 0n,
        open: right === undefined || right.records === 0,
      };
    });
  });
}

/**
 * How many records a segment probably holds, by the density of its neighbours: when the two differ, as if it went evenly
 * from one to the other. Beyond the last engagement nothing tells what lies before it: half of what fits.
 */
function expectRecords(
  length: number,
  left: PageSample | undefined,
  right: PageSample | undefined,
  pageSize: number,
): number {
  const before = left && left.records / toWidth(left, left.first);
  const after = right && right.records / toWidth(right, right.from);
  if (before && after) return length * logarithmicMean(before, after);
  const density = before || after;
  return density ? (length * density) / 2 : pageSize;
}

function toWidth({ to }: PageSample, from: bigint): number {
  return to === null ? Number.POSITIVE_INFINITY : Number(to - from);
}

function logarithmicMean(a: number, b: number): number {
  const ratio = Math.log(a / b);
  return Math.abs(ratio) < 1e-3 ? a : (a - b) / ratio;
}

/** Where to ask within a segment that is being asked from its beginning. */
function toSplit(
  { from, to, pages, open }: Segment,
  { coverage, samples }: WalkState,
  known: number,
): bigint {
  // In ids: what is known laid out once more at the density of the last page; or as far again as it went to the last
  // page, past whatever hole.
  const dense = known * toPageWidth(samples[findFirst(samples, from) - 1]);
  const before = coverage.findLast(({ to }) => to !== null && to < from)?.to ?? samples[0]?.first;
  const again = Math.max(1, dense, Number(from - (before ?? from)));
  // Well beyond everything known: what is there is needed anyway, and where nothing is, the end is known.
  if (to === null) return from + toId(again * (PROBE_FACTOR - 1));
  const length = Number(to - from);
  // All may end anywhere: the middle in orders of magnitude.
  if (open) return from + toId(Math.min(Math.sqrt(again * length), length / 2));
  // The middle of what is left besides the page that is being fetched at the beginning.
  const fetched = Math.min(0.5, 1 / pages);
  return from + toId(length * (fetched + (1 - fetched) / 2));
}

function toPageWidth(sample: PageSample | undefined): number {
  return sample === undefined || sample.to === null ? 1 : Number(sample.to - sample.first);
}

function toId(distance: number): bigint {
  return BigInt(Math.ceil(distance));
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
