import { type Random, seededRandom } from './random.ts';

/** A letter's place in a conversation by e-mail. */
export interface Letter {
  /** Number of the conversation; the same for all of its letters. */
  thread: number;
  /** 0 for the first letter of the conversation. */
  position: number;
  /** Number of the contact. */
  contact: number;
  /** Whether the contact wrote it, or a colleague. */
  fromContact: boolean;
  /** Epoch milliseconds. */
  sentAt: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * `count` letters with so many contacts within the 400 days before `until` (epoch ms), conversation after conversation;
 * always the same.
 * Answers come after minutes, hours or days.
 */
export function planConversations(count: number, contacts: number, until: number): Letter[] {
  const random = seededRandom(26_622);
  const letters: Letter[] = [];
  for (let thread = 1; letters.length < count; thread++) {
    const contact = random.int(0, contacts - 1);
    const length = Math.min(toLength(random), count - letters.length);
    const contactBegins = random.chance(0.3);
    let sentAt = until - Math.floor((14 + 386 * random.next()) * DAY_MS);
    for (let position = 0; position < length; position++) {
      const fromContact = (position % 2 === 0) === contactBegins;
      letters.push({ thread, position, contact, fromContact, sentAt });
      sentAt += 5 * 60_000 + Math.floor(random.next() ** 4 * 36 * HOUR_MS);
    }
  }
  return letters;
}

/** A letter without an answer. */
export function toSingleLetter(
  thread: number,
  { contact, sentAt }: { contact: number; sentAt: number },
): Letter {
  return { thread, position: 0, contact, fromContact: false, sentAt };
}

function toLength(random: Random): number {
  return random.pick([1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8]);
}
