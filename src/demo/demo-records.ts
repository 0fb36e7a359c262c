import { PIPELINES, type Stage } from './crm-pipelines.ts';
import { COMPANIES, CONTACTS, toCompany, toContact } from './people.ts';
import { type Random, seededRandom } from './random.ts';
import type { Lifetime } from './schedule.ts';
import type { StoredRecord } from './stored-record.ts';

/** A deal or a ticket of the demo portal: what an engagement may be about. */
export interface Matter {
  id: number;
  /** Number of the contact whom it is about; the company is that of the contact. */
  contact: number;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Undefined while it is open. */
  closedAt: number | undefined;
  stage: Stage;
  /** Its properties besides those that follow from the fields above. */
  properties: Record<string, unknown>;
}

/** What the CRM of the demo portal holds besides engagements. */
export interface DemoRecords {
  deals: readonly Matter[];
  tickets: readonly Matter[];
  /** By object type, ascending by id; made when they are read. */
  stored: Record<'contacts' | 'companies' | 'deals' | 'tickets', StoredRecord[]>;
}

const DAY_MS = 86_400_000;
/** Days before the last one: the first day, and the great import, by which most contacts were there. */
const FIRST_DAY = 1_106;
const IMPORT_DAY = 671;
const IMPORTED_CONTACTS = 3_600;
const DEALS = 420;
const TICKETS = 160;
const DEAL_SUBJECTS = ['starter package', 'renewal', 'pilot', 'expansion', '200 sprockets'];
const TICKET_SUBJECTS = [
  'Export does not open',
  'Wrong "ship to" address',
  'Invoice is missing',
  'Cannot log in 🔑',
  'Frage zur Lieferung',
];

/** The records of the demo portal; always the same for the same lifetime. */
export function makeDemoRecords(life: Lifetime): DemoRecords {
  const deals = planMatters(DEALS, life, seededRandom(420), toDeal);
  const tickets = planMatters(TICKETS, life, seededRandom(160), toTicket);
  const contacts = Array.from({ length: CONTACTS }, (_, n) => storeContact(n, life));
  const companies = Array.from({ length: COMPANIES }, (_, n) => storeCompany(n, life));
  const stored = {
    contacts,
    companies,
    deals: deals.map((deal) => storeMatter('DEAL', deal, life)),
    tickets: tickets.map((ticket) => storeMatter('TICKET', ticket, life)),
  };
  return { deals, tickets, stored };
}

/** How many contacts there were at an instant (epoch ms): numbers 0 up to that. */
export function countContacts(at: number, { lastDay }: Lifetime): number {
  const days = (lastDay - at) / DAY_MS;
  const share = (from: number, to: number): number =>
    Math.min(1, Math.max(0, (from - days) / (from - to)));
  const imported = share(FIRST_DAY, IMPORT_DAY) * IMPORTED_CONTACTS;
  const since = share(IMPORT_DAY, 0) * (CONTACTS - IMPORTED_CONTACTS);
  return Math.max(1, Math.floor(imported + since));
}

type ToMatter = (
  n: number,
  context: { age: number; contact: number; random: Random },
) => Pick<Matter, 'id' | 'stage' | 'properties'> & { openDays: number };

function planMatters(count: number, life: Lifetime, random: Random, toMatter: ToMatter): Matter[] {
  return Array.from({ length: count }, (_, n) => {
    // Most of them are of the last months.
    const age = Math.floor(1 + 900 * random.next() ** 2);
    const createdAt = life.end - age * DAY_MS - random.int(0, DAY_MS);
    const contact = random.int(0, countContacts(createdAt, life) - 1);
    const { openDays, ...rest } = toMatter(n, { age, contact, random });
    const closedAt = rest.stage.isClosed
      ? Math.min(life.settled, createdAt + openDays * DAY_MS + random.int(0, DAY_MS))
      : undefined;
    return { contact, createdAt, closedAt, ...rest };
  });
}

/** A deal is decided after three weeks to four months. */
const toDeal: ToMatter = (n, { age, contact, random }) => {
  const { id: pipeline, stages } = PIPELINES.deals;
  const openDays = random.int(20, 120);
  const [won, lost] = [stages.at(-2), stages.at(-1)] as [Stage, Stage];
  const reached = Math.min(stages.length - 3, Math.floor((age / openDays) * (stages.length - 2)));
  const decided = random.chance(0.45) ? won : lost;
  const stage = age > openDays ? decided : (stages[reached] as Stage);
  const dealname = `${toContact(contact).company.name}: ${random.pick(DEAL_SUBJECTS)}`;
  return {
    id: 2_100_001 + n * 7_001,
    openDays,
    stage,
    properties: {
      dealname,
      amount: random.int(8, 400) * 125,
      dealtype: dealname.endsWith('renewal') ? 'existingbusiness' : 'newbusiness',
      pipeline,
      dealstage: stage.id,
      hs_is_closed_won: stage === won,
    },
  };
};

