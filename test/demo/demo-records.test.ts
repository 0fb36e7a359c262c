import { describe, expect, test } from 'vitest';
import { type DemoRecord, demoEngagements } from '../../src/demo/demo-engagements.ts';
import { makeDemoRecords } from '../../src/demo/demo-records.ts';
import { DISPOSITION_OPTIONS } from '../../src/demo/metadata.ts';
import { OWNERS } from '../../src/demo/people.ts';
import { planEngagements, toLifetime } from '../../src/demo/schedule.ts';
import { readParts } from '../../src/demo/stored-record.ts';

const UNTIL = new Date('2026-11-24T15:00:00Z');
const life = toLifetime(UNTIL);
const world = { life, records: makeDemoRecords(life) };
const { contacts, companies, deals, tickets } = world.records.stored;
// Every tenth of the imported e-mails, and everything else.
const stored = demoEngagements(world).filter(({ type }, n) => type !== 'EMAIL' || n % 10 === 0);
const records = stored.map((one) => one.read() as DemoRecord);
const ofType = (type: string) => records.filter(({ engagement }) => engagement.type === type);

describe('the dates of the demo portal', () => {
  const days = [
    '2026-11-23',
    '2026-11-24',
    '2026-11-25',
    '2026-11-26',
    '2026-11-27',
    '2026-11-28',
    '2026-11-29',
  ];
  test.each(days)('end on %s, with the same mix, none of them later than the first run', (day) => {
    for (const time of ['00:00:01', '01:30:00', '23:59:59']) {
      const until = Date.parse(`${day}T${time}Z`);
      const plan = planEngagements(toLifetime(new Date(until)));
      const instants = plan.map(({ createdAt }) => createdAt);
      const counts = Map.groupBy(instants, (ms) => new Date(ms).toISOString().slice(0, 10));
      expect([...counts.keys()].sort().at(-1)).toBe(day);
      expect(Math.max(...instants)).toBeLessThanOrEqual(until);
      expect(counts.size).toBe(337);
      const importDay = new Date(Date.parse(day) - 671 * 86_400_000).toISOString().slice(0, 10);
      expect(counts.get(importDay)).toHaveLength(26_622);
      expect(plan.filter(({ type }) => type === 'CALL')).toHaveLength(1_257);
    }
  });

  test('leave weekends quiet', () => {
    const everyday = planEngagements(life).filter(
      ({ createdAt }) => createdAt > life.lastDay - 600 * 86_400_000,
    );
    const atWeekends = everyday.filter(({ createdAt }) =>
      [0, 6].includes(new Date(createdAt).getUTCDay()),
    );
    expect(atWeekends.length / everyday.length).toBeLessThan(0.1);
  });

  test('are settled an hour before the first run', () => {
    const late = stored.filter(({ lastUpdated }) => lastUpdated > UNTIL.getTime() - 3_600_000);
    expect(late).toEqual([]);
  });
});

test('every contact, company, deal, ticket and owner of an engagement exists, and deals and tickets were there', () => {
  const ids = (list: typeof contacts) =>
    new Map(list.map(({ id, createdAt }) => [Number(id), createdAt]));
  const known = {
    contactIds: ids(contacts),
    companyIds: ids(companies),
    dealIds: ids(deals),
    ticketIds: ids(tickets),
    ownerIds: new Map(OWNERS.map(({ id }) => [id, 0])),
  };
  for (const [kind, existing] of Object.entries(known)) {
    const used = records.flatMap(({ associations, engagement }) =>
      (associations[kind] ?? []).map((id) => ({ id, at: engagement.createdAt })),
    );
    expect(used.length, kind).toBeGreaterThan(50);
    expect(
      used.filter(({ id }) => !existing.has(id)),
      kind,
    ).toEqual([]);
    if (kind === 'dealIds' || kind === 'ticketIds') {
      expect(
        used.filter(({ id, at }) => (existing.get(id) ?? 0) > at),
        kind,
      ).toEqual([]);
    }
  }
  const owners = new Set(records.map(({ engagement }) => engagement['ownerId']));
  expect([...owners].filter((id) => id !== undefined).sort()).toEqual(OWNERS.map(({ id }) => id));
});

test('contacts have addresses of their own, deals the stage that goes with their dates', () => {
  const properties = (list: typeof contacts) => list.map((one) => readParts(one).properties);
  const emails = properties(contacts).map(({ email }) => email);
  expect(new Set(emails).size).toBe(4_001);
  expect(new Set(properties(companies).map(({ domain }) => domain)).size).toBe(611);
  const stages = Object.groupBy(properties(deals), ({ dealstage }) => String(dealstage));
  expect(Object.keys(stages)).toHaveLength(7);
  for (const deal of [...(stages['closedwon'] ?? []), ...(stages['closedlost'] ?? [])]) {
    expect(deal['closedate']).toBeLessThanOrEqual(life.end);
  }
});

test('calls last as long as their outcome says', () => {
  const labels = new Map(DISPOSITION_OPTIONS.map(({ value, label }) => [value, label]));
  const calls = ofType('CALL').map(({ metadata }) => ({
    label: labels.get(String(metadata['disposition'])),
    minutes: Number(metadata['durationMilliseconds'] ?? 0) / 60_000,
  }));
  const longest = (label: string) =>
    Math.max(...calls.filter((call) => call.label === label).map(({ minutes }) => minutes));
  expect([longest('No answer'), longest('Busy')]).toEqual([0, 0]);
  expect(longest('Left voicemail')).toBeLessThan(1.5);
  expect(longest('Connected')).toBeGreaterThan(10);
});

test('tasks and meetings are done when that lies in the past', () => {
  for (const { metadata } of ofType('TASK')) {
    expect(metadata['status'] === 'COMPLETED').toBe(metadata['completionDate'] !== undefined);
    if (metadata['completionDate']) expect(metadata['completionDate']).toBeLessThan(life.end);
  }
  for (const { metadata } of ofType('MEETING')) {
    if (metadata['meetingOutcome'] !== 'SCHEDULED') continue;
    expect(metadata['endTime']).toBeGreaterThan(life.end);
  }
});

test('e-mails are conversations: one subject, one contact, from both sides, one after the other', () => {
  const letters = demoEngagements(world)
    .filter(({ type }) => type === 'EMAIL')
    .slice(100, 3_000)
    .map((one) => one.read() as DemoRecord)
    .filter(({ metadata }) => metadata['threadId'] !== undefined);
  const threads = Map.groupBy(letters, ({ metadata }) => JSON.stringify(metadata['threadId']));
  const long = [...threads.values()].filter((thread) => thread.length > 2);
  expect(long.length).toBeGreaterThan(200);
  let oneSided = 0;
  for (const thread of long) {
    const subjects = new Set(
      thread.map(({ metadata }) => String(metadata['subject']).replace(/^Re: /, '')),
    );
    expect(subjects.size).toBe(1);
    const sent = thread.map(({ engagement }) => engagement.timestamp);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    const senders = new Set(
      thread.map(({ metadata }) => (metadata['from'] as { email: string }).email),
    );
    if (senders.size === 1) oneSided++;
  }
  // Of some a letter is missing, as some have no thread id.
  expect(oneSided / long.length).toBeLessThan(0.05);
});
