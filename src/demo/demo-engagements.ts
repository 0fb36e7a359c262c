import { type Letter, planConversations, toSingleLetter } from './conversations.ts';
import { countContacts, type DemoRecords, type Matter } from './demo-records.ts';
import { type Metadata, toMetadata } from './metadata.ts';
import { type Contact, OWNERS, type Owner, pickColleague, toContact } from './people.ts';
import { guid, type Random, seededRandom } from './random.ts';
import { isImported, type Lifetime, type PlannedEngagement, planEngagements } from './schedule.ts';
import type { StoredRecord } from './stored-record.ts';

/** The number of HubSpot's old public demo portal. */
export const DEMO_PORTAL_ID = 62_515;

/** One engagement as HubSpot's v1 API returns it; fields may be absent, never null. */
export interface DemoRecord {
  engagement: {
    id: number;
    portalId: number;
    active: boolean;
    createdAt: number;
    lastUpdated: number;
    type: string;
    timestamp: number;
    [field: string]: unknown;
  };
  /** `contactIds`, `companyIds`, `dealIds`, `ownerIds` and `workflowIds` are always there, often empty. */
  associations: Record<string, number[]>;
  attachments?: { id: number }[];
  scheduledTasks?: Record<string, unknown>[];
  metadata: Metadata;
}

/** What engagements are made from. */
export interface DemoWorld {
  life: Lifetime;
  records: DemoRecords;
}

const DAY_MS = 86_400_000;
// Where an association of the rarer kinds shows up, and how large its ids are.
const RARE_ASSOCIATIONS = [
  { kind: 'contentIds', chance: 0.02, from: 5_012_345_678 },
  { kind: 'quoteIds', chance: 0.015, from: 77_001 },
  { kind: 'marketingEventIds', chance: 0.01, from: 310_001 },
  { kind: 'partnerClientIds', chance: 0.005, from: 9_001 },
  { kind: 'orderIds', chance: 0.005, from: 1_450_000_001 },
  { kind: 'cartIds', chance: 0.005, from: 880_001 },
];

/**
 * The demo portal, ascending by id: {@link planEngagements} decides ids, types and instants; a record is made when it is
 * read, always the same, so that a portal of 120 MB takes no memory.
 */
export function demoEngagements(world: DemoWorld, size?: number): StoredRecord[] {
  const { life } = world;
  const planned = planEngagements(life, size);
  const imported = planned.filter(({ createdAt }) => isImported(createdAt, life));
  const importedAt = imported[0]?.createdAt ?? life.end;
  const contacts = countContacts(importedAt, life);
  const letters = planConversations(imported.length, contacts, importedAt);
  let next = 0;
  return planned.map((plan) => {
    const letter = isImported(plan.createdAt, life) ? letters[next++] : undefined;
    return {
      id: BigInt(plan.id),
      type: plan.type,
      createdAt: plan.createdAt,
      lastUpdated: drawLastUpdated(plan, life, toRandom(plan)),
      read: () => toDemoRecord(plan, world, letter),
    };
  });
}

/** The record of a planned engagement; `letter`: where an e-mail stands in its conversation, alone by default. */
export function toDemoRecord(
  planned: PlannedEngagement,
  world: DemoWorld,
  letter?: Letter,
): DemoRecord {
  const { id, type, createdAt } = planned;
  const draft = begin(planned, world, letter);
  const { random, contact, owner, lastUpdated } = draft;
  const { end } = world.life;
  const metadata = toMetadata(type, random, { ...draft, id, createdAt, end });
  return {
    engagement: {
      id,
      portalId: DEMO_PORTAL_ID,
      active: random.chance(0.98),
      createdAt,
      lastUpdated,
      ...(random.chance(0.7) && { createdBy: owner.userId, modifiedBy: owner.userId }),
      ...(random.chance(0.92) && { ownerId: owner.id }),
      type,
      ...(random.chance(0.1) && { uid: guid(random) }),
      timestamp: letter?.sentAt ?? occurredAt(type, createdAt, metadata, random),
      ...toSource(type, owner, random),
      ...toPreview(metadata, random),
    },
    associations: toAssociations(draft, contact, random),
    ...(random.chance(0.8) && { attachments: toAttachments(random) }),
    ...((type === 'TASK' || type === 'MEETING') &&
      random.chance(0.4) && { scheduledTasks: [toReminder(id, type, createdAt, random)] }),
    metadata,
  };
}

/** Who an engagement is with, and what it is about. */
interface Draft {
  random: Random;
  contact: Contact;
  owner: Owner;
  letter: Letter;
  deal: Matter | undefined;
  ticket: Matter | undefined;
  lastUpdated: number;
}

function toRandom({ id }: PlannedEngagement): Random {
  // The remainder keeps ids beyond 2^31 apart: a seed has 32 bits.
  return seededRandom(id % 4_294_967_291);
}

/** When a record was last changed: in a third of the cases later than it was made. The first draws of a record. */
function drawLastUpdated(
  { createdAt }: PlannedEngagement,
  { settled }: Lifetime,
  random: Random,
): number {
  const isChanged = random.chance(0.34);
  // Mostly by little.
  const most = Math.min(200 * DAY_MS, settled - createdAt);
  const delay = 1 + Math.floor(random.next() ** 4 * most);
  return isChanged && most > 0 ? createdAt + delay : createdAt;
}

