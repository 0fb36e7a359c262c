import type { KnownPage } from '../archive/journal.ts';
import type { PageRequest } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { isRawNumber } from '../json.ts';
import { CHAINED, type Chain, createChain } from './chain.ts';
import { type Coverage, type CursorRule, cover, findGaps, type IdRange } from './coverage.ts';
import { findFirst, type Outlook, type PageSample, planAsk } from './plan-ask.ts';
import { type Ask, type FindCompanions, NO_SPENDING, type Walk } from './walk.ts';

type Link = Pick<KnownPage, 'cursor' | 'nextCursor' | 'hasMore'>;

/** A stream that HubSpot returns in ascending order of ids. */
export interface IdStream {
  name: string;
  rule: CursorRule;
  /** Records a page holds at most. */
  pageSize: number;
  toRequest(cursor: string | null, limit: number): PageRequest;
  parse(body: Buffer): PageSummary;
  /** Absent when pages are complete by themselves. */
  findCompanions?: FindCompanions;
}

/**
 * Walks a stream by ids, from several places at once, and goes on with what the journal's `pages` do not cover.
 * HubSpot calls its cursor a value to be sent back, so that it may be made up is an assumption: every answer is checked,
 * and at the first that breaks it the walk becomes one chain from the start (`note` hears of it).
 */
export function createIdWalk(
  stream: IdStream,
  pages: readonly KnownPage[],
  note: (message: string) => void,
): Walk {
  let coverage: Coverage = [];
  const samples: PageSample[] = [];
  let records = 0;
  let wasted = 0;
  let holes = 0;
  let asking: bigint[] = [];
  let chain: Chain | undefined;
  const links: Link[] = [];

  const toRange = (cursor: string | null, nextCursor: string | null, hasMore: boolean) => ({
    from: toStart(cursor, stream.rule),
    to: hasMore && nextCursor !== null ? stream.rule.toEnd(nextCursor) : null,
  });

  /** Takes a page in, a `share` of whose records no other page held before. */
  function add(page: Link, found: { records: number; first: bigint | undefined }, share: number) {
    links.push(page);
    const range = toRange(page.cursor, page.nextCursor, page.hasMore);
    coverage = cover(coverage, range);
    records += found.records * share;
    wasted += found.records === 0 ? 1 : 1 - share;
    const sample = { ...range, records: found.records, first: found.first ?? range.from };
    const { from, to, first } = sample;
    if (to !== null && first - from > to - first) holes += 1;
    samples.splice(findFirst(samples, range.from), 0, sample);
  }

  const look = (): Outlook =>
    planAsk({ coverage, samples, asking, records, holes, pageSize: stream.pageSize });

  function becomeChain(reason: string): Chain {
    note(`${stream.name}: ${reason}; going on with one walk from the start, page by page`);
    return createChain(stream.name, links);
  }

  /** The page may be the very one that the chain would ask for. */
  function switchToChain(ask: Ask, page: PageSummary, reason: string): 'good' | 'refused' {
    chain = becomeChain(reason);
    if (chain.plan()?.cursor !== ask.cursor) return 'refused';
    chain.begin();
    return chain.check(ask, page);
  }

  if (pages.some((page) => page.walk === 'chain')) chain = createChain(stream.name, pages);
  else {
    for (const page of pages) {
      const range = toRange(page.cursor, page.nextCursor, page.hasMore);
      const found = { records: page.records, first: toId(page.firstId) };
      add(page, found, toFreshShare(coverage, range));
    }
  }

  return {
    stream: stream.name,
    get kind() {
      return chain === undefined ? 'ids' : 'chain';
    },
    get complete() {
      return chain?.complete ?? findGaps(coverage).length === 0;
    },
    plan() {
      if (chain !== undefined) return chain.plan();
      const { ask } = look();
      return ask && { ...ask, cursor: stream.rule.toCursor(ask.from) };
    },
    get spending() {
      if (chain !== undefined) return NO_SPENDING;
      const { pages, meetings } = look();
      return { pages: records / stream.pageSize + pages, wasted: wasted + meetings };
    },
    begin(ask) {
      if (chain !== undefined) chain.begin();
      else asking.push(ask.from);
    },
    drop(ask) {
      chain?.drop(ask);
      asking = asking.filter((from) => from !== ask.from);
    },
    toRequest: ({ cursor }, limit) => stream.toRequest(cursor, limit),
    parse: stream.parse,
    findCompanions: stream.findCompanions,
    check(ask, page) {
      if (chain !== undefined) return chain.check(ask, page);
      if (page.hasMore && !isNumber(page.nextCursor)) {
        return switchToChain(ask, page, `the cursor ${page.nextCursor} is no id`);
      }
      const range = toRange(ask.cursor, page.nextCursor, page.hasMore);
      const broken = findBrokenOrder(page, range) ?? findHidden(page, range, coverage, samples);
      if (broken !== undefined) return switchToChain(ask, page, broken);
      return isOvertaken(page, range, coverage) ? 'refused' : 'good';
    },
    accept(ask, page) {
      asking = asking.filter((from) => from !== ask.from);
      if (chain !== undefined) return chain.accept(ask, page);
      const { nextCursor, hasMore, ids } = page;
      const fresh = ids.filter((id) => !isCovered(coverage, id)).length;
      const found = { records: page.records, first: ids[0] };
      add({ cursor: ask.cursor, nextCursor, hasMore }, found, fresh / Math.max(1, page.records));
    },
    fallBack(ask, reason) {
      if (chain !== undefined && ask.from === CHAINED) {
        const said = chain.restart(reason);
        if (said !== undefined) note(said);
        return said !== undefined;
      }
      const isGiven = links.some(({ nextCursor }) => nextCursor === ask.cursor);
      const isOld = links.length === pages.length;
      if (ask.cursor === null || (isGiven && !isOld)) return false;
      chain ??= becomeChain(
        `HubSpot refuses a cursor that it ${isGiven ? 'gave before' : 'did not give'} (${reason})`,
      );
      return true;
    },
  };
}

