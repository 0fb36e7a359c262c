import { type Coverage, findGaps, type IdRange } from './coverage.ts';

/** A page that is there: what it covers and how many records it held. */
export interface PageSample extends IdRange {
  records: number;
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
  /** Records a full page holds. */
  pageSize: number;
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
  /** Records it probably holds. */
  expected: number;
  /** Whether a page ends where it begins, so that the density there is known. */
  answered: boolean;
  /** Whether nothing is known to lie behind it: the end of all engagements may be anywhere in it. */
  last: boolean;
}

/** A walk that is short needs no company. */
const ALONE_PAGES = 2;
/** How far beyond what is known the upper end is looked for, in multiples of it. */
const PROBE_FACTOR = 16n;
/** A segment is split only while it holds this many pages: where two walks meet, half a page is fetched twice. */
const WORTH_SPLITTING_PAGES = 3;
/** Requests that splitting may waste: some to begin with, and a share of the pages that there seem to be. */
const FREE_WASTE = Number(process.env['FREE'] ?? 1);
const WASTE_SHARE = 0.04;

/**
 * The next place to ask from, or undefined when asking more now would be waste. What must be asked comes first: the left
 * edge of a gap. When all of those are being asked, one more request can be put to use where most is expected. Pure.
 */
export function planAsk(state: WalkState): PlannedAsk | undefined {
  const { samples, pageSize } = state;
  const segments = toSegments(state);
  const edge = segments.find(({ from }) => !state.asking.includes(from));
  if (edge !== undefined) return { from: edge.from, split: false, expected: edge.expected };
  const frontier = segments.at(-1);
  if (frontier === undefined || samples.length < ALONE_PAGES) return undefined;
  if (frontier.to === null && frontier.answered) {
    return { from: toProbe(frontier.from, toBase(samples)), split: true, expected: pageSize };
  }
  const known = segments.filter(isKnown);
  const worth = (last: boolean) => known
    .filter((segment) => segment.last === last && segment.expected >= WORTH_SPLITTING_PAGES * pageSize)
    .reduce<(Segment & { to: bigint }) | undefined>((a, b) => (a && b.expected < a.expected ? a : b), undefined);
  const most = worth(false) ?? worth(true);
  if (most === undefined || isWasteful(state, segments, toCost(most))) return undefined;
  return { from: toSplit(most, state), split: true, expected: most.expected / 2 };
}

/** A segment whose both ends are known. Beyond an unanswered probe of the upper end there may be nothing at all. */
function isKnown(segment: Segment): segment is Segment & { to: bigint } {
  return segment.to !== null && (!segment.last || segment.answered);
}

/** Requests that asking within the segment probably wastes: half a page where two walks meet, or one in vain. */
function toCost({ last }: Segment): number {
  return last ? 1 : 0.5;
}

/** Whether what was fetched twice or in vain, and what will be, exceeds what splitting may cost. */
function isWasteful(
  { samples, records, pageSize }: WalkState,
  segments: Segment[],
  cost: number,
): boolean {
  const inner = records + segments.reduce((sum, { expected, last }) => sum + (last ? 0 : expected), 0);
  const beyond = segments.reduce((sum, { expected, last }) => sum + (last ? expected : 0), 0);
  const known = inner + Math.min(beyond, inner * Number(process.env['BEY'] ?? 1));
  const toCome = segments.reduce((sum, segment, index) => sum + (index === 0 ? 0 : segments[index-1]!.last ? 1 : 0.5), 0);
  const wasted = samples.length - records / pageSize + toCome;
  return wasted + cost > FREE_WASTE + (WASTE_SHARE * known) / pageSize;
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
      const next = to === null ? undefined : samples[findFirst(samples, to)];
      const last = next === undefined || next.records === 0;
      const expected = expectRecords({ from, to }, samples, pageSize);
      return { from, to, expected, answered: index === 0 && from > 0n, last };
    });
  });
}

/**
 * How many records a segment probably holds: its length times the density of its neighbours. The geometric mean of the
 * two sides takes a dense page beside a hole for what it is. Where the end is unknown, a page.
 */
function expectRecords(
  { from, to }: IdRange,
  samples: readonly PageSample[],
  pageSize: number,
): number {
  if (to === null) return pageSize;
  const left = toDensity(samples[findFirst(samples, from) - 1]);
  const right = toDensity(samples[findFirst(samples, to)]);
  const length = Number(to - from);
  if (left !== undefined && right !== undefined) return length * mean(left, right);
  const known = left ?? right;
  return known === undefined ? pageSize : (length * known) / 2;
}

function mean(a: number, b: number): number {
  const ratio = Math.log(a / b);
  if (process.env['GEO']) return Math.sqrt(a*b);
  return Math.abs(ratio) < 0.01 ? a : (a - b) / ratio;
}

/** Records an id; undefined beyond the last engagement, where nothing tells what lies before it. */
function toDensity(sample: PageSample | undefined): number | undefined {
  if (sample === undefined || sample.to === null || sample.records === 0) return undefined;
  return sample.records / Number(sample.to - sample.from);
}

/** Where the engagements begin, about: what lies before the first page's end is one page. */
function toBase(samples: readonly PageSample[]): bigint {
  return samples[0]?.to ?? 0n;
}

/** A place well beyond everything known: what is there is needed anyway, and where nothing is, the end is known. */
function toProbe(from: bigint, base: bigint): bigint {
  return from + (from > base ? from - base : 1n) * (PROBE_FACTOR - 1n);
}

/**
 * The middle of what is left of a segment besides the page that is being fetched at its beginning; where all may end,
 * the middle in orders of magnitude.
 */
function toSplit(
  { from, to, expected, last }: Segment & { to: bigint },
  { samples, pageSize }: WalkState,
): bigint {
  if (last) {
    const base = Number(toBase(samples));
    const middle = base + Math.sqrt((Number(from) - base) * (Number(to) - base));
    const place = BigInt(Math.floor(middle));
    if (place > from && place < to) return place;
  }
  const fetched = Math.floor(Number(to - from) * Math.min(0.5, pageSize / expected));
  const start = from + BigInt(fetched);
  return start + (to - start) / 2n;
}

/** Index of the first page that begins at `from` or beyond. */
function findFirst(samples: readonly PageSample[], from: bigint): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle] as PageSample).from < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
