import { exactNumber } from '../json.ts';
import type { Letter } from './conversations.ts';
import { type Contact, OWN_COMPANY, OWN_NUMBER, type Owner, pickColleague } from './people.ts';
import { guid, type Random, seededRandom } from './random.ts';
import type { DemoType } from './schedule.ts';
import { SUBJECTS, type Writer, writeLetter, writeLines, writeParagraph } from './texts.ts';

/** What the metadata of an engagement is made for. */
export interface MetadataContext {
  id: number;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Nothing has happened later, epoch milliseconds. */
  end: number;
  /** The contact it is about. */
  contact: Contact;
  /** The colleague it belongs to. */
  owner: Owner;
  letter: Letter;
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

/** HubSpot's own call dispositions, and how long such calls take, in seconds; how often they happen in 100 calls. */
const DISPOSITIONS = [
  {
    label: 'Connected',
    id: 'f240bbac-87c9-4f6e-bf70-924b57d47db7',
    status: 'COMPLETED',
    from: 45,
    to: 1_500,
    share: 46,
  },
  {
    label: 'No answer',
    id: '73a0d17f-1163-4015-bdd5-ec830791da20',
    status: 'NO_ANSWER',
    from: 12,
    to: 35,
    share: 24,
  },
  {
    label: 'Left voicemail',
    id: 'b2cf5968-551e-4856-9783-52b3da59a7d0',
    status: 'COMPLETED',
    from: 18,
    to: 75,
    share: 14,
  },
  {
    label: 'Busy',
    id: '9d9162e7-6cf3-4944-bf63-4dff82258764',
    status: 'BUSY',
    from: 2,
    to: 8,
    share: 8,
  },
  {
    label: 'Left live message',
    id: 'a4c4c377-d246-4b32-a13b-75a56a4cd0ff',
    status: 'COMPLETED',
    from: 30,
    to: 140,
    share: 6,
  },
  {
    label: 'Wrong number',
    id: '17b47fee-58de-441e-a44c-c6300d46f273',
    status: 'COMPLETED',
    from: 8,
    to: 30,
    share: 2,
  },
];

const DISPOSITION_URN = DISPOSITIONS.flatMap((one) => Array<typeof one>(one.share).fill(one));

/** The options of a call's disposition. */
export const DISPOSITION_OPTIONS: readonly { value: string; label: string }[] = DISPOSITIONS.map(
  ({ id, label }) => ({ value: id, label }),
);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

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

function toEmail(
  random: Random,
  { id, createdAt, contact, owner, letter }: MetadataContext,
): Metadata {
  const conversation = seededRandom(letter.thread);
  const about = conversation.pick(SUBJECTS);
  const subject = letter.position === 0 ? about : `Re: ${about}`;
  const them = { ...contact, company: contact.company.name };
  const us = { ...owner, company: OWN_COMPANY };
  const [from, to] = letter.fromContact ? [them, us] : [us, them];
  const length = letterLength(random);
  const { html, paragraphs } = writeLetter(random, { to, from, subject, length });
  const status = letter.fromContact || random.chance(0.97) ? 'SENT' : 'BOUNCED';
  return {
    from: toAddress(from, random),
    to: [toAddress(to, random)],
    cc: random.chance(0.2)
      ? [toAddress({ ...pickColleague(contact, random), company: them.company }, random)]
      : [],
    bcc: random.chance(0.1) ? [{ email: 'crm@bcc.example' }] : [],
    ...(random.chance(0.1) && { sender: { email: from.email } }),
    subject,
    html,
    ...(random.chance(0.05) && { text: random.chance(0.1) ? '' : paragraphs.join('\r\n\r\n') }),
    ...(random.chance(0.8) && { status }),
    ...(random.chance(0.5) && {
      sentVia: random.pick(['GMAIL', 'OUTLOOK', 'UNKNOWN_MAIL_CLIENT']),
    }),
    ...(random.chance(0.95) && { threadId: toThreadId(conversation) }),
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
      recipientDropReasons: { [to.email]: ['HARD_BOUNCE'] },
    }),
  };
}