/** The share of a page's range that `coverage` has not. */
function toFreshShare(coverage: Coverage, { from, to }: IdRange): number {
  if (to === null || to <= from) return 1;
  const missing = findGaps(coverage).reduce((sum, gap) => {
    const start = gap.from > from ? gap.from : from;
    const end = gap.to === null || gap.to > to ? to : gap.to;
    return end > start ? sum + Number(end - start) : sum;
  }, 0);
  return missing / Number(to - from);
}

function toId(id: KnownPage['firstId']): bigint | undefined {
  if (id === null) return undefined;
  return BigInt(isRawNumber(id) ? id.rawJSON : id);
}

/** The first id that `cursor` asks for. */
function toStart(cursor: string | null, rule: CursorRule): bigint {
  if (cursor === null) return 0n;
  // The inverse of toCursor, whichever way the rule counts.
  const id = BigInt(cursor);
  return rule.toCursor(id) === cursor ? id : id + 1n;
}

function isNumber(cursor: string | null): boolean {
  return cursor === null || /^\d+$/.test(cursor);
}

/** What the page breaks of "ascending, from the cursor on, up to the cursor returned"; undefined when nothing. */
function findBrokenOrder(
  page: PageSummary,
  range: { from: bigint; to: bigint | null },
): string | undefined {
  if (page.ids.length < page.records) return 'a page has engagements without an id';
  let last = range.from - 1n;
  for (const id of page.ids) {
    if (id <= last)
      return last < range.from ? `id ${id} lies before the cursor` : `id ${id} follows id ${last}`;
    last = id;
  }
  if (range.to !== null && range.to <= last) return `id ${last} lies beyond the cursor returned`;
  if (range.to !== null && range.to <= range.from) return 'the cursor does not move on';
  return undefined;
}

/**
 * Where a page reaches into what another walk fetched, it may see an engagement that the page there passed over: that
 * one's cursor was made up, and not understood. One that is gone by now is no contradiction; and what a page sees that
 * is itself the last may be new.
 */
function findHidden(
  page: PageSummary,
  range: IdRange,
  coverage: Coverage,
  samples: readonly PageSample[],
): string | undefined {
  const { to } = range;
  if (to === null) return undefined;
  const met = coverage.filter(({ from }) => from > range.from && from < to);
  for (const { from } of met) {
    const head = samples[findFirst(samples, from)];
    const hidden = page.ids.find(
      (id) => id >= from && (head === undefined || head.records === 0 || id < head.first),
    );
    if (hidden !== undefined) return `a page from id ${from} on did not show id ${hidden}`;
  }
  return undefined;
}

/**
 * Whether the walk below has passed the page's beginning meanwhile and the page says nothing of what was seen there: that
 * its cursor was understood is then unproven.
 */
function isOvertaken(page: PageSummary, { from }: IdRange, coverage: Coverage): boolean {
  const passed = coverage.find((each) => from >= each.from && (each.to === null || from < each.to));
  if (passed === undefined) return false;
  const { to } = passed;
  return !page.ids.some((id) => to === null || id < to);
}

function isCovered(coverage: Coverage, id: bigint): boolean {
  return id < 0n || coverage.some(({ from, to }) => id >= from && (to === null || id < to));
}
