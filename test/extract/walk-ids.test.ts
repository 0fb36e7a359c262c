import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PageEntry } from '../../src/archive/journal.ts';
import { HubSpotUnavailable } from '../../src/errors.ts';
import { type CursorRule, LAST_ID, NEXT_ID } from '../../src/extract/coverage.ts';
import type { Ask, Walk } from '../../src/extract/walk.ts';
import { createIdWalk } from '../../src/extract/walk-ids.ts';
import type { PageSummary } from '../../src/hubspot/page-summary.ts';
import { serveIds, toStream, toSummary } from '../support/model-hubspot.ts';

const PAGE = 4;
/** `make test-slow` sets it higher. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);

/** What happens next: of the requests under way, which is answered; or how many more are sent first. */
type Step = { send: number; answer: number; crash: boolean; edit: Edit | null };
type Edit = { kind: 'remove' | 'add'; at: number };

/** A page as the journal keeps what a walk is rebuilt from. */
function toLink(walk: Walk, { cursor }: Ask, page: PageSummary): PageEntry {
  const { records, nextCursor, hasMore, ids } = page;
  const firstId = ids[0] === undefined ? null : Number(ids[0]);
  return { walk: walk.kind, cursor, nextCursor, hasMore, records, firstId } as PageEntry;
}

/** Ids with holes of all sizes. */
const idsOf = (gaps: readonly bigint[]): bigint[] => {
  let id = 0n;
  return gaps.map((gap) => {
    id += gap;
    return id;
  });
};
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1n) },
  { weight: 3, arbitrary: fc.bigInt({ min: 1n, max: 40n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 12n }) },
);
const portal = fc.array(gap, { maxLength: 220, size: 'max' }).map(idsOf);
const step: fc.Arbitrary<Step> = fc.record({
  send: fc.nat({ max: 6 }),
  answer: fc.nat({ max: 1000 }),
  crash: fc.integer({ min: 0, max: 25 }).map((n) => n === 0),
  edit: fc.option(
    fc.record({
      kind: fc.constantFrom<Edit['kind']>('remove', 'add'),
      at: fc.nat({ max: 1000 }),
    }),
    { freq: 6 },
  ),
});
const rules = fc.constantFrom<CursorRule>(LAST_ID, NEXT_ID);

interface Outcome {
  /** The ids of the pages that were taken, in their order. */
  taken: bigint[][];
  requests: number;
  notes: string[];
}

/**
 * Walks to the end over `serve`, as the steps have it, again and again; a crash forgets all but the journal. Throws what
 * the walk throws, Error when it goes on for ever.
 */
function walkThrough(
  rule: CursorRule,
  serve: (ask: Ask) => PageSummary | 'refused',
  steps: readonly Step[],
  edit: (edit: Edit) => void = () => {},
): Outcome {
  const notes: string[] = [];
  const journal: PageEntry[] = [];
  const taken: bigint[][] = [];
  const open = (): Walk => createIdWalk(toStream(rule, PAGE), journal, (note) => notes.push(note));
  let walk = open();
  let underWay: Ask[] = [];
  let requests = 0;
  for (let round = 0; !walk.complete; round++) {
    if (round > 5_000) throw new Error('it goes on for ever');
    const now = steps[round % steps.length] as Step;
    // Who adds faster than pages are fetched would never be caught up with.
    if (now.edit !== null && round < 100) edit(now.edit);
    if (now.crash && round < 80) {
      walk = open();
      underWay = [];
      // An earlier page may have been the chain's last, which only reading the journal anew finds.
      if (walk.complete) break;
    }
    for (let count = 0; count <= now.send; count++) {
      const ask = walk.plan();
      if (ask === undefined) break;
      walk.begin(ask);
      underWay.push(ask);
      requests += 1;
    }
    if (underWay.length === 0) throw new Error('nothing left to ask, and yet not complete');
    const [ask] = underWay.splice(now.answer % underWay.length, 1) as [Ask];
    const page = serve(ask);
    if (page === 'refused') {
      walk.drop(ask);
      if (!walk.fallBack(ask, 'HTTP 400')) throw new Error(`cursor ${ask.cursor} is refused`);
    } else if (walk.check(ask, page) === 'refused') {
      walk.drop(ask);
    } else {
      journal.push(toLink(walk, ask, page));
      taken.push(page.ids);
      walk.accept(ask, page);
    }
  }
  return { taken, requests, notes };
}

const ordinary = { minLength: 1, maxLength: 40, size: 'max' } as const;
const sorted = (ids: Iterable<bigint>): bigint[] => [...ids].sort((a, b) => (a < b ? -1 : 1));

