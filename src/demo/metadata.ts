import { exactNumber } from '../json.ts';
import { guid, type Random } from './random.ts';
import type { DemoType } from './schedule.ts';
import {
  type Person,
  pickSubject,
  toPerson,
  writeLetter,
  writeLines,
  writeParagraph,
} from './texts.ts';

/** What the metadata of an engagement is made for. */
export interface MetadataContext {
  id: number;
  /** Epoch milliseconds. */
  createdAt: number;
  /** The contact it is about. */
  contact: Person;
  /** The colleague it belongs to. */
  owner: Person;
}

/** HubSpot's v1 metadata: fields may be absent, never null. */
export type Metadata = Record<string, unknown>;

// In bytes half of the letters end up below 2,500 (the last paragraph overshoots), at 3,600 on average.
const LETTER_LENGTHS = [
  { share: 0.25, from: 1_024, to: 1_400 },
  { share: 0.25, from: 1_400, to: 2_200 },
  { share: 0.25, from: 2_200, to: 3_500 },
  { share: 0.17, from: 3_500, to: 7_400 },
  { share: 0.06, from: 7_400, to: 13_000 },
  { share: 0.02, from: 13_000, to: 18_000 },
];

const HOUR_MS = 3_600_000;

/**
 * The metadata of one engagement of `type`. Between them the records have every field that HubSpot documents; which
 * ones a record has is up to `random`.
 */
export function toMetadata(type: DemoType, random: Random, context: MetadataContext): Metadata {
  // Seen in recordings: an engagement that was made through the API with nothing in it.
  if (random.chance(0.004)) return {};
  switch (type) {
    case 'EMAIL':
      return toEmail(random, context);
    case 'CALL':
      return toCall(random, context);
    case 'NOTE':
      return { body: `<p>${writeLines(random)}</p>` };
    case 'TASK':
      return toTask(random, context);
    case 'PUBLISHING_TASK':
      return toPublishingTask(random);
    case 'MEETING':
      return toMeeting(random, context);
  }
}

function toEmail(random: Random, { id, createdAt, contact, owner }: MetadataContext): Metadata {
  const subject = pickSubject(random);
  const length = letterLength(random);
  const { html, paragraphs } = writeLetter(random, { to: contact, from: owner, subject, length });
  const status = random.pick(['SENT', 'SENT', 'SENT', 'BOUNCED', 'SCHEDULED']);
  return {
    from: toAddress(owner, random),
    to: [toAddress(contact, random)],
    cc: random.chance(0.2) ? [toAddress(toPerson(random.int(0, 4_000)), random)] : [],
    bcc: random.chance(0.1) ? [{ email: 'crm@bcc.example' }] : [],
    ...(random.chance(0.1) && { sender: { email: owner.email } }),
    subject,
    html,
    ...(random.chance(0.05) && { text: random.chance(0.1) ? '' : paragraphs.join('\r\n\r\n') }),
    ...(random.chance(0.8) && { status }),
    ...(random.chance(0.5) && {
      sentVia: random.pick(['GMAIL', 'OUTLOOK', 'UNKNOWN_MAIL_CLIENT']),
    }),
    ...(random.chance(0.6) && { threadId: toThreadId(random) }),
    ...(random.chance(0.7) && { messageId: `<${random.hex(24)}.${id}@mail.example>` }),
    ...(random.chance(0.6) && { loggedFrom: random.pick(['CRM', 'EMAIL', 'BCC_TO_CRM']) }),
    ...(random.chance(0.4) && { trackerKey: guid(random) }),
    attachedVideoOpened: random.chance(0.02),
    attachedVideoWatched: random.chance(0.01),
    validationSkipped: random.chance(0.05) ? ['CLICK_TRACKING', 'MAX_RECIPIENTS'] : [],
    ...(random.chance(0.3) && {
      postSendStatus: { sentAt: createdAt + random.int(0, 90_000), state: 'DONE' },
    }),
    ...(status === 'BOUNCED' && {
      errorMessage: '550 5.1.1 <"no such user">:\tmailbox\\unavailable',
      recipientDropReasons: { [contact.email]: ['HARD_BOUNCE'] },
    }),
  };
}

function toCall(random: Random, { id, createdAt, contact, owner }: MetadataContext): Metadata {
  const status = random.pick(['COMPLETED', 'COMPLETED', 'COMPLETED', 'NO_ANSWER', 'BUSY']);
  return {
    toNumber: `+1 (617) 555-0${random.int(100, 199)}`,
    fromNumber: `+4420794601${random.int(10, 99)}`,
    status,
    ...(status === 'COMPLETED' && { durationMilliseconds: random.int(4_000, 2_700_000) }),
    ...(random.chance(0.3) && {
      recordingUrl: `https://api.twilio.example/Recordings/RE${random.hex(32)}`,
    }),
    ...(random.chance(0.7) && { body: writeLines(random) }),
    ...(random.chance(0.4) && { title: `Call with ${contact.firstName} ${contact.lastName}` }),
    ...(random.chance(0.5) && {
      disposition: random.pick([
        'f240bbac-87c9-4f6e-bf70-924b57d47db7',
        '9d9162e7-6cf3-4944-bf63-4dff82258764',
        '73a0d17f-1163-4015-bdd5-ec830791da20',
      ]),
    }),
    ...(random.chance(0.2) && {
      externalId: `CA${random.hex(32)}`,
      externalAccountId: `AC${owner.contactId}-${createdAt % 1_000}`,
    }),
    ...(random.chance(0.2) && {
      calleeObjectId: contact.contactId,
      calleeObjectType: id % 2 === 0 ? 'CONTACT' : 'COMPANY',
    }),
  };
}

