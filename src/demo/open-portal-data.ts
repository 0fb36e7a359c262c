import { DEMO_PORTAL_ID, demoEngagements } from './demo-engagements.ts';
import { MAX_LIMIT } from './engagements-v1.ts';
import { evolvePortal } from './evolve-portal.ts';
import type { PortalData } from './portal-data.ts';
import { createStore } from './store.ts';
import { type StoredRecord, toStoredRecords } from './stored-record.ts';
import { toV1Parts } from './v1-parts.ts';

/** What a portal holds and lets its app see. */
export interface PortalDataOptions {
  /** v1 records to have instead of the demo portal's. */
  engagements?: readonly unknown[];
  /** How many engagements the demo portal has; 30,167 by default. */
  size?: number;
  /** The number of the account; that of the first of `engagements` by default. */
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
  /** How long search and `modified/after` take to see a change, in ms; 0 by default. */
  indexLagMs?: number;
  /** For instants, the `Date` header and the limits; this machine's by default. */
  clock?: { now(): Date };
  /** See {@link PortalData}; everything is allowed by default. */
  scopes?: PortalData['scopes'];
  lackedScopes?: readonly string[];
  /** Largest page of v1's `/paged`; HubSpot's 250 by default. */
  pageLimit?: number;
  /** How many associated ids of a kind stand inside an object; 100 by default. */
  inlineAssociations?: number;
  /** How many associated ids a batch of associations has for one object; 500 by default. */
  batchAssociations?: number;
  /** How many results of a search can be paged through; HubSpot's 10,000 by default. */
  searchCap?: number;
}

const DAY_MS = 86_400_000;

/** The data of a portal, after its steps. */
export function openPortalData(options: PortalDataOptions): PortalData {
  const { step = 0, evolvedAt = [], indexLagMs = 0, clock } = options;
  const now = clock ? () => +clock.now() : Date.now;
  const records = options.engagements
    ? toStoredRecords(options.engagements)
    : demoEngagements(options);
  const store = createStore(records, { now, indexLagMs });
  const startedAt = now();
  for (let n = 1; n <= step; n++) {
    const at = evolvedAt[n - 1]?.getTime() ?? startedAt - (step - n) * DAY_MS;
    evolvePortal(store, { step: n, now: at });
  }
  return {
    store,
    now,
    portalId: options.portalId ?? findPortalId(options.engagements && records) ?? DEMO_PORTAL_ID,
    scopes: options.scopes ?? 'all',
    lackedScopes: options.lackedScopes ?? [],
    pageLimit: options.pageLimit ?? MAX_LIMIT,
    inlineAssociations: options.inlineAssociations ?? 100,
    batchAssociations: options.batchAssociations ?? 500,
    searchCap: options.searchCap ?? 10_000,
  };
}

function findPortalId(records: readonly StoredRecord[] = []): number | undefined {
  for (const record of records) {
    const { portalId } = toV1Parts(record.read()).engagement;
    if (typeof portalId === 'number') return portalId;
  }
  return undefined;
}
