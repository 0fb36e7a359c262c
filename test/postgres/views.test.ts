import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.client.query("set timezone to 'utc'");
});
afterAll(() => db.close());
beforeEach(() => db.client.query('truncate engagements'));

const VIEWS = ['calls', 'emails', 'meetings', 'notes', 'tasks'];

async function insert(id: number, type: string, metadata: object, extra = {}): Promise<void> {
  await db.client.query(
    `insert into engagements (portal_id, id, type, metadata, extra, api, content_hash, extracted_at, raw_page)
     values (7, $1, $2, $3, $4, 'v1', '', now(), '')`,
    [id, type, metadata, extra],
  );
}

/** What a view shows of the only row, without nulls and without ids. */
async function show(view: string): Promise<unknown> {
  // On Citus, a row taken straight from the view would lose the names of its columns.
  const { rows } = await db.client.query(
    `select jsonb_strip_nulls(to_jsonb(v) - 'portal_id' - 'id') as row
     from (select * from ${view} offset 0) as v`,
  );
  expect(rows.length).toBe(1);
  return rows[0].row;
}

test('calls', async () => {
  const metadata = {
    toNumber: '+1 617',
    fromNumber: '+49 30',
    status: 'COMPLETED',
    durationMilliseconds: 38_000,
    recordingUrl: 'https://recordings.example/1',
    body: '<p>Hi</p>',
    title: 'Intro',
    disposition: 'f240bbac-87c9-4f6e-bf70-924b57d47db7',
    externalId: 'CA1',
  };
  await insert(1, 'CALL', metadata, { hs_call_direction: 'OUTBOUND' });
  expect(await show('calls')).toEqual({
    title: 'Intro',
    body: '<p>Hi</p>',
    direction: 'OUTBOUND',
    status: 'COMPLETED',
    outcome: 'Connected',
    disposition: 'f240bbac-87c9-4f6e-bf70-924b57d47db7',
    duration_ms: 38_000,
    from_number: '+49 30',
    to_number: '+1 617',
    recording_url: 'https://recordings.example/1',
    external_id: 'CA1',
  });
});

test('e-mails', async () => {
  const metadata = {
    from: { email: 'a@x.example', firstName: 'Ada', lastName: 'L' },
    to: [{ email: 'b@y.example', firstName: 'B' }, { raw: 'no address' }, { email: 'c@y.example' }],
    cc: [],
    subject: 'Offer',
    html: '<b>x</b>',
    text: 'x',
    status: 'SENT',
    threadId: 12,
    messageId: '<1@x>',
    sentVia: 'GMAIL',
    loggedFrom: 'CRM',
    errorMessage: 'none',
  };
  await insert(1, 'INCOMING_EMAIL', metadata);
  expect(await show('emails')).toEqual({
    direction: 'incoming',
    subject: 'Offer',
    status: 'SENT',
    from_email: 'a@x.example',
    from_name: 'Ada L',
    to_emails: ['b@y.example', 'c@y.example'],
    cc_emails: [],
    bcc_emails: [],
    html: '<b>x</b>',
    text: 'x',
    thread_id: '12',
    message_id: '<1@x>',
    sent_via: 'GMAIL',
    logged_from: 'CRM',
    error_message: 'none',
  });
});

test('meetings', async () => {
  const metadata = {
    startTime: 1_444_223_400_781,
    endTime: 7_258_118_399_999,
    title: 'Kick-off',
    body: 'b',
    internalMeetingNotes: 'n',
    meetingOutcome: 'SCHEDULED',
    location: 'Paris',
    externalUrl: 'https://c.example',
    videoConferenceUrl: 'https://v.example',
    attendeeOwnerIds: [7],
    guestEmails: ['g@x.example'],
    iCalUid: 'u',
  };
  await insert(1, 'MEETING', metadata);
  expect(await show('meetings')).toEqual({
    title: 'Kick-off',
    body: 'b',
    internal_notes: 'n',
    outcome: 'SCHEDULED',
    starts_at: '2015-10-07T13:10:00.781+00:00',
    ends_at: '2199-12-31T23:59:59.999+00:00',
    location: 'Paris',
    external_url: 'https://c.example',
    video_conference_url: 'https://v.example',
    attendee_owner_ids: [7],
    guest_emails: ['g@x.example'],
    ical_uid: 'u',
  });
});

test('notes and tasks', async () => {
  await insert(1, 'NOTE', { body: 'n' });
  await insert(2, 'TASK', {
    subject: 's',
    body: 'b',
    status: 'COMPLETED',
    priority: 'HIGH',
    taskType: 'TODO',
    forObjectType: 'CONTACT',
    isAllDay: true,
    completionDate: 0,
    reminders: [1],
  });
  expect(await show('notes')).toEqual({ body: 'n' });
  expect(await show('tasks')).toEqual({
    subject: 's',
    body: 'b',
    status: 'COMPLETED',
    priority: 'HIGH',
    task_type: 'TODO',
    for_object_type: 'CONTACT',
    is_all_day: true,
    completed_at: '1970-01-01T00:00:00+00:00',
    reminders: [1],
  });
});

test('a list without elements is no list: one API sends it, the other does not', async () => {
  await insert(1, 'TASK', { reminders: [] });
  await insert(2, 'MEETING', { attendeeOwnerIds: [], guestEmails: [] });
  expect(await show('tasks')).toEqual({});
  expect(await show('meetings')).toEqual({});
});

test.each(
  [
    null,
    true,
    7,
    1e300,
    -1e300,
    0.5,
    9_300_000_000_000_000_000,
    'text',
    '',
    [],
    [5],
    ['text'],
    {},
    { email: 7 },
    { email: ['a'] },
    253_402_300_799_999,
    253_402_300_800_000,
  ].map((value) => ({ value })),
)('no value of any field is an error: $value', async ({ value }) => {
  const { rows } = await db.client.query(
    `select distinct m[2] as field
     from pg_views, regexp_matches(definition, '(->|->>|\\$\\.) ?''?([A-Za-z_]+)', 'g') as m
     where schemaname = 'hubspot'`,
  );
  const fields = rows.map(({ field }) => field);
  expect(fields.length).toBeGreaterThan(30);
  const all = Object.fromEntries(fields.map((field) => [field, value]));
  const types = ['CALL', 'EMAIL', 'MEETING', 'NOTE', 'TASK'];
  for (const [n, type] of types.entries()) await insert(n, type, all, all);
  const usual: Record<string, string[]> = {
    duration_ms: ['number'],
    is_all_day: ['boolean'],
    starts_at: ['number'],
    reminders: ['object'],
  };
  for (const view of VIEWS) {
    const [row] = (await db.client.query(`select * from ${view}`)).rows;
    for (const [column, kinds] of Object.entries(usual)) {
      if (column in row && (!kinds.includes(typeof value) || value === null)) {
        expect([view, column, row[column]]).toEqual([view, column, null]);
      }
    }
  }
});

test('every table, view and column explains itself', async () => {
  const { rows } = await db.client.query(
    `select c.relname::text || coalesce('.' || a.attname, '') as name
     from pg_class c
     left join lateral (select attname, attnum from pg_attribute where attrelid = c.oid and attnum > 0
       and not attisdropped union all select null, 0) as a on true
     where c.relnamespace = 'hubspot'::regnamespace and c.relkind in ('r', 'v')
       and coalesce(col_description(c.oid, nullif(a.attnum, 0)), case when a.attnum = 0 then obj_description(c.oid) end)
         is null
     order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([]);
});
