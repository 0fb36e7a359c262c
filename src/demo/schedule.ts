import { apportion, type Random, seededRandom } from './random.ts';

/** The types of the demo portal's engagements; the columns of {@link SEASONS}. */
export const DEMO_TYPES = ['EMAIL', 'CALL', 'NOTE', 'TASK', 'PUBLISHING_TASK', 'MEETING'] as const;

export type DemoType = (typeof DEMO_TYPES)[number];

/** How many engagements the whole demo portal has. */
export const DEMO_SIZE = 30_167;

/** What is fixed about an engagement before its record is made. */
export interface PlannedEngagement {
  /** Strictly ascending over the plan; beyond 2^31 for the last ones. */
  id: number;
  type: DemoType;
  /** Epoch milliseconds. */
  createdAt: number;
}

/** When a portal lived, by epoch milliseconds. */
export interface Lifetime {
  /** The midnight (UTC) before its last day. */
  lastDay: number;
  /** Nothing has happened later. */
  end: number;
  /** Nothing that was made before has been changed later. */
  settled: number;
}

const DAY_MS = 86_400_000;
// The plan is made in the years of HubSpot's old public demo portal and then moved, so that it ends on the day wanted.
const IMPORT_DAY = '2016-06-08';
const IMPORTED_EMAILS = 26_622;
const INVERSIONS = 124;
const BIG_IDS = 100;
const FIRST_BIG_ID = 274_361_144_556;

/** The life of a portal in the mix of HubSpot's old public demo portal: slow, one great import, lively at the end. */
const SEASONS = [
  { from: '2015-03-31', to: '2015-12-31', activeDays: 24, counts: [2, 6, 18, 8, 4, 3] },
  // The import day is one more.
  { from: '2016-01-01', to: '2016-06-30', activeDays: 65, counts: [20, 18, 390, 90, 9, 5] },
  { from: '2016-07-01', to: '2016-12-31', activeDays: 38, counts: [8, 10, 60, 20, 10, 4] },
  { from: '2017-01-01', to: '2017-06-30', activeDays: 58, counts: [20, 140, 110, 75, 15, 3] },
  { from: '2017-07-01', to: '2017-12-31', activeDays: 70, counts: [10, 75, 340, 42, 75, 2] },
  { from: '2018-01-01', to: '2018-02-10', activeDays: 35, counts: [8, 690, 90, 130, 4, 3] },
  { from: '2018-02-11', to: '2018-04-10', activeDays: 46, counts: [28, 318, 205, 460, 10, 7] },
];

// Records exist on these days whatever the dice say, so that the period is always the same.
const FIRST_AND_LAST = ['2015-03-31', '2018-04-10'];
const LAST_DAY = Date.parse('2018-04-10');

/** Three bursts of an importer within one UTC day, as hours. */
const IMPORT_BURSTS = [
  { from: 4.2, to: 5.6 },
  { from: 11, to: 12.2 },
  { from: 20.5, to: 21.8 },
];

/** Which id HubSpot had come to at which time. */
const ID_ANCHORS = [
  { at: Date.parse('2015-03-31'), id: 3_900_000 },
  { at: Date.parse('2016-06-08'), id: 67_900_000 },
  { at: Date.parse('2016-06-09'), id: 91_900_000 },
  { at: Date.parse('2017-05-15'), id: 334_000_000 },
  { at: Date.parse('2018-01-16'), id: 670_000_000 },
  { at: Date.parse('2018-04-11'), id: 848_000_000 },
];

/**
 * The life of a portal whose last day is that of `until`. What happened on that day happened in the first half of the time
 * up to then, and what was changed was changed two hours before: so nothing lies in the future, and a run of changes soon
 * after `until`, which begins an hour earlier, finds nothing but what has happened since.
 */
export function toLifetime(until: Date): Lifetime {
  const ms = until.getTime();
  const lastDay = Math.floor(ms / DAY_MS) * DAY_MS;
  const end = lastDay + Math.floor((ms - lastDay) / 2);
  return { lastDay, end, settled: Math.min(end, ms - DAY_MS / 12) };
}

/**
 * Ids, types and instants of a demo portal, ascending by id; always the same for the same lifetime and `size`. At
 * {@link DEMO_SIZE} the totals are exact; another size gives a portal in the same proportions.
 */
export function planEngagements(life: Lifetime, size: number = DEMO_SIZE): PlannedEngagement[] {
  const random = seededRandom(62_515);
  const shiftMs = life.lastDay - LAST_DAY;
  const [imported = 0, ...cells] = apportion(
    [IMPORTED_EMAILS, ...SEASONS.flatMap((season) => season.counts)],
    size,
  );
  const everyday = SEASONS.flatMap((season, index) => {
    const at = index * DEMO_TYPES.length;
    const isQuiet = (day: number): boolean => isWeekend(day + shiftMs);
    return planSeason(season, cells.slice(at, at + DEMO_TYPES.length), isQuiet, random);
  });
  const all = [...everyday, ...planImport(imported, random)].sort(
    (a, b) => a.createdAt - b.createdAt,
  );
  const inOrder = displace(all, everyday, (INVERSIONS * size) / DEMO_SIZE, random);
  const shareOfLastDay = (life.end - life.lastDay) / DAY_MS;
  return giveIds(inOrder, size).map(({ createdAt, ...planned }) => ({
    ...planned,
    createdAt:
      createdAt < LAST_DAY
        ? createdAt + shiftMs
        : life.lastDay + Math.floor((createdAt - LAST_DAY) * shareOfLastDay),
  }));
}

