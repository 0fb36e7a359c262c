import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type DemoRecord, demoEngagements } from '../../src/demo/demo-engagements.ts';
import { makeDemoRecords } from '../../src/demo/demo-records.ts';
import { planEngagements, toLifetime } from '../../src/demo/schedule.ts';
import { isRawNumber } from '../../src/json.ts';

const life = toLifetime(new Date('2018-04-10T23:59:59.999Z'));
const world = { life, records: makeDemoRecords(life) };
const plan = planEngagements(life);
const dayOf = (instant: number) => new Date(instant).toISOString().slice(0, 10);

// Fields as HubSpot documents them; PUBLISHING_TASK is documented nowhere.
const METADATA_FIELDS = {
  NOTE: 'body',
  EMAIL:
    'from to cc bcc sender subject html text status sentVia threadId messageId loggedFrom trackerKey ' +
    'attachedVideoOpened attachedVideoWatched validationSkipped postSendStatus errorMessage recipientDropReasons',
  CALL:
    'toNumber fromNumber status durationMilliseconds recordingUrl body title disposition externalId ' +
    'externalAccountId calleeObjectId calleeObjectType',
  MEETING:
    'startTime endTime title body internalMeetingNotes meetingOutcome externalUrl location source sourceId ' +
    'createdFromLinkId preMeetingProspectReminders attendeeOwnerIds guestEmails iCalUid videoConferenceUrl',
  TASK: 'body subject status forObjectType taskType reminders sendDefaultReminder priority isAllDay completionDate',
};

describe('the plan of the demo portal', () => {
  test('has the totals of each type', () => {
    const totals = Object.groupBy(plan, ({ type }) => type);
    expect(Object.fromEntries(Object.entries(totals).map(([type, list]) => [type, list.length])))
      // biome-ignore format: one line reads as the table it is
      .toEqual({
      EMAIL: 26_718,
      CALL: 1_257,
      NOTE: 1_213,
      TASK: 825,
      PUBLISHING_TASK: 127,
      MEETING: 27,
    });
    expect(plan).toHaveLength(30_167);
  });

  test('imports 26,622 e-mails and nothing else on one of its 337 days', () => {
    const days = Map.groupBy(plan, ({ createdAt }) => dayOf(createdAt));
    const imported = days.get('2016-06-08') ?? [];
    expect(imported).toHaveLength(26_622);
    expect(imported.every(({ type }) => type === 'EMAIL')).toBe(true);
    expect(days.size).toBe(337);
    expect([...days.keys()].sort().at(0)).toBe('2015-03-31');
    expect([...days.keys()].sort().at(-1)).toBe('2018-04-10');
  });

  test('ascends strictly by id, while createdAt falls at 124 places', () => {
    const pairs = plan.slice(1).map((next, index) => ({ previous: plan[index] ?? next, next }));
    expect(pairs.every(({ previous, next }) => next.id > previous.id)).toBe(true);
    expect(pairs.filter(({ previous, next }) => next.createdAt < previous.createdAt)).toHaveLength(
      124,
    );
    expect(plan[0]?.id).toBe(4_008_008);
    expect(plan.filter(({ id }) => id > 2 ** 31)).toHaveLength(100);
  });

  test('has every type in its last 30 days', () => {
    const last = plan.filter(({ createdAt }) => createdAt >= Date.parse('2018-03-12'));
    expect(new Set(last.map(({ type }) => type)).size).toBe(6);
    expect(last.length).toBeGreaterThan(500);
  });

  test.each([0, 1, 7, 500, 1_000])('can have %i engagements', (size) => {
    const small = planEngagements(life, size);
    expect(small).toHaveLength(size);
    expect(new Set(small.map(({ id }) => id)).size).toBe(size);
  });
});

