import { DEMO_PORTAL_ID, type DemoWorld, demoEngagements } from './demo-engagements.ts';
import { makeDemoRecords } from './demo-records.ts';
import { evolvePortal } from './evolve-portal.ts';
import type { StoreName } from './object-types.ts';
import { toLifetime } from './schedule.ts';
import { createStore, type Store } from './store.ts';
import { readParts, type StoredRecord } from './stored-record.ts';

/** What a portal holds. */
export interface PortalDataOptions {
  /** Engagements to have instead of the demo portal's; then it has no other records but those given. */
  engagements?: readonly StoredRecord[];
  records?: Partial<Record<StoreName, readonly StoredRecord[]>>;
  /** How many engagements the demo portal has; 30,167 by default. */
  size?: number;
  /** The demo portal's last day is that of this instant, and nothing in it is later; now by default. */
  until?: Date;
  /** The number of the account; that of the first engagement by default. */
  portalId?: number;
  /**
   * How often {@link evolvePortal} has been at work; 0 by default. A portal forgets when it stops, so the instants are
   * made anew at each start, from its clock: the last step has just happened, the one before it a day ago, and so on.
   * A program that extracts from the portals of step 0, 1, 2 … one after the other, in its own time, thus finds in each
   * changes run the edits of the last step and no others: they are younger than the run before, and those of the steps
   * before are older than its window, whose overlap is an hour.
   */
  step?: number;
  /**
   * When the steps happened, the first one first, where that is known (from the starts of the runs in an archive, say):
   * then a record has the same `lastUpdated` in every later portal too. Steps without an instant go by `step`'s rule.
   */
  evolvedAt?: readonly Date[];
  /** For instants, the `Date` header and the limits; this machine's by default. */
  clock?: { now(): Date };
  /** How many associated ids of a kind stand inside an object; 100 by default. */
  inlineAssociations?: number;
  /** How many associated ids a batch of associations has for one object; 500 by default. */
  batchAssociations?: number;
  /** How many results of a search can be paged through; HubSpot's 10,000 by default. */
  searchCap?: number;
}

/** What the endpoints of a portal answer from. */
export interface PortalData
  extends Required<
    Pick<PortalDataOptions, 'portalId' | 'inlineAssociations' | 'batchAssociations' | 'searchCap'>
  > {
  stores: Record<StoreName, Store>;
  /** What new engagements are made from. */
  world: DemoWorld;
  /** Epoch milliseconds. */
  now: () => number;
}

const DAY_MS = 86_400_000;

/** The data of a portal, after its steps. */
export function openPortalData(options: PortalDataOptions): PortalData {
  const { engagements, step = 0, evolvedAt = [], clock } = options;
  const now = clock ? () => +clock.now() : Date.now;
  const life = toLifetime(options.until ?? new Date(now()));
  const world: DemoWorld = { life, records: makeDemoRecords(life) };
  const made = engagements
    ? {}
    : { engagements: demoEngagements(world, options.size), ...world.records.stored };
  const held: Partial<Record<StoreName, readonly StoredRecord[]>> = {
    ...made,
    ...(engagements && { engagements }),
    ...options.records,
  };
  const open = (name: StoreName): Store => createStore(held[name] ?? [], now);
  const data: PortalData = {
    stores: {
      engagements: open('engagements'),
      contacts: open('contacts'),
      companies: open('companies'),
      deals: open('deals'),
      tickets: open('tickets'),
    },
    world,
    now,
    portalId: options.portalId ?? findPortalId(engagements) ?? DEMO_PORTAL_ID,
    inlineAssociations: options.inlineAssociations ?? 100,
    batchAssociations: options.batchAssociations ?? 500,
    searchCap: options.searchCap ?? 10_000,
  };
  const startedAt = now();
  for (let n = 1; n <= step; n++) {
    const at = evolvedAt[n - 1]?.getTime() ?? startedAt - (step - n) * DAY_MS;
    evolvePortal(data, { step: n, now: at });
  }
  return data;
}

function findPortalId(records: readonly StoredRecord[] = []): number | undefined {
  for (const record of records) {
    const { portalId } = readParts(record).engagement;
    if (typeof portalId === 'number') return portalId;
  }
  return undefined;
}