/** A ticket is closed within nine days. */
const toTicket: ToMatter = (n, { age, random }) => {
  const { id: pipeline, stages } = PIPELINES.tickets;
  const openDays = random.int(0, 9);
  const stage = age > openDays ? stages.at(-1) : random.pick(stages.slice(0, -1));
  return {
    id: 2_600_001 + n * 3_001,
    openDays,
    stage: stage as Stage,
    properties: {
      subject: random.pick(TICKET_SUBJECTS),
      content: 'Since this morning.\nCould somebody have a look?',
      hs_ticket_priority: random.pick(['LOW', 'MEDIUM', 'HIGH']),
      hs_pipeline: pipeline,
      hs_pipeline_stage: stage?.id,
    },
  };
};

function storeContact(n: number, life: Lifetime): StoredRecord {
  const [createdAt, lastUpdated] = toInstants(n + 7, life);
  return toStoredLazily(1_201 + n * 51, 'CONTACT', createdAt, lastUpdated, () => {
    const { firstName, lastName, email, phone, jobTitle, company, owner } = toContact(n);
    return {
      associations: { companyIds: [company.id] },
      properties: {
        firstname: firstName,
        lastname: lastName,
        email,
        phone,
        jobtitle: jobTitle,
        company: company.name,
        associatedcompanyid: company.id,
        city: company.city,
        country: company.country,
        lifecyclestage: n % 9 === 0 ? 'customer' : n % 3 === 0 ? 'opportunity' : 'lead',
        hubspot_owner_id: owner.id,
        // An old id of the contact, which was merged into it.
        ...(n % 500 === 42 && { hs_merged_object_ids: [900_000_001 + n] }),
        ...(n % 10 === 0 && { newsletter__c: n % 20 === 0 ? ['gears', 'chains'] : ['chains'] }),
      },
    };
  });
}

function storeCompany(n: number, life: Lifetime): StoredRecord {
  const [createdAt, lastUpdated] = toInstants(n, life);
  const { id, ...company } = toCompany(n);
  return toStoredLazily(id, 'COMPANY', createdAt, lastUpdated, () => ({
    associations: {},
    properties: {
      ...company,
      phone: `+1617556${String(1_000 + n).padStart(4, '0')}`,
      numberofemployees: 5 + ((n * 97) % 950),
      annualrevenue: (1 + ((n * 31) % 80)) * 250_000,
      lifecyclestage: n % 9 === 0 ? 'customer' : 'lead',
      hubspot_owner_id: toContact(n).owner.id,
    },
  }));
}

function storeMatter(type: 'DEAL' | 'TICKET', matter: Matter, life: Lifetime): StoredRecord {
  const { id, contact, createdAt, closedAt, properties } = matter;
  const lastUpdated =
    closedAt ?? Math.max(createdAt, Math.min(life.settled, createdAt + 5 * DAY_MS));
  return toStoredLazily(id, type, createdAt, lastUpdated, () => {
    const person = toContact(contact);
    const closing = type === 'DEAL' ? 'closedate' : 'closed_date';
    return {
      associations: { contactIds: [person.id], companyIds: [person.company.id] },
      properties: {
        ...properties,
        [closing]: closedAt ?? (type === 'DEAL' ? createdAt + 90 * DAY_MS : undefined),
        hubspot_owner_id: person.owner.id,
      },
    };
  });
}

/** When a contact or a company was made (the first ones first), and last changed. */
function toInstants(n: number, life: Lifetime): [number, number] {
  const days =
    n < IMPORTED_CONTACTS
      ? FIRST_DAY - (n / IMPORTED_CONTACTS) * (FIRST_DAY - IMPORT_DAY)
      : IMPORT_DAY - ((n - IMPORTED_CONTACTS) / (CONTACTS - IMPORTED_CONTACTS)) * IMPORT_DAY;
  const createdAt = Math.min(life.end, life.lastDay - Math.floor(days * DAY_MS));
  return [
    createdAt,
    Math.max(createdAt, Math.min(life.settled - n, createdAt + ((n * 17) % 500) * DAY_MS)),
  ];
}

function toStoredLazily(
  id: number,
  type: string,
  createdAt: number,
  lastUpdated: number,
  read: () => object,
): StoredRecord {
  const engagement = { id, type, createdAt, lastUpdated };
  return { id: BigInt(id), type, createdAt, lastUpdated, read: () => ({ engagement, ...read() }) };
}
