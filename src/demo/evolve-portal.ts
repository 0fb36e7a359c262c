import { toDemoRecord } from './demo-engagements.ts';
import type { PortalData } from './portal-data.ts';
import { type Random, seededRandom } from './random.ts';
import type { DemoType } from './schedule.ts';
import type { Store } from './store.ts';
import type { RecordChange, StoredRecord } from './stored-record.ts';

/** What a step did to the engagements, as counts. */
export interface Evolution {
  edited: number;
  /** Of the edits, those of associations that left `lastUpdated` alone. */
  associationsOnly: number;
  removed: number;
  added: number;
}

// One of how many records changes in a step; at 30,167 records: 302 edits, 41 deletions, 51 new ones.
const PER_EDIT = 100;
const PER_REMOVAL = 750;
const PER_ADDITION = 600;

/** New records look like those of the first type, and are of the second: a portal of today sees more than e-mails. */
const NEW_TYPES: readonly { like: DemoType; type: string }[] = [
  { like: 'EMAIL', type: 'EMAIL' },
  { like: 'EMAIL', type: 'INCOMING_EMAIL' },
  { like: 'CALL', type: 'CALL' },
  { like: 'NOTE', type: 'NOTE' },
  { like: 'TASK', type: 'TASK' },
  { like: 'MEETING', type: 'MEETING' },
  { like: 'NOTE', type: 'WHATS_APP' },
  { like: 'NOTE', type: 'SMS' },
  { like: 'NOTE', type: 'LINKEDIN_MESSAGE' },
  { like: 'NOTE', type: 'POSTAL_MAIL' },
];

/**
 * Lets the users of a portal work until `now` (epoch ms): edits, deletions, new records, and one edit of associations
 * that no modification date tells of. Which records and what becomes of them depends on `step` (1, 2, …) and the data
 * alone; everything happens within the minute before `now`. Steps are to be taken in their order.
 */
export function evolvePortal(
  data: PortalData,
  { step, now }: { step: number; now: number },
): Evolution {
  const store = data.stores.engagements;
  const random = seededRandom(62_515_000 + step);
  const living = store.after(0, store.size).records.filter(({ type }) => type !== undefined);
  const { repeat, at } = createUsers(living, now, random);
  const perStep = (one: number): number => Math.ceil(living.length / one);
  const edited = repeat(perStep(PER_EDIT), ({ id, type, createdAt }) =>
    store.update(id, toEdit(type, step, random), { at: at(createdAt) }),
  );
  const associationsOnly = repeat(Math.min(1, living.length), ({ id }) =>
    store.update(id, { associations: { contactIds: [1_201 + step] } }, { touch: false }),
  );
  const removed = repeat(perStep(PER_REMOVAL), ({ id, createdAt }) =>
    store.remove(id, { at: at(createdAt) }),
  );
  const added = addEngagements(data, perStep(PER_ADDITION), at);
  evolveRecords(data, now, random);
  return { edited: edited + associationsOnly, associationsOnly, removed, added };
}

/** Some contacts get another telephone or are deleted, some deals another amount, some tickets are urgent. */
function evolveRecords({ stores }: PortalData, now: number, random: Random): void {
  const change = (store: Store, count: number, toChange: (n: number) => RecordChange): void => {
    const { repeat, at } = createUsers([...store.living()], now, random);
    let n = 0;
    repeat(count, ({ id, createdAt }) => store.update(id, toChange(n++), { at: at(createdAt) }));
  };
  const { contacts, deals, tickets } = stores;
  const perStep = (one: number, { size }: Store): number => Math.ceil(size / one);
  change(contacts, perStep(PER_EDIT, contacts), (n) => ({
    properties: { phone: `+1617557${1_000 + n}`, lifecyclestage: 'opportunity' },
  }));
  change(deals, perStep(PER_EDIT, deals), () => ({
    properties: { amount: random.int(8, 400) * 125 },
  }));
  change(tickets, perStep(PER_EDIT, tickets), () => ({
    properties: { hs_ticket_priority: 'URGENT' },
  }));
  const { repeat, at } = createUsers([...contacts.living()], now, random);
  repeat(perStep(4_000, contacts), ({ id, createdAt }) =>
    contacts.remove(id, { at: at(createdAt) }),
  );
}

/** Who picks what to change, and when: none of the records twice, within the minute before `now`. */
function createUsers(living: readonly StoredRecord[], now: number, random: Random) {
  const chosen = new Set<StoredRecord>();
  const choose = (): StoredRecord | undefined => {
    // Half of the choices fall on the youngest, which are of every type: the rest are nearly all e-mails.
    const from = random.chance(0.5) ? Math.floor(living.length * 0.95) : 0;
    const record = living[random.int(from, living.length - 1)];
    if (record === undefined || chosen.has(record)) return undefined;
    chosen.add(record);
    return record;
  };
  return {
    /** Never before the record was made. */
    at: (createdAt = 0): number => Math.max(createdAt, now - random.int(1, 60_000)),
    /** How often it was done: a small store may have too few records. */
    repeat(count: number, change: (record: StoredRecord) => void): number {
      let done = 0;
      for (let tries = 0; done < count && tries < count * 20; tries++) {
        const record = choose();
        if (record === undefined) continue;
        change(record);
        done++;
      }
      return done;
    },
  };
}

/** What a user changes in a record of `type`: the text by which it is known. */
function toEdit(type = '', step: number, random: Random): RecordChange {
  const text = `Revised in step ${step} ✏️ "${random.hex(6)}"`;
  let key = 'body';
  if (type === 'CALL' || type === 'MEETING') key = 'title';
  if (type.endsWith('EMAIL') || type.endsWith('TASK')) key = 'subject';
  return { engagement: { modifiedBy: 216_511 }, metadata: { [key]: text } };
}

/** New ids follow the highest so far, as they do at HubSpot; ids of the recycle bin are never used again. */
function addEngagements(
  { stores, world, portalId }: PortalData,
  count: number,
  at: () => number,
): number {
  const store = stores.engagements;
  const { records } = store.from(0n, Number.POSITIVE_INFINITY, () => true);
  const highest = Number(records.at(-1)?.id ?? 0n);
  for (let n = 0; n < count; n++) {
    const { like, type } = NEW_TYPES[n % NEW_TYPES.length] ?? { like: 'NOTE', type: 'NOTE' };
    const createdAt = at();
    const planned = { id: highest + (n + 1) * 1_117, type: like, createdAt };
    const record = toDemoRecord(planned, { ...world, life: { ...world.life, end: createdAt } });
    const engagement = { ...record.engagement, portalId, type, lastUpdated: createdAt };
    const metadata = type === 'INCOMING_EMAIL' ? toIncoming(record.metadata) : record.metadata;
    store.add({ ...record, engagement, metadata });
  }
  return count;
}

function toIncoming({ from, to, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return from === undefined ? rest : { from: [to].flat()[0], to: [from], ...rest };
}