function toCall(random: Random, { id, createdAt, contact, owner }: MetadataContext): Metadata {
  const result = random.pick(DISPOSITION_URN);
  const seconds = result.from + (result.to - result.from) * random.next() ** 3;
  // Who calls us gets through.
  const isInbound = result.label === 'Connected' && random.chance(0.3);
  const [fromNumber, toNumber] = isInbound
    ? [contact.phone, OWN_NUMBER]
    : [OWN_NUMBER, contact.phone];
  return {
    toNumber,
    fromNumber,
    status: result.status,
    ...(result.status === 'COMPLETED' && { durationMilliseconds: Math.floor(seconds * 1_000) }),
    ...(result.label === 'Connected' &&
      random.chance(0.5) && {
        recordingUrl: `https://api.twilio.example/Recordings/RE${random.hex(32)}`,
      }),
    ...(random.chance(0.7) && { body: writeLines(random) }),
    ...(random.chance(0.4) && { title: `Call with ${contact.firstName} ${contact.lastName}` }),
    ...(random.chance(0.9) && { disposition: result.id }),
    ...(random.chance(0.2) && {
      externalId: `CA${random.hex(32)}`,
      externalAccountId: `AC${owner.id}-${createdAt % 1_000}`,
    }),
    ...(random.chance(0.2) && {
      calleeObjectId: id % 2 === 0 ? contact.id : contact.company.id,
      calleeObjectType: id % 2 === 0 ? 'CONTACT' : 'COMPANY',
    }),
  };
}

function toTask(random: Random, { createdAt, end }: MetadataContext): Metadata {
  const doneAt = createdAt + Math.floor(random.next() ** 2 * 20 * DAY_MS);
  const isDone = doneAt < end && random.chance(0.85);
  return {
    ...(random.chance(0.6) && { body: `<div>${writeParagraph(random, 2)}</div>` }),
    subject: random.pick([
      'Follow up',
      'Send the "final" quote',
      'Call back after 5\u00a0pm 📞',
      'Prépare la démo',
    ]),
    status: isDone
      ? 'COMPLETED'
      : random.pick(['NOT_STARTED', 'NOT_STARTED', 'IN_PROGRESS', 'WAITING', 'DEFERRED']),
    ...(random.chance(0.8) && {
      forObjectType: random.pick(['CONTACT', 'COMPANY', 'DEAL', 'OWNER']),
    }),
    ...(random.chance(0.7) && { taskType: random.pick(['TODO', 'CALL', 'EMAIL']) }),
    reminders: random.chance(0.3) ? [createdAt + random.int(1, 9) * DAY_MS] : [],
    ...(random.chance(0.5) && { sendDefaultReminder: random.chance(0.5) }),
    ...(random.chance(0.6) && { priority: random.pick(['NONE', 'LOW', 'MEDIUM', 'HIGH']) }),
    ...(random.chance(0.5) && { isAllDay: random.chance(0.2) }),
    ...(isDone && { completionDate: doneAt }),
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

function toMeeting(random: Random, { createdAt, end, contact, owner }: MetadataContext): Metadata {
  const startTime = createdAt - (createdAt % HOUR_MS) + random.int(1, 240) * HOUR_MS;
  const endTime = startTime + random.pick([30, 60, 90]) * MINUTE_MS;
  const outcome =
    endTime > end
      ? 'SCHEDULED'
      : random.pick(['COMPLETED', 'COMPLETED', 'COMPLETED', 'NO_SHOW', 'CANCELED', 'RESCHEDULED']);
  return {
    startTime,
    endTime,
    title: `${contact.company.name} ↔ demo`,
    ...(random.chance(0.8) && { body: writeLines(random) }),
    ...(random.chance(0.5) && { internalMeetingNotes: `<p>${writeParagraph(random, 2)}</p>` }),
    ...(random.chance(0.9) && { meetingOutcome: outcome }),
    ...(random.chance(0.5) && { externalUrl: 'https://calendar.example/event?eid=YTFi&ctz=UTC' }),
    ...(random.chance(0.5) && { location: 'Café Noir, 12 rue de l’Abbé-Grégoire\n75006 Paris' }),
    ...(random.chance(0.6) && { source: 'BIDIRECTIONAL_SYNC', sourceId: random.hex(26) }),
    ...(random.chance(0.4) && { createdFromLinkId: random.int(10_000, 99_999) }),
    ...(random.chance(0.5) && {
      preMeetingProspectReminders: [{ timeUnit: 'HOURS', duration: random.int(1, 24) }],
    }),
    ...(random.chance(0.5) && { attendeeOwnerIds: [owner.id] }),
    ...(random.chance(0.5) && { guestEmails: [contact.email] }),
    ...(random.chance(0.6) && { iCalUid: `${random.hex(26)}@calendar.example` }),
    ...(random.chance(0.4) && {
      videoConferenceUrl: `https://meet.example/j/${random.int(1e8, 9e8)}`,
    }),
  };
}

function toAddress({ email, firstName, lastName }: Writer, random: Random): Metadata {
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
