import type { PageEntry } from '../archive/journal.ts';
import type { PageRequest } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { type Chain, createChain } from './chain.ts';
import { type Coverage, type CursorRule, cover, findGaps } from './coverage.ts';
import { type PageSample, planAsk } from './plan-ask.ts';
import type { FindCompanions, Walk } from './walk.ts';

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
  pages: readonly PageEntry[],
  note: (message: string) => void,
): Walk {
  let coverage: Coverage = [];
  const samples: PageSample[] = [];
  let records = 0;
  let asking: bigint[] = [];
  let chain: Chain | undefined;
  const links: Pick<PageEntry, 'cursor' | 'nextCursor' | 'hasMore'>[] = [];
  /** The ids of the pages that split a gap, until the walk below has met them. */
  const heads = new Map<bigint, bigint[]>();
  const askedAgain = new Set<bigint>();

  const toRange = (cursor: string | null, nextCursor: string | null, hasMore: boolean) => ({
    from: toStart(cursor, stream.rule),
    to: hasMore && nextCursor !== null ? stream.rule.toEnd(nextCursor) : null,
  });

  function add(
    page: Pick<PageEntry, 'cursor' | 'nextCursor' | 'hasMore' | 'records'>,
    fresh: number,
  ): void {
    links.push(page);
    const range = toRange(page.cursor, page.nextCursor, page.hasMore);
    coverage = cover(coverage, range);
    records += fresh;
    const at = samples.findIndex(({ from }) => from > range.from);
    samples.splice(at === -1 ? samples.length : at, 0, { ...range, records: page.records });
  }

  function becomeChain(reason: string): void {
    note(`${stream.name}: ${reason}; going on with one walk from the start, page by page`);
    chain = createChain(stream.name, links);
  }

  if (pages.some((page) => page.walk === 'chain')) chain = createChain(stream.name, pages);
  else for (const page of pages) add(page, page.records);

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
      const planned = planAsk({ coverage, samples, records, asking, pageSize: stream.pageSize });
      return planned && { ...planned, cursor: stream.rule.toCursor(planned.from) };
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
      const range = toRange(ask.cursor, page.nextCursor, page.hasMore);
      const broken = findBrokenOrder(page, range);
      if (broken !== undefined) {
        becomeChain(broken);
        return 'refused';
      }
      const met = [...heads].find(
        ([from]) => from > range.from && (range.to === null || from < range.to),
      );
      if (met === undefined || agree(page.ids, met)) return 'good';
      if (!askedAgain.has(ask.from)) {
        askedAgain.add(ask.from);
        return 'again';
      }
      becomeChain(`two walks that met at id ${met[0]} saw different engagements`);
      return 'refused';
    },
    accept(ask, page) {
      if (chain !== undefined) return chain.accept(page);
      const fresh = page.ids.filter((id) => !isCovered(coverage, id)).length;
      add(
        {
          cursor: ask.cursor,
          nextCursor: page.nextCursor,
          hasMore: page.hasMore,
          records: page.records,
        },
        fresh,
      );
      for (const from of heads.keys()) {
        if (isCovered(coverage, from - 1n)) heads.delete(from);
      }
      if (!isCovered(coverage, ask.from - 1n)) heads.set(ask.from, page.ids);
      asking = asking.filter((from) => from !== ask.from);
    },
    fallBack(ask, reason) {
      const isOurs = !links.some(({ nextCursor }) => nextCursor === ask.cursor);
      if (chain !== undefined || ask.cursor === null || !isOurs) return false;
      becomeChain(`HubSpot refuses a cursor that it did not give (${reason})`);
      return true;
    },
  };
}

/** The first id that `cursor` asks for. */
function toStart(cursor: string | null, rule: CursorRule): bigint {
  if (cursor === null) return 0n;
  // The inverse of toCursor, whichever way the rule counts.
  const id = BigInt(cursor);
  return rule.toCursor(id) === cursor ? id : id + 1n;
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

/** Whether a page that reaches into what another walk fetched saw the same engagements there. */
function agree(ids: readonly bigint[], [from, head]: [bigint, bigint[]]): boolean {
  const tail = ids.filter((id) => id >= from);
  return tail.slice(0, head.length).every((id, index) => id === head[index]);
}

function isCovered(coverage: Coverage, id: bigint): boolean {
  return id < 0n || coverage.some(({ from, to }) => id >= from && (to === null || id < to));
}