describe('over a server that keeps its promises', () => {
  test('any portal, any splitting, any order of answers, any crash: everything is there', () => {
    fc.assert(
      fc.property(portal, rules, fc.array(step, ordinary), (ids, rule, steps) => {
        const serve = serveIds(ids, rule);
        const { taken, notes } = walkThrough(rule, ({ cursor }) => serve(cursor, PAGE), steps);
        expect(sorted(new Set(taken.flat()))).toEqual(ids);
        expect(notes).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test('what two pages share is one stretch at their crossing', () => {
    fc.assert(
      fc.property(portal, rules, fc.array(step, ordinary), (ids, rule, steps) => {
        const serve = serveIds(ids, rule);
        const { taken } = walkThrough(rule, ({ cursor }) => serve(cursor, PAGE), steps);
        // In the order of where they begin, a page shares its first records with the one before or none.
        const pages = taken.filter((page) => page.length > 0);
        pages.sort((a, b) => Number((a[0] as bigint) - (b[0] as bigint)) || a.length - b.length);
        const seen = new Set<bigint>();
        for (const page of pages) {
          const again = page.filter((id) => seen.has(id));
          expect(again).toEqual(page.slice(0, again.length));
          for (const id of page) seen.add(id);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('one request after the other wastes none', () => {
    fc.assert(
      fc.property(portal, rules, (ids, rule) => {
        const serve = serveIds(ids, rule);
        const alone = [{ send: 0, answer: 0, crash: false, edit: null }];
        const { requests } = walkThrough(rule, ({ cursor }) => serve(cursor, PAGE), alone);
        expect(requests).toBe(Math.max(1, Math.ceil(ids.length / PAGE)));
      }),
      { numRuns: 100 },
    );
  });

  test('engagements that come and go meanwhile disturb nothing: what was there all the time is there', () => {
    fc.assert(
      fc.property(portal, rules, fc.array(step, ordinary), (ids, rule, steps) => {
        let now = ids;
        const always = new Set(ids);
        const edit = ({ kind, at }: Edit): void => {
          const index = now.length === 0 ? 0 : at % now.length;
          if (kind === 'remove') {
            always.delete(now[index] as bigint);
            now = now.toSpliced(index, 1);
            // New ones get ids beyond all others, which are never used again.
          } else now = [...now, (ids.at(-1) ?? 0n) + 10n ** 13n + BigInt(now.length + at)];
          now = sorted(new Set(now));
        };
        const serve = ({ cursor }: Ask) => serveIds(now, rule)(cursor, PAGE);
        const { taken } = walkThrough(rule, serve, steps, edit);
        const missing = always.difference(new Set(taken.flat()));
        expect([...missing]).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('over a server whose cursors are not what they seem', () => {
  const busy: Step[] = [
    { send: 5, answer: 3, crash: false, edit: null },
    { send: 2, answer: 0, crash: false, edit: null },
    { send: 4, answer: 7, crash: false, edit: null },
  ];
  const ids = idsOf(Array.from({ length: 150 }, (_, n) => BigInt(1 + ((n * 7919) % 50))));

  /** Serves `list` in its own order; a cursor is the last id returned. Made-up ones are for `onUnknown`. */
  function serveList(
    list: readonly bigint[],
    onUnknown: (cursor: string) => PageSummary | 'refused',
  ): (ask: Ask) => PageSummary | 'refused' {
    return ({ cursor }) => {
      const at = cursor === null ? 0 : list.indexOf(BigInt(cursor)) + 1;
      if (cursor !== null && at === 0) return onUnknown(cursor);
      const page = list.slice(at, at + PAGE);
      return toSummary(page, at + PAGE < list.length, String(page.at(-1) ?? cursor));
    };
  }

  test('a made-up cursor is refused: it goes on as a chain, and says so', () => {
    fc.assert(
      fc.property(fc.array(step, ordinary), (steps) => {
        const { taken, notes } = walkThrough(
          LAST_ID,
          serveList(ids, () => 'refused'),
          steps,
        );
        expect(sorted(new Set(taken.flat()))).toEqual(ids);
        for (const note of notes) {
          expect(note).toBe(
            'engagements: HubSpot refuses a cursor that it did not give (HTTP 400); going on with one walk from the start, page by page',
          );
        }
      }),
    );
  });

  test('a made-up cursor is answered with nothing: what it would have hidden is there', () => {
    fc.assert(
      fc.property(
        fc.array(step, ordinary),
        fc.array(gap, { maxLength: 200, size: 'max' }),
        (steps, gaps) => {
          const list = idsOf(gaps);
          const serve = serveList(list, (cursor) => toSummary([], false, cursor));
          const { taken } = walkThrough(LAST_ID, serve, steps);
          expect(sorted(new Set(taken.flat()))).toEqual(list);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('a made-up cursor begins from the start: the first such answer ends it', () => {
    const first = toSummary(ids.slice(0, PAGE), true, String(ids[PAGE - 1]));
    const { taken, notes } = walkThrough(
      LAST_ID,
      serveList(ids, () => first),
      busy,
    );
    expect(sorted(new Set(taken.flat()))).toEqual(ids);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^engagements: id \d+ lies before the cursor; going on with one walk/);
  });

  test('ids that do not ascend', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(ids, { minLength: 20 }),
        fc.array(step, ordinary),
        (list, steps) => {
          const crossed = [list[0] as bigint, ...list.slice(1).reverse()];
          const { taken } = walkThrough(
            LAST_ID,
            serveList(crossed, (cursor) => serveIds(sorted(crossed))(cursor, PAGE)),
            steps,
          );
          expect(sorted(new Set(taken.flat()))).toEqual(sorted(crossed));
        },
      ),
    );
  });

  test('cursors that are no ids at all make a chain from the first page on, and cost nothing', () => {
    const name = (at: number): string => Buffer.from(`page ${at}`).toString('base64url');
    const serve = ({ cursor }: Ask): PageSummary => {
      const at = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString().slice(5));
      return toSummary(ids.slice(at, at + PAGE), at + PAGE < ids.length, name(at + PAGE));
    };
    const { taken, notes, requests } = walkThrough(NEXT_ID, serve, busy);
    expect(taken.flat()).toEqual(ids);
    expect(requests).toBe(Math.ceil(ids.length / PAGE));
    expect(notes).toEqual([
      `engagements: the cursor ${name(PAGE)} is no id; going on with one walk from the start, page by page`,
    ]);
  });

  test('a cursor that does not move on while more is promised is an error', () => {
    const serve = serveList(ids, (cursor) => serveIds(ids)(cursor, PAGE));
    const stuck = (ask: Ask): PageSummary | 'refused' =>
      ask.cursor === String(ids[11]) ? toSummary(ids.slice(12, 16), true, ask.cursor) : serve(ask);
    expect(() => walkThrough(LAST_ID, stuck, busy)).toThrow(HubSpotUnavailable);
    expect(() => walkThrough(LAST_ID, stuck, busy)).toThrow(
      `HubSpot promises more of engagements but its cursor does not move on from ${ids[11]}`,
    );
  });

  test('a cursor of its own that it refuses is no reason to go on otherwise', () => {
    const serve = serveList(ids, (cursor) => serveIds(ids)(cursor, PAGE));
    const refusing = (ask: Ask): PageSummary | 'refused' =>
      ask.cursor === String(ids[3]) ? 'refused' : serve(ask);
    expect(() => walkThrough(LAST_ID, refusing, busy)).toThrow(`cursor ${ids[3]} is refused`);
  });

  test('the very first request refused is refused', () => {
    expect(() => walkThrough(LAST_ID, () => 'refused', busy)).toThrow('cursor null is refused');
  });
});

test('pages that were being saved when the walk became a chain do not move the chain', () => {
  const ids = Array.from({ length: 40 }, (_, n) => BigInt(n + 1));
  const serve = serveIds(ids);
  const walk = createIdWalk(toStream(LAST_ID, PAGE), [], () => {});
  const fetch = (ask: Ask | undefined): [Ask, PageSummary] => {
    if (ask === undefined) throw new Error('nothing to ask');
    walk.begin(ask);
    return [ask, serve(ask.cursor, PAGE)];
  };
  const accept = ([ask, page]: [Ask, PageSummary]): void => {
    expect(walk.check(ask, page)).toBe('good');
    walk.accept(ask, page);
  };
  accept(fetch(walk.plan()));
  accept(fetch(walk.plan()));
  const edge = fetch(walk.plan());
  const [probe, answer] = fetch(walk.plan());
  expect(walk.check(probe, answer)).toBe('good');
  const saving: [Ask, PageSummary] = [probe, answer];
  // The edge is answered with what breaks the order.
  const [ask, page] = edge;
  expect(walk.check(ask, { ...page, ids: page.ids.toReversed() })).toBe('good');
  expect(walk.kind).toBe('chain');
  walk.accept(ask, page);
  walk.accept(...saving);
  expect(walk.complete).toBe(false);
  expect(walk.plan()?.cursor).toBe('12');
});