/** Whether an engagement is one of the great import, by when it was made. */
export function isImported(createdAt: number, { lastDay }: Lifetime): boolean {
  const importDay = lastDay - LAST_DAY + Date.parse(IMPORT_DAY);
  return createdAt >= importDay && createdAt < importDay + DAY_MS;
}

type Draft = Omit<PlannedEngagement, 'id'>;

function planSeason(
  season: (typeof SEASONS)[number],
  counts: readonly number[],
  isQuiet: (day: number) => boolean,
  random: Random,
): Draft[] {
  const types = shuffle(
    DEMO_TYPES.flatMap((type, column) => Array<DemoType>(counts[column] ?? 0).fill(type)),
    random,
  );
  const days = pickDays(season, Math.min(season.activeDays, types.length), isQuiet, random);
  // The cube makes a few days very busy and many quiet.
  const urn = days.flatMap((day) =>
    Array<number>(Math.ceil((isQuiet(day) ? 4 : 40) * random.next() ** 3)).fill(day),
  );
  return types.map((type, index) => ({
    type,
    createdAt: (days[index] ?? random.pick(urn.length > 0 ? urn : days)) + timeOfDay(random),
  }));
}

/** `count` days of a season as epoch milliseconds, mostly working days. */
function pickDays(
  { from, to }: { from: string; to: string },
  count: number,
  isQuiet: (day: number) => boolean,
  random: Random,
): number[] {
  const days: { day: number; rank: number }[] = [];
  for (let day = Date.parse(from); day <= Date.parse(to); day += DAY_MS) {
    const name = new Date(day).toISOString().slice(0, 10);
    const rank = random.next() * (isQuiet(day) ? 0.4 : 1);
    if (name !== IMPORT_DAY) days.push({ day, rank: FIRST_AND_LAST.includes(name) ? 2 : rank });
  }
  return days
    .sort((a, b) => b.rank - a.rank)
    .slice(0, count)
    .map(({ day }) => day);
}

function isWeekend(day: number): boolean {
  return [0, 6].includes(new Date(day).getUTCDay());
}

/** Milliseconds after midnight UTC: American office hours mostly, so that time zones matter to daily counts. */
function timeOfDay(random: Random): number {
  const hour = random.chance(0.85) ? random.int(13, 22) : random.int(0, 23);
  return hour * 3_600_000 + random.int(0, 3_599_999);
}

function planImport(count: number, random: Random): Draft[] {
  return Array.from({ length: count }, () => {
    const { from, to } = random.pick(IMPORT_BURSTS);
    const hour = from + random.next() * (to - from);
    return { type: 'EMAIL', createdAt: Date.parse(IMPORT_DAY) + Math.floor(hour * 3_600_000) };
  });
}

/**
 * Moves `count` of the `everyday` records of `all` (ascending by createdAt) a few places up. They are so far apart
 * that each makes exactly one place where createdAt falls while the id rises.
 */
function displace(all: Draft[], everyday: Draft[], count: number, random: Random): Draft[] {
  const movers = new Set<Draft>();
  const step = Math.floor(everyday.length / Math.max(1, Math.round(count)));
  const ascending = [...everyday].sort((a, b) => a.createdAt - b.createdAt);
  for (let n = 0; n < Math.round(count); n++) {
    movers.add(ascending[n * step + (step >> 2)] as Draft);
  }
  return all
    .map((draft, place) => ({
      draft,
      place: movers.has(draft) ? place + random.int(2, step - 8) + 0.5 : place,
    }))
    .sort((a, b) => a.place - b.place)
    .map(({ draft }) => draft);
}

function giveIds(drafts: Draft[], size: number): PlannedEngagement[] {
  const firstBig = drafts.length - Math.ceil((BIG_IDS * size) / DEMO_SIZE);
  let id = 0;
  return drafts.map((draft, index) => {
    const wanted =
      index < firstBig ? idAt(draft.createdAt) : FIRST_BIG_ID + (index - firstBig) * 1_117;
    id = Math.max(id + 1, wanted);
    return { id, ...draft };
  });
}

function idAt(instant: number): number {
  const next = ID_ANCHORS.findIndex(({ at }) => at > instant);
  const [a, b] = [ID_ANCHORS[next - 1], ID_ANCHORS[next]];
  if (a === undefined || b === undefined) throw new RangeError(`no id for ${instant}`);
  return Math.floor(a.id + ((instant - a.at) / (b.at - a.at)) * (b.id - a.id));
}

function shuffle<T>(list: T[], random: Random): T[] {
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.int(0, last);
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}