function toTask(random: Random, { createdAt }: MetadataContext): Metadata {
  const status = random.pick(['NOT_STARTED', 'COMPLETED', 'COMPLETED', 'WAITING', 'DEFERRED']);
  return {
    ...(random.chance(0.6) && { body: `<div>${writeParagraph(random, 2)}</div>` }),
    subject: random.pick([
      'Follow up',
      'Send the "final" quote',
      'Call back after 5\u00a0pm 📞',
      'Prépare la démo',
    ]),
    status,
    ...(random.chance(0.8) && {
      forObjectType: random.pick(['CONTACT', 'COMPANY', 'DEAL', 'OWNER']),
    }),
    ...(random.chance(0.7) && { taskType: random.pick(['TODO', 'CALL', 'EMAIL']) }),
    reminders: random.chance(0.3) ? [createdAt + random.int(1, 9) * 24 * HOUR_MS] : [],
    ...(random.chance(0.5) && { sendDefaultReminder: random.chance(0.5) }),
    ...(random.chance(0.6) && { priority: random.pick(['NONE', 'LOW', 'MEDIUM', 'HIGH']) }),
    ...(random.chance(0.5) && { isAllDay: random.chance(0.2) }),
    ...(status === 'COMPLETED' && { completionDate: createdAt + random.int(1, 500) * HOUR_MS }),
  };
}

function toPublishingTask(random: Random): Metadata {
  return {
    subject: random.pick(['Blog: five myths', 'Landing page "Spring"', 'Post on Twitter 🐦']),
    ...(random.chance(0.5) && { body: writeParagraph(random, 1) }),
    status: random.pick(['NOT_STARTED', 'COMPLETED']),
    category: random.pick(['BLOG_POST', 'LANDING_PAGE', 'SOCIAL_MEDIA', 'EMAIL', 'CUSTOM']),
    ...(random.chance(0.4) && { campaignGuid: guid(random) }),
    ...(random.chance(0.3) && { contentId: random.int(4_000_000_000, 5_900_000_000) }),
  };
}

function toMeeting(random: Random, { createdAt, contact, owner }: MetadataContext): Metadata {
  const startTime = createdAt - (createdAt % HOUR_MS) + random.int(1, 240) * HOUR_MS;
  return {
    startTime,
    endTime: startTime + random.pick([0.5, 1, 1.5]) * HOUR_MS,
    title: `${contact.company} ↔ demo`,
    ...(random.chance(0.8) && { body: writeLines(random) }),
    ...(random.chance(0.5) && { internalMeetingNotes: `<p>${writeParagraph(random, 2)}</p>` }),
    ...(random.chance(0.7) && {
      meetingOutcome: random.pick(['SCHEDULED', 'COMPLETED', 'NO_SHOW', 'CANCELED']),
    }),
    ...(random.chance(0.5) && { externalUrl: 'https://calendar.example/event?eid=YTFi&ctz=UTC' }),
    ...(random.chance(0.5) && { location: 'Café Noir, 12 rue de l’Abbé-Grégoire\n75006 Paris' }),
    ...(random.chance(0.6) && { source: 'BIDIRECTIONAL_SYNC', sourceId: random.hex(26) }),
    ...(random.chance(0.4) && { createdFromLinkId: random.int(10_000, 99_999) }),
    ...(random.chance(0.5) && {
      preMeetingProspectReminders: [{ timeUnit: 'HOURS', duration: random.int(1, 24) }],
    }),
    ...(random.chance(0.5) && { attendeeOwnerIds: [owner.contactId] }),
    ...(random.chance(0.5) && { guestEmails: [contact.email] }),
    ...(random.chance(0.6) && { iCalUid: `${random.hex(26)}@calendar.example` }),
    ...(random.chance(0.4) && {
      videoConferenceUrl: `https://meet.example/j/${random.int(1e8, 9e8)}`,
    }),
  };
}

function toAddress(person: Person, random: Random): Metadata {
  const { email, firstName, lastName } = person;
  return {
    email,
    ...(random.chance(0.7) && { firstName, lastName }),
    ...(random.chance(0.2) && { raw: `"${firstName} ${lastName}" <${email}>` }),
  };
}

/** HubSpot gives it as a string or as an integer, which may be too long for a double (Gmail's are 64 bits). */
function toThreadId(random: Random): unknown {
  const form = random.next();
  if (form < 0.5) return random.hex(16);
  if (form < 0.999) return random.int(100_000_000, 9_000_000_000);
  // No double holds it, so it is kept as its digits.
  return exactNumber(
    Infinity,
    `15${random.int(10_000_000, 99_999_999)}00000007${random.int(1, 9)}`,
  );
}

function letterLength(random: Random): number {
  let share = random.next();
  const range = LETTER_LENGTHS.find((candidate) => {
    share -= candidate.share;
    return share < 0;
  });
  return random.int(range?.from ?? 1_024, range?.to ?? 1_400);
}
