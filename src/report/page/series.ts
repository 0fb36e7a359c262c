import { toCounted } from '../../terminal/text.ts';
import { toVisible } from '../../terminal/visible-text.ts';
import type { Report } from '../report.ts';
import { countType } from '../table-columns.ts';

/** What has one colour, one card and one column: a type, or all the small ones together. */
export interface Series {
  /** In people's words, to be escaped. */
  words: string;
  /** HubSpot's name; null for several types. */
  type: string | null;
  /** The number of its colour in style.css. */
  colour: number;
  /** Which of the report's types it counts. */
  types: number[];
  /** Engagements over all days shown. */
  total: number;
}

/** More are not told apart, and find no room in a table. */
const MOST_SERIES = 9;

/** What people call HubSpot's types. Their order is that of the colours `.c0` … in style.css. */
const WORDS: Record<string, string> = {
  EMAIL: 'E-mails sent',
  INCOMING_EMAIL: 'E-mails received',
  FORWARDED_EMAIL: 'E-mails forwarded',
  CALL: 'Calls',
  MEETING: 'Meetings',
  NOTE: 'Notes',
  TASK: 'Tasks',
  PUBLISHING_TASK: 'Marketing tasks',
  SMS: 'Text messages',
  WHATS_APP: 'WhatsApp messages',
  LINKEDIN_MESSAGE: 'LinkedIn messages',
  COMMUNICATION: 'Other messages',
  POSTAL_MAIL: 'Letters',
  CONVERSATION_SESSION: 'Chats',
};

const KNOWN = Object.keys(WORDS);

/** How many colours there are for types that have no words, after those for the types that have. */
const SPARE_COLOURS = 4;

/** The colour of several types together. */
const REST_COLOUR = KNOWN.length + SPARE_COLOURS;

/** A type in people's words; one that is not known by its own name, with nothing in it that would act on a terminal. */
function toTypeWords(type: string): string {
  return Object.hasOwn(WORDS, type) ? (WORDS[type] as string) : toVisible(type);
}

/**
 * The number of a type's colour, the same in every report. Types without words share a few spare colours by their
 * names: one that is among `taken` is passed over, and {@link REST_COLOUR} is left when all are.
 */
function toColour(type: string, taken: readonly number[]): number {
  const known = KNOWN.indexOf(type);
  if (known !== -1) return known;
  const start = [...type].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  for (let step = 0; step < SPARE_COLOURS; step++) {
    const colour = KNOWN.length + ((start + step) % SPARE_COLOURS);
    if (!taken.includes(colour)) return colour;
  }
  return REST_COLOUR;
}

/** The types that have engagements, the most frequent first; those that find no colour or no room share the last. */
export function pickSeries(report: Report): Series[] {
  const types = report.types
    .map((type, index) => ({ type, index, total: countType(report, index) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
  const series: Series[] = [];
  const rest: typeof types = [];
  for (const [rank, { type, index, total }] of types.entries()) {
    const colour = toColour(
      type,
      series.map((each) => each.colour),
    );
    const hasRoom = rank < MOST_SERIES - 1 || types.length <= MOST_SERIES;
    if (colour === REST_COLOUR || !hasRoom) rest.push({ type, index, total });
    else series.push({ words: toTypeWords(type), type, colour, types: [index], total });
  }
  if (rest.length === 0) return series;
  const only = rest.length === 1 ? (rest[0]?.type ?? null) : null;
  series.push({
    words: only === null ? toCounted(rest.length, 'other types') : toTypeWords(only),
    type: only,
    colour: REST_COLOUR,
    types: rest.map(({ index }) => index),
    total: rest.reduce((sum, { total }) => sum + total, 0),
  });
  return series;
}
