import { type Metadata, toMetadata } from './metadata.ts';
import { guid, type Random, seededRandom } from './random.ts';
import { type PlannedEngagement, planEngagements } from './schedule.ts';
import type { StoredRecord } from './stored-record.ts';
import { type Person, toPerson } from './texts.ts';

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

const DAY_MS = 86_400_000;
const END = Date.parse('2018-04-10T23:59:59.999Z');
const OWNERS = Array.from({ length: 9 }, (_, n) => toPerson(5_001 + n));
// Where an association of the rarer kinds shows up, and how large its ids are.
const RARE_ASSOCIATIONS = [
  { kind: 'ticketIds', chance: 0.05, from: 2_600_001 },
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
export function demoEngagements(options: { size?: number } = {}): StoredRecord[] {
  return planEngagements(options.size).map((planned) => ({
    id: BigInt(planned.id),
    type: planned.type,
    createdAt: planned.createdAt,
    lastUpdated: beginRecord(planned).lastUpdated,
    read: () => toDemoRecord(planned),
  }));
}

/** The record of a planned engagement; depends on nothing else. */
export function toDemoRecord(planned: PlannedEngagement): DemoRecord {
  const { id, type, createdAt } = planned;
  const { random, contact, owner, lastUpdated } = beginRecord(planned);
  const metadata = toMetadata(type, random, { id, createdAt, contact, owner });
  return {
    engagement: {
      id,
      portalId: DEMO_PORTAL_ID,
      active: random.chance(0.98),
      createdAt,
      lastUpdated,
      ...(random.chance(0.7) && {
        createdBy: 215_482,
        modifiedBy: random.pick([215_482, 216_511]),
      }),
      ...(random.chance(0.75) && { ownerId: owner.contactId }),
      type,
      ...(random.chance(0.1) && { uid: guid(random) }),
      timestamp: occurredAt(type, createdAt, metadata, random),
      ...toSource(type, random),
      ...toPreview(metadata, random),
    },
    associations: toAssociations(contact, owner, random),
    ...(random.chance(0.8) && { attachments: toAttachments(random) }),
    ...((type === 'TASK' || type === 'MEETING') &&
      random.chance(0.4) && { scheduledTasks: [toReminder(id, type, createdAt, random)] }),
    metadata,
  };
}

/** The first draws of a record, which are cheap: `lastUpdated` is known without writing its letter. */
function beginRecord({ id, createdAt }: PlannedEngagement): {
  random: Random;
  contact: Person;
  owner: Person;
  lastUpdated: number;
} {
  // The remainder keeps ids beyond 2^31 apart: a seed has 32 bits.
  const random = seededRandom(id % 4_294_967_291);
  const contact = toPerson(random.int(0, 4_000));
  const owner = random.pick(OWNERS);
  const lastUpdated = random.chance(0.34) ? updatedAfter(createdAt, random) : createdAt;
  return { random, contact, owner, lastUpdated };
}

/** Later than `createdAt`, mostly by little, and within the portal's period. */
function updatedAfter(createdAt: number, random: Random): number {
  const delay = 1 + Math.floor(random.next() ** 4 * 200 * DAY_MS);
  return createdAt + Math.min(delay, Math.max(1, END - createdAt));
}

function occurredAt(type: string, createdAt: number, metadata: Metadata, random: Random): number {
  if (type === 'MEETING' && typeof metadata['startTime'] === 'number') return metadata['startTime'];
  if (type.endsWith('TASK')) return createdAt + random.int(0, 14) * DAY_MS;
  return random.chance(0.8) ? createdAt : createdAt - random.int(1, 2 * DAY_MS);
}

function toSource(type: string, random: Random): Record<string, unknown> {
  return {
    ...(random.chance(0.2) && { teamId: random.pick([381_141, 381_142]) }),
    ...(random.chance(0.4) && {
      source: random.pick(['CRM_UI', 'EMAIL_INTEGRATION', 'API', 'WORKFLOWS']),
      sourceId: `userId:${random.int(210_000, 219_999)}`,
    }),
    ...(type !== 'EMAIL' &&
      random.chance(0.1) && { activityType: random.pick(['Demo', 'First "meeting"', 'Übergabe']) }),
    ...(random.chance(0.3) && {
      gdprDeleted: false,
      allAccessibleTeamIds: random.chance(0.3) ? [381_141] : [],
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

function toAssociations(contact: Person, owner: Person, random: Random): Record<string, number[]> {
  // Not in order, as HubSpot's are not.
  const others = Array.from({ length: random.chance(0.1) ? random.int(1, 4) : 0 }, () =>
    random.int(0, 4_000),
  );
  return {
    contactIds: random.chance(0.9)
      ? [contact.contactId, ...others.map((n) => toPerson(n).contactId)]
      : [],
    companyIds: random.chance(0.5) ? [contact.companyId] : [],
    dealIds: random.chance(0.2) ? [random.int(1_000_000, 290_000_000)] : [],
    ownerIds: random.chance(0.1) ? [owner.contactId] : [],
    workflowIds: random.chance(0.03) ? [random.int(500_000, 2_900_000)] : [],
    ...Object.fromEntries(
      RARE_ASSOCIATIONS.flatMap(({ kind, chance, from }) => {
        const lot = random.next();
        if (lot < chance) return [[kind, [from + random.int(0, 50_000)]]];
        return kind === 'ticketIds' && lot < 0.5 ? [[kind, []]] : [];
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
