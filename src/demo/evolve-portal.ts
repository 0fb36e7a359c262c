import { DEMO_PORTAL_ID, toDemoRecord } from './demo-engagements.ts';
import { type Random, seededRandom } from './random.ts';
import type { DemoType } from './schedule.ts';
import type { Store } from './store.ts';
import type { RecordChange, StoredRecord } from './stored-record.ts';

/** What a step did, as counts. */
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
 * that no modification date tells of. Which records and what becomes of them depends on `step` (1, 2, …) and the store
 * alone; everything happens within the minute before `now`. Steps are to be taken in their order.
 */
export function evolvePortal(
  store: Store,
  { step, now }: { step: number; now: number },
): Evolution {
  const random = seededRandom(62_515_000 + step);
  const living = store.after(0, store.size).records.filter(({ type }) => type !== undefined);
  const chosen = new Set<StoredRecord>();
  const choose = (): StoredRecord | undefined => {
    // Half of the choices fall on the youngest, which are of every type: the rest are nearly all e-mails.
    const from = random.chance(0.5) ? Math.floor(living.length * 0.95) : 0;
    const record = living[random.int(from, living.length - 1)];
    if (record === undefined || chosen.has(record)) return undefined;
    chosen.add(record);
    return record;
  };
  const repeat = (count: number, change: (record: StoredRecord) => void): number => {
    let done = 0;
    // A record chosen before is passed over; a store may be too small for more.
    for (let tries = 0; done < count && tries < count * 20; tries++) {
      const record = choose();
      if (record === undefined) continue;
      change(record);
      done++;
    }
    return done;
  };
  const at = (): number => now - random.int(1, 60_000);

  const perStep = (one: number): number => Math.ceil(living.length / one);
  const edited = repeat(perStep(PER_EDIT), ({ id, type }) =>
    store.update(id, toEdit(type, step, random), { at: at() }),
  );
  const associationsOnly = repeat(Math.min(1, living.length), ({ id }) =>
    store.update(id, { associations: { contactIds: [1_201 + step] } }, { at: at(), touch: false }),
  );
  const removed = repeat(perStep(PER_REMOVAL), ({ id }) => store.remove(id, { at: at() }));
  const added = addRecords(store, perStep(PER_ADDITION), at);
  return { edited: edited + associationsOnly, associationsOnly, removed, added };
}

/** What a user changes in a record of `type`: the text by which it is known. */
function toEdit(type = '', step: number, random: Random): RecordChange {
  const text = `Revised in step ${step} ✏️ "${random.hex(6)}"`;
  let key = 'body';
  if (type === 'CALL' || type === 'MEETING') key = 'title';
  if (type.endsWith('EMAIL') || type.endsWith('TASK')) key = 'subject';
  return { engagement: { modifiedBy: 216_512 }, metadata: { [key]: text } };
}

/** New ids follow the highest so far, as they do at HubSpot; ids of the recycle bin are never used again. */
function addRecords(store: Store, count: number, at: () => number): number {
  const { records } = store.from(0n, Number.POSITIVE_INFINITY, () => true);
  const highest = Number(records.at(-1)?.id ?? 0n);
  const portalId = portalIdOf(records[0]?.read());
  for (let n = 0; n < count; n++) {
    const { like, type } = NEW_TYPES[n % NEW_TYPES.length] ?? { like: 'NOTE', type: 'NOTE' };
    const createdAt = at();
    const record = toDemoRecord({ id: highest + (n + 1) * 1_117, type: like, createdAt });
    const engagement = { ...record.engagement, portalId, type, lastUpdated: createdAt };
    store.add({ ...record, engagement });
  }
  return count;
}

function portalIdOf(record: unknown): unknown {
  const engagement = (record as { engagement?: { portalId?: unknown } } | null | undefined)
    ?.engagement;
  return engagement?.portalId ?? DEMO_PORTAL_ID;
}
