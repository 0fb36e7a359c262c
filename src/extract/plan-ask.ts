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

/** A segment is split only while it holds this many pages: where two walks meet, half a page is fetched twice. */
const WORTH_SPLITTING_PAGES = 3;
/** The share of all requests that splitting may waste. */
const WASTE_SHARE = 0.045;
/** A walk that is short needs no company. */
const ALONE_PAGES = 4;
/** How far a probe for the unknown upper end goes, as a multiple of what is known. */
const PROBE_FACTOR = 16n;

/**
 * The next place to ask from, or undefined when asking more now would be waste. The left edge of a gap comes first;
 * when all of them are being asked, the segment that probably holds most is split in its middle, so that one request
 * more can be under way. Pure.
 */
export function planAsk(state: WalkState): PlannedAsk | undefined {
  const { samples, asking, pageSize } = state;
  const segments = findGaps(state.coverage).flatMap((gap) => toSegments(gap, asking));
  const expected = segments.map((segment) => expectRecords(segment, state));
  const edge = segments.findIndex(({ from }) => !asking.includes(from));
  if (edge !== -1) {
    return { from: segments[edge]?.from ?? 0n, split: false, expected: expected[edge] ?? 0 };
  }
  if (segments.length === 0 || samples.length < ALONE_PAGES) return undefined;
  // Nobody knows yet where the last engagement is: finding out is what gives the others room.
  const frontier = segments.at(-1) as IdRange;
  if (frontier.to === null && isAnswered(frontier, state)) {
    return { from: toProbe(frontier.from, samples), split: true, expected: pageSize };
  }
  // How much lies at the frontier nobody knows: no ground for waste.
  const rest = segments.reduce(
    (sum, segment, index) => sum + (isFrontier(segment, samples) ? 0 : (expected[index] ?? 0)),
    0,
  );
  const wasted = samples.length - state.records / pageSize + segments.length / 2;
  if (wasted > (WASTE_SHARE * (state.records + rest)) / pageSize) return undefined;
  const inner = segments
    .map((segment, index) => ({ ...segment, expected: expected[index] ?? 0 }))
    .filter((segment) => !isFrontier(segment, samples));
  const most = inner.reduce((a, b) => (b.expected > a.expected ? b : a), NOTHING);
  if (most.to !== null && most.expected >= WORTH_SPLITTING_PAGES * pageSize) {
    const from = middle(most.from, most.to, Math.min(0.5, pageSize / most.expected));
    return { from, split: true, expected: most.expected / 2 };
  }
  // Beyond an unanswered probe of the upper end there may be nothing at all.
  const hopeful = expected.at(-1) ?? 0;
  if (frontier.to === null || !isFrontier(frontier, samples) || !isAnswered(frontier, state))
    return;
  if (hopeful < WORTH_SPLITTING_PAGES * pageSize) return undefined;
  return {
    from: toward(frontier.from, frontier.to, hopeful / pageSize),
    split: true,
    expected: pageSize,
  };
}

const NOTHING = { from: 0n, to: null, expected: 0 };

/** Whether a page ends where the segment begins: its density is known on that side. */
function isAnswered(segment: IdRange, { samples }: WalkState): boolean {
  return samples.some((sample) => sample.to === segment.from);
}

/** Whether nothing but the end of all engagements lies behind the segment. */
function isFrontier({ to }: IdRange, samples: readonly PageSample[]): boolean {
  return to === null || samples.some((sample) => sample.from === to && sample.records === 0);
}

/** A gap, cut at the places being asked from: each segment is one request's way to go. */
function toSegments(gap: IdRange, asking: readonly bigint[]): IdRange[] {
  const cuts = asking
    .filter((from) => from > gap.from && (gap.to === null || from < gap.to))
    .sort((a, b) => (a < b ? -1 : 1));
  const starts = [gap.from, ...cuts];
  return starts.map((from, index) => ({ from, to: starts[index + 1] ?? gap.to }));
}

/**
 * How many records a segment probably holds: its length times the density of its neighbours. The geometric mean of the
 * two sides takes a dense page beside a hole for what it is. Where the end is unknown, a page.
 */
function expectRecords({ from, to }: IdRange, { samples, pageSize }: WalkState): number {
  if (to === null) return pageSize;
  const left = samples.findLast((sample) => sample.from < from);
  const right = samples.find((sample) => sample.from >= to);
  const length = Number(to - from);
  const leftDensity = left && toDensity(left);
  // Beyond the last engagement there is nothing to learn about what lies before it.
  const rightDensity = right && right.records > 0 ? toDensity(right) : undefined;
  if (leftDensity === undefined && rightDensity === undefined) return pageSize;
  if (leftDensity === undefined || rightDensity === undefined) {
    return (length * (leftDensity ?? rightDensity ?? 0)) / 2;
  }
  return length * Math.sqrt(leftDensity * rightDensity);
}

function toDensity({ from, to, records }: PageSample): number | undefined {
  return to === null ? undefined : records / Number(to - from);
}

/** A place well beyond everything known: what is there is needed anyway, and where nothing is, the end is known. */
function toProbe(from: bigint, samples: readonly PageSample[]): bigint {
  const first = samples[0]?.to ?? 1n;
  return from + (from > first ? from : first) * (PROBE_FACTOR - 1n);
}

/** The middle of [from, to) less the `share` of it that is being fetched at its beginning. */
function middle(from: bigint, to: bigint, share: number): bigint {
  const fetched = BigInt(Math.floor(Number(to - from) * share));
  return from + fetched + (to - from - fetched) / 2n;
}

/** Nearer to `from` than to `to`, half the way in orders of magnitude: what holds `pages` at the most may hold few. */
function toward(from: bigint, to: bigint, pages: number): bigint {
  return from + BigInt(Math.ceil(Number(to - from) / Math.sqrt(Math.max(4, pages))));
}