describe('the records of the demo portal', () => {
  const records = demoEngagements(world).map((stored) => stored.read() as DemoRecord);

  test('are the same for ever', () => {
    const page = demoEngagements(world).slice(28_000, 28_250);
    const text = JSON.stringify(page.map((stored) => stored.read()));
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '637aa5c769c76a67e7b78325233f0d14e8597002a5d862e8ccd84efa6317090d',
    );
    expect(JSON.stringify(page.map((stored) => stored.read()))).toBe(text);
  });

  test('agree with the plan', () => {
    expect(
      records.map(({ engagement: { id, type, createdAt } }) => ({ id, type, createdAt })),
    ).toEqual(plan);
    expect(new Set(records.map(({ engagement }) => engagement.portalId))).toEqual(
      new Set([62_515]),
    );
  });

  test.each(Object.entries(METADATA_FIELDS))('have every documented field of %s', (type, names) => {
    const seen = new Set(
      records
        .filter(({ engagement }) => engagement.type === type)
        .flatMap(({ metadata }) => Object.keys(metadata)),
    );
    expect([...seen].sort()).toEqual(names.split(' ').sort());
  });

  test('have every documented field of an engagement, kind of association, attachments and reminders', () => {
    const keysOf = (part: (record: DemoRecord) => object) =>
      [...new Set(records.flatMap((record) => Object.keys(part(record))))].sort();
    expect(keysOf(({ engagement }) => engagement)).toEqual(
      (
        'id portalId active createdAt lastUpdated createdBy modifiedBy ownerId type uid timestamp teamId source sourceId ' +
        'activityType gdprDeleted allAccessibleTeamIds queueMembershipIds bodyPreview bodyPreviewIsTruncated bodyPreviewHtml'
      )
        .split(' ')
        .sort(),
    );
    const always = ['companyIds', 'contactIds', 'dealIds', 'ownerIds', 'workflowIds'];
    expect(records.every(({ associations }) => always.every((kind) => associations[kind]))).toBe(
      true,
    );
    const filled = (kind: string) => records.some((record) => record.associations[kind]?.length);
    const rare =
      'ticketIds contentIds quoteIds marketingEventIds partnerClientIds orderIds cartIds';
    expect([...always, ...rare.split(' ')].filter((kind) => !filled(kind))).toEqual([]);
    expect(records.some(({ attachments }) => attachments === undefined)).toBe(true);
    expect(records.some(({ attachments }) => attachments?.length === 3)).toBe(true);
    expect(records.some(({ scheduledTasks }) => scheduledTasks?.length)).toBe(true);
    expect(records.some(({ metadata }) => Object.keys(metadata).length === 0)).toBe(true);
  });

  test('hold no null', () => {
    const hasNull = (value: unknown): boolean =>
      value === null || (typeof value === 'object' && Object.values(value).some(hasNull));
    // A number too long for a double is an object of its own kind.
    expect(
      records.filter((record) => !isRawNumber(record.metadata['threadId']) && hasNull(record)),
    ).toEqual([]);
  });

  test('were updated after they were made in a third of the cases', () => {
    const later = records.filter(
      ({ engagement }) => engagement.lastUpdated > engagement.createdAt,
    ).length;
    expect(later / records.length).toBeCloseTo(1 / 3, 1);
    expect(records.every(({ engagement }) => engagement.lastUpdated >= engagement.createdAt)).toBe(
      true,
    );
  });

  test('have letters of 1 to 20 KB, 2.5 KB in the middle', () => {
    const sizes = records
      .flatMap(({ metadata: { html } }) => (typeof html === 'string' ? [html] : []))
      .map((html) => Buffer.byteLength(html))
      .sort((a, b) => a - b);
    expect(sizes[0]).toBeGreaterThanOrEqual(1_024);
    expect(sizes.at(-1)).toBeLessThanOrEqual(20 * 1_024);
    expect(Math.round((sizes[sizes.length >> 1] ?? 0) / 100)).toBe(25);
  });

  test('hold what breaks a careless load, and no broken text', () => {
    const some = records.filter(({ engagement }, n) => engagement.type !== 'EMAIL' || n % 10 === 0);
    const text = some.map((record) => JSON.stringify(record)).join('');
    for (const trap of [
      '\\r\\n',
      '\\t',
      '\\n\\\\.\\n',
      '\\\\N-0042',
      '👩‍💻',
      '\u2028',
      '“',
      'محمد',
    ]) {
      expect(text, trap).toContain(trap);
    }
    expect(text).not.toMatch(/\\u(?:d[89a-f]|0000)/);
  });

  test('have thread ids as strings, integers, and integers beyond 2^53', () => {
    const forms = records.map(({ metadata: { threadId } }) =>
      isRawNumber(threadId) ? 'long' : typeof threadId,
    );
    expect(new Set(forms)).toEqual(new Set(['undefined', 'string', 'number', 'long']));
    const long = records.find(({ metadata }) => isRawNumber(metadata['threadId']));
    expect(JSON.stringify(long)).toMatch(/"threadId":15\d{17},/);
  });
});