function begin(planned: PlannedEngagement, world: DemoWorld, inConversation?: Letter): Draft {
  const { id, createdAt } = planned;
  const { life, records } = world;
  const random = toRandom(planned);
  const lastUpdated = drawLastUpdated(planned, life, random);
  // Half of the everyday work is about what is open.
  const isMatter = inConversation === undefined && random.chance(0.5);
  const deal = isMatter ? pickOpen(records.deals, createdAt, random) : undefined;
  const ticket =
    isMatter && deal === undefined ? pickOpen(records.tickets, createdAt, random) : undefined;
  const anyone = random.int(0, countContacts(createdAt, life) - 1);
  const number = inConversation?.contact ?? deal?.contact ?? ticket?.contact ?? anyone;
  const contact = toContact(number);
  const owner = random.chance(0.9) ? contact.owner : random.pick(OWNERS);
  const letter = inConversation ?? toSingleLetter(id, { contact: number, sentAt: createdAt });
  return { random, contact, owner, letter, deal, ticket, lastUpdated };
}

/** A matter that is open at an instant, or was closed in the week before; undefined when the dice find none. */
function pickOpen(matters: readonly Matter[], at: number, random: Random): Matter | undefined {
  const open = matters.filter(
    ({ createdAt, closedAt = Infinity }) => createdAt <= at && at <= closedAt + 7 * DAY_MS,
  );
  return open.length > 0 && random.chance(0.8) ? random.pick(open) : undefined;
}

function occurredAt(type: string, createdAt: number, metadata: Metadata, random: Random): number {
  if (type === 'MEETING' && typeof metadata['startTime'] === 'number') return metadata['startTime'];
  if (type.endsWith('TASK')) return createdAt + random.int(0, 14) * DAY_MS;
  return random.chance(0.8) ? createdAt : createdAt - random.int(1, 2 * DAY_MS);
}

function toSource(type: string, owner: Owner, random: Random): Record<string, unknown> {
  return {
    ...(random.chance(0.2) && { teamId: owner.team.id }),
    ...(random.chance(0.4) && {
      source: random.pick(['CRM_UI', 'EMAIL_INTEGRATION', 'API', 'WORKFLOWS']),
      sourceId: `userId:${owner.userId}`,
    }),
    ...(type !== 'EMAIL' &&
      random.chance(0.1) && { activityType: random.pick(['Demo', 'First "meeting"', 'Übergabe']) }),
    ...(random.chance(0.3) && {
      gdprDeleted: false,
      allAccessibleTeamIds: random.chance(0.3) ? [owner.team.id] : [],
    }),
    ...(random.chance(0.15) && {
      queueMembershipIds: random.chance(0.3) ? [random.int(1_000, 9_999)] : [],
    }),
  };
}

function toPreview(metadata: Metadata, random: Random): Record<string, unknown> {
  const html = metadata['html'] ?? metadata['body'];
  if (typeof html !== 'string' || !random.chance(0.15)) return {};
  const text = html
    .slice(Math.max(0, html.indexOf('<p')), 900)
    .replace(/<[^>]*>?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  // By characters, lest an emoji is cut in two.
  const bodyPreview = [...text.slice(0, 400)].slice(0, 160).join('');
  return {
    bodyPreview,
    bodyPreviewIsTruncated: bodyPreview.length < text.length,
    bodyPreviewHtml: `<html>\n <head></head>\n <body>\n  <p>${bodyPreview}</p>\n </body>\n</html>`,
  };
}

function toAssociations(
  { owner, deal, ticket }: Draft,
  contact: Contact,
  random: Random,
): Record<string, number[]> {
  // Colleagues of the contact, not in order, as HubSpot's are not.
  const others = Array.from({ length: random.chance(0.1) ? random.int(1, 4) : 0 }, () =>
    pickColleague(contact, random),
  );
  return {
    contactIds: random.chance(0.9) ? [contact, ...others].map(({ id }) => id) : [],
    companyIds: random.chance(0.5) ? [contact.company.id] : [],
    dealIds: deal === undefined ? [] : [deal.id],
    ownerIds: random.chance(0.1) ? [owner.id] : [],
    ...(ticket === undefined
      ? random.chance(0.45) && { ticketIds: [] }
      : { ticketIds: [ticket.id] }),
    workflowIds: random.chance(0.03) ? [random.int(500_000, 2_900_000)] : [],
    ...Object.fromEntries(
      RARE_ASSOCIATIONS.flatMap(({ kind, chance, from }) => {
        return random.chance(chance) ? [[kind, [from + random.int(0, 50_000)]]] : [];
      }),
    ),
  };
}

function toAttachments(random: Random): { id: number }[] {
  const count = random.chance(0.06) ? random.int(1, 3) : 0;
  return Array.from({ length: count }, () => ({ id: random.int(4_000_000_000, 5_900_000_000) }));
}

function toReminder(
  engagementId: number,
  engagementType: string,
  createdAt: number,
  random: Random,
): Record<string, unknown> {
  return {
    engagementId,
    portalId: DEMO_PORTAL_ID,
    engagementType,
    taskType: random.pick(['REMINDER', 'PRE_MEETING_NOTIFICATION']),
    timestamp: createdAt + random.int(1, 200) * 3_600_000,
    uuid: `${engagementType}:${guid(random)}`,
  };
}
