import { afterEach, describe, expect, test } from 'vitest';
import { evolvePortal } from '../../src/demo/evolve-portal.ts';
import { openPortalData } from '../../src/demo/portal-data.ts';
import type { Store } from '../../src/demo/store.ts';
import { askJson } from '../portal/ask.ts';
import { type Portal, startPortal } from '../portal/start-portal.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

const UNTIL = new Date('2026-11-20T18:00:00Z');
const portalOf = (size: number) =>
  openPortalData({ size, until: UNTIL, clock: { now: () => new Date(NOW) } });
const evolved = (steps: number, size = 3_000): Store => {
  const data = portalOf(size);
  for (let step = 1; step <= steps; step++) evolvePortal(data, { step, now: NOW });
  return data.stores.engagements;
};
const everything = (store: Store) => store.from(0n, Infinity, () => true).records;
const dump = (store: Store) =>
  everything(store).map((stored) => JSON.stringify([stored.read(), stored.archivedAt]));

describe('a step', () => {
  test('is the same for ever', () => {
    expect(dump(evolved(2))).toEqual(dump(evolved(2)));
    expect(dump(evolved(2))).not.toEqual(dump(evolved(1)));
  });

  test('edits some hundreds of the 30,167, removes and adds some dozens', () => {
    const data = portalOf(30_167);
    expect(evolvePortal(data, { step: 1, now: NOW })).toEqual({
      edited: 303,
      associationsOnly: 1,
      removed: 41,
      added: 51,
    });
    expect(data.stores.engagements.size).toBe(30_167 - 41 + 51);
  });

  test('happens within the minute before its instant, and touches nothing else', () => {
    const before = new Map(
      everything(evolved(0)).map((stored) => [stored.id, JSON.stringify(stored.read())]),
    );
    const touched = { edited: 0, associationsOnly: 0, removed: 0, added: 0 };
    for (const stored of everything(evolved(1))) {
      const old = before.get(stored.id);
      const isNow = (at: number | null) => at !== null && at >= NOW - 60_000 && at < NOW;
      if (old === undefined) {
        expect([isNow(stored.createdAt), isNow(stored.lastUpdated)]).toEqual([true, true]);
        touched.added++;
      } else if (stored.archivedAt !== null) {
        expect([isNow(stored.archivedAt), JSON.stringify(stored.read())]).toEqual([true, old]);
        touched.removed++;
      } else if (JSON.stringify(stored.read()) !== old) {
        touched.edited++;
        if (!isNow(stored.lastUpdated)) {
          const { associations: _, ...rest } = JSON.parse(old);
          expect(stored.read()).toMatchObject(rest);
          touched.associationsOnly++;
        }
      }
    }
    expect(touched).toEqual({ edited: 31, associationsOnly: 1, removed: 4, added: 5 });
  });

  test('brings records of types that the old portal has not', () => {
    const added = everything(evolved(1, 30_167)).slice(-51);
    expect(new Set(added.map(({ type }) => type))).toEqual(
      new Set(
        'EMAIL INCOMING_EMAIL CALL NOTE TASK MEETING WHATS_APP SMS LINKEDIN_MESSAGE POSTAL_MAIL'.split(
          ' ',
        ),
      ),
    );
  });

  test.each([0, 1, 2, 10])('works on a portal of %i', (size) => {
    expect(() => evolvePortal(portalOf(size), { step: 1, now: NOW })).not.toThrow();
  });
});

/** The ids of what is new or has other texts in `after`, and lives. */
function workBetween(before: Store, after: Store): number[] {
  const texts = new Map(everything(before).map((stored) => [stored.id, textsOf(stored.read())]));
  const changed = everything(after).filter(
    ({ id, archivedAt, read }) => archivedAt === null && texts.get(id) !== textsOf(read()),
  );
  return changed.map(({ id }) => Number(id));
}

const textsOf = (record: unknown) => JSON.stringify((record as { metadata: unknown }).metadata);

test('a step changes contacts, deals and tickets too, and keeps the rest', () => {
  const { stores } = portalOf(100);
  const { stores: later } = openPortalData({
    size: 100,
    until: UNTIL,
    step: 1,
    evolvedAt: [new Date(NOW)],
  });
  const changes = (['contacts', 'companies', 'deals', 'tickets'] as const).map((name) => {
    const before = new Map([...stores[name].living()].map((r) => [r.id, JSON.stringify(r.read())]));
    const changed = [...later[name].living()].filter(
      (r) => JSON.stringify(r.read()) !== before.get(r.id),
    );
    expect(changed.every(({ lastUpdated }) => lastUpdated >= NOW - 60_000)).toBe(true);
    return [name, changed.length, later[name].size - stores[name].size];
  });
  expect(changes).toEqual([
    ['contacts', 41, -2],
    ['companies', 0, 0],
    ['deals', 5, 0],
    ['tickets', 2, 0],
  ]);
});

describe('a portal of step n', () => {
  const portals: Portal[] = [];
  const open = async (step: number, now: number, evolvedAt: Date[] = []) => {
    const clock = { now: () => new Date(now) };
    const portal = await startPortal({ step, evolvedAt, clock, size: 3_000, until: UNTIL });
    portals.push(portal);
    return portal;
  };
  afterEach(() => Promise.all(portals.splice(0).map((portal) => portal.close())));

  const modifiedSince = async (portal: Portal, since: number): Promise<number[]> => {
    const page = await askJson(
      portal,
      `/engagements/v1/engagements/modified/after?after=${since}&limit=1000`,
    );
    expect(page.hasMore).toBe(false);
    return page.results
      .map(({ engagement }: { engagement: { id: number } }) => engagement.id)
      .sort((a: number, b: number) => a - b);
  };

  test('shows a changes run the work of the last step and of no other', async () => {
    const [none, one, two] = [0, 1, 2].map((steps) => evolved(steps)) as [Store, Store, Store];
    const first = await open(0, NOW);
    expect(await modifiedSince(first, NOW - 3_600_000)).toEqual([]);
    // Runs a moment apart: the window of the changes begins an hour before the run before.
    const second = await open(1, NOW + 20_000);
    expect(await modifiedSince(second, NOW - 3_600_000)).toEqual(workBetween(none, one));
    const third = await open(2, NOW + 40_000);
    expect(await modifiedSince(third, NOW - 3_580_000)).toEqual(workBetween(one, two));
  });

  test('keeps the instants of earlier steps where they are known', async () => {
    const steps = [NOW, NOW + 5_000].map((at) => new Date(at));
    const second = await open(1, NOW, steps);
    const third = await open(2, NOW + 9_000, steps);
    const instants = ({ store }: Portal) =>
      new Map(everything(store).map(({ id, lastUpdated }) => [id, lastUpdated]));
    const [before, after] = [instants(second), instants(third)];
    const changed = [...before].filter(([id, at]) => after.get(id) !== at);
    // The edits of the second step alone.
    expect(changed.length).toBeGreaterThan(25);
    expect(changed.length).toBeLessThanOrEqual(31);
    expect(changed.every(([id]) => (after.get(id) ?? 0) < NOW + 5_000)).toBe(true);
  });
});
