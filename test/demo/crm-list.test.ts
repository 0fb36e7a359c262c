import { afterEach, describe, expect, test } from 'vitest';
import { exactNumber } from '../../src/json.ts';
import { ask, askJson, record } from '../portal/ask.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';

let portal: Portal;
const start = async (options: PortalOptions) => {
  portal = await startPortal(options);
};
afterEach(() => portal.close());

const OBJECTS = '/crm/objects/2026-09';
const LIFE = '2017-07-14T02:40:00.000Z';

/** As the API returns a record of {@link record} with nothing asked for. */
const plain = (id: number, properties: Record<string, unknown> = {}) => ({
  id: String(id),
  properties: {
    hs_createdate: LIFE,
    hs_lastmodifieddate: LIFE,
    hs_object_id: String(id),
    ...properties,
  },
  createdAt: LIFE,
  updatedAt: LIFE,
  archived: false,
});

const propertiesOf = async (type: string, names: string) => {
  const page = await askJson(portal, `${OBJECTS}/${type}?properties=${names}`);
  const { hs_createdate: _, hs_lastmodifieddate: __, ...rest } = page.results[0].properties;
  return rest;
};

describe('paging', () => {
  test('the last page has no paging; with nothing asked for there are three properties', async () => {
    await start({ engagements: [record(1), record(2, { type: 'CALL' }), record(3)] });
    const { text } = await ask(portal, `${OBJECTS}/notes`);
    expect(text).toBe(
      '{"results":[' +
        `{"id":"1","properties":{"hs_createdate":"${LIFE}","hs_lastmodifieddate":"${LIFE}","hs_object_id":"1"},"createdAt":"${LIFE}","updatedAt":"${LIFE}","archived":false},` +
        `{"id":"3","properties":{"hs_createdate":"${LIFE}","hs_lastmodifieddate":"${LIFE}","hs_object_id":"3"},"createdAt":"${LIFE}","updatedAt":"${LIFE}","archived":false}` +
        ']}',
    );
  });

  test('after is the id of the next record of the type, and the link carries on the question', async () => {
    await start({ engagements: [record(1), record(3), record(5, { type: 'CALL' }), record(8)] });
    const query = 'limit=2&properties=hs_note_body%2Chs_timestamp';
    const { text } = await ask(portal, `${OBJECTS}/notes?${query}`);
    expect(text.slice(text.indexOf(',"paging"'))).toBe(
      `,"paging":{"next":{"after":"8","link":"${portal.url}${OBJECTS}/notes?${query}&after=8"}}}`,
    );
    expect(await askJson(portal, `${OBJECTS}/notes?limit=2&after=8`)).toEqual({
      results: [plain(8)],
    });
  });

  test('any id serves as a cursor; beyond the last one lies nothing', async () => {
    await start({ engagements: [record(1), record(3), record(8)] });
    const page = await askJson(portal, `${OBJECTS}/notes?after=2&limit=1`);
    expect([page.results, page.paging.next.after]).toEqual([[plain(3)], '8']);
    expect(await askJson(portal, `${OBJECTS}/notes?after=9`)).toEqual({ results: [] });
  });

  test('a page has 10 records by default and 100 at most', async () => {
    await start({ size: 500 });
    expect((await askJson(portal, `${OBJECTS}/emails`)).results).toHaveLength(10);
    expect((await askJson(portal, `${OBJECTS}/emails?limit=100`)).results).toHaveLength(100);
    const refused = await ask(portal, `${OBJECTS}/emails?limit=101`);
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      400,
      {
        status: 'error',
        message: 'Page size must be less than or equal to 100, got 101',
        correlationId: refused.headers['x-hubspot-correlation-id'],
        category: 'VALIDATION_ERROR',
      },
    ]);
  });

  test('the seven lists hold every record of the demo portal but publishing tasks, each once', async () => {
    await start({ size: 3_000, rateLimit: { max: 1_000 } });
    const ids: string[] = [];
    for (const type of 'calls,communications,emails,meetings,notes,postal_mail,tasks'.split(',')) {
      for (let after: string | undefined = '0'; after !== undefined; ) {
        const page = await askJson(portal, `${OBJECTS}/${type}?limit=100&after=${after}`);
        ids.push(...page.results.map(({ id }: { id: string }) => id));
        after = page.paging?.next.after;
      }
    }
    const expected = portal.store
      .after(0, 3_000)
      .records.filter(({ type }) => type !== 'PUBLISHING_TASK')
      .map(({ id }) => String(id));
    expect(ids.toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeLessThan(3_000);
  });
});

test.each(['/crm/objects/2026-09', '/crm/objects/2026-03', '/crm/v3/objects'])(
  '%s takes a type by its plural, its singular and its number',
  async (objects) => {
    await start({ engagements: [record(1)] });
    for (const type of ['notes', 'note', '0-46']) {
      expect(await askJson(portal, `${objects}/${type}`), type).toEqual({ results: [plain(1)] });
    }
  },
);

test('unknown types, kinds and cursors are refused, each in its way', async () => {
  await start({ engagements: [record(1)] });
  for (const path of ['/widgets', '/notes?associations=widgets']) {
    const answer = await ask(portal, OBJECTS + path);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      400,
      {
        status: 'error',
        message: 'Unable to infer object type from: widgets',
        correlationId: answer.headers['x-hubspot-correlation-id'],
        category: 'VALIDATION_ERROR',
      },
    ]);
  }
  for (const query of ['after=x', 'after=', 'limit=0', 'limit=x']) {
    const answer = await ask(portal, `${OBJECTS}/notes?${query}`);
    expect([answer.status, JSON.parse(answer.text).category], query).toEqual([
      400,
      'VALIDATION_ERROR',
    ]);
  }
  const posted = await ask(portal, `${OBJECTS}/notes`, { body: '{}' });
  expect([posted.status, posted.headers['allow']]).toEqual([405, 'GET']);
  expect((await ask(portal, '/crm/objects/soon/notes')).status).toBe(404);
});

describe('the recycle bin', () => {
  const now = Date.parse('2026-11-24T00:00:00Z');
  const clock = { now: () => new Date(now) };

  test('archived shows what was removed and nothing else, without associations', async () => {
    const linked = { ...record(2), associations: { contactIds: [4] } };
    await start({ engagements: [record(1), linked], clock });
    portal.store.remove(2, { at: Date.parse('2026-11-23T10:11:12.345Z') });
    expect(await askJson(portal, `${OBJECTS}/notes?associations=contacts`)).toEqual({
      results: [plain(1)],
    });
    expect(await askJson(portal, `${OBJECTS}/notes?associations=contacts&archived=true`)).toEqual({
      results: [{ ...plain(2), archived: true, archivedAt: '2026-11-23T10:11:12.345Z' }],
    });
  });

  test('it keeps 90 days', async () => {
    await start({ engagements: [record(1), record(2)], clock });
    portal.store.remove(1, { at: now - 90 * 86_400_000 });
    portal.store.remove(2, { at: now - 90 * 86_400_000 + 1 });
    const page = await askJson(portal, `${OBJECTS}/notes?archived=true`);
    expect(page.results.map(({ id }: { id: string }) => id)).toEqual(['2']);
  });
});

describe('properties', () => {
  test('come in order, unknown ones are passed over, unset ones left out, unset custom ones null', async () => {
    const note = { ...record(1, { timestamp: 1_500_000_000_001 }), metadata: { body: '' } };
    await start({ engagements: [note] });
    const names = 'hs_timestamp,nothing,hubspot_owner_id,hs_note_body,follow_up_score';
    const { text } = await ask(portal, `${OBJECTS}/notes?properties=${names}`);
    const { results } = JSON.parse(text);
    expect(JSON.stringify(results[0].properties)).toBe(
      `{"follow_up_score":null,"hs_createdate":"${LIFE}","hs_lastmodifieddate":"${LIFE}","hs_note_body":"","hs_object_id":"1","hs_timestamp":"2017-07-14T02:40:00.001Z"}`,
    );
  });

  test('custom ones are set on some records', async () => {
    await start({ engagements: [record(30)] });
    expect(await propertiesOf('notes', 'follow_up_score,deal_stage_note__c')).toEqual({
      hs_object_id: '30',
      follow_up_score: '30',
      deal_stage_note__c: 'Stage "qualified";\nsee \\N-30',
    });
  });

  test('of every activity', async () => {
    const fields = {
      ownerId: 11,
      teamId: 12,
      activityType: 'Demo',
      source: 'CRM_UI',
      sourceId: 'userId:1',
      createdBy: 13,
      modifiedBy: 14,
      bodyPreview: 'short',
      bodyPreviewIsTruncated: false,
      allAccessibleTeamIds: [12, 15],
      queueMembershipIds: [],
    };
    await start({
      engagements: [{ ...record(1, fields), attachments: [{ id: 21 }, { id: 22 }] }],
    });
    const names =
      'hubspot_owner_id,hubspot_team_id,hs_attachment_ids,hs_activity_type,hs_body_preview,hs_body_preview_html,' +
      'hs_body_preview_is_truncated,hs_object_source,hs_object_source_id,hs_created_by_user_id,hs_modified_by,' +
      'hs_all_accessible_team_ids,hs_queue_membership_ids,hs_engagement_source';
    expect(await propertiesOf('notes', names)).toEqual({
      hs_object_id: '1',
      hubspot_owner_id: '11',
      hubspot_team_id: '12',
      hs_attachment_ids: '21;22',
      hs_activity_type: 'Demo',
      hs_body_preview: 'short',
      hs_body_preview_is_truncated: 'false',
      hs_object_source: 'CRM_UI',
      hs_object_source_id: 'userId:1',
      hs_created_by_user_id: '13',
      hs_modified_by: '14',
      hs_all_accessible_team_ids: '12;15',
      hs_engagement_source: 'CRM_UI',
    });
  });

  const cases: [string, string, string, object, object][] = [
    [
      'emails',
      'FORWARDED_EMAIL',
      'hs_email_direction,hs_email_from_email,hs_email_from_firstname,hs_email_to_email,hs_email_to_lastname,hs_email_cc_email,hs_email_headers,hs_email_subject,hs_email_recipient_drop_reasons',
      {
        from: { email: 'a@x.example', firstName: 'Å' },
        to: [{ email: 'b@x.example' }, { email: 'c@x.example', lastName: 'C' }],
        cc: [],
        subject: 'Hi "there"',
        recipientDropReasons: { 'b@x.example': ['BOUNCE'] },
      },
      {
        hs_email_direction: 'FORWARDED_EMAIL',
        hs_email_from_email: 'a@x.example',
        hs_email_from_firstname: 'Å',
        hs_email_to_email: 'b@x.example;c@x.example',
        hs_email_to_lastname: ';C',
        hs_email_headers:
          '{"from":{"email":"a@x.example","firstName":"Å"},"to":[{"email":"b@x.example"},{"email":"c@x.example","lastName":"C"}],"cc":[]}',
        hs_email_subject: 'Hi "there"',
        hs_email_recipient_drop_reasons: '{"b@x.example":["BOUNCE"]}',
      },
    ],
    [
      'calls',
      'CALL',
      'hs_call_title,hs_call_duration,hs_call_to_number,hs_call_callee_object_id,hs_call_disposition',
      { title: 'T', durationMilliseconds: 4_000, toNumber: '+1 (617)', calleeObjectId: 9 },
      {
        hs_call_title: 'T',
        hs_call_duration: '4000',
        hs_call_to_number: '+1 (617)',
        hs_call_callee_object_id: '9',
      },
    ],
    [
      'meetings',
      'MEETING',
      'hs_meeting_title,hs_meeting_start_time,hs_meeting_end_time,hs_meeting_outcome,hs_attendee_owner_ids,hs_meeting_pre_meeting_prospect_reminders',
      {
        title: 'M',
        startTime: 1_500_000_000_000,
        endTime: 1_500_000_000_001,
        meetingOutcome: 'COMPLETED',
        attendeeOwnerIds: [1, 2],
        preMeetingProspectReminders: [{ timeUnit: 'HOURS', duration: 3 }],
      },
      {
        hs_meeting_title: 'M',
        hs_meeting_start_time: LIFE,
        hs_meeting_end_time: '2017-07-14T02:40:00.001Z',
        hs_meeting_outcome: 'COMPLETED',
        hs_attendee_owner_ids: '1;2',
        hs_meeting_pre_meeting_prospect_reminders: '[{"timeUnit":"HOURS","duration":3}]',
      },
    ],
    [
      'tasks',
      'TASK',
      'hs_task_subject,hs_task_status,hs_task_priority,hs_task_type,hs_task_reminders,hs_task_completion_date,hs_task_is_all_day',
      {
        subject: 'S',
        status: 'COMPLETED',
        priority: 'HIGH',
        taskType: 'TODO',
        reminders: [1_500_000_000_000],
        completionDate: 1_500_000_000_000,
        isAllDay: true,
      },
      {
        hs_task_subject: 'S',
        hs_task_status: 'COMPLETED',
        hs_task_priority: 'HIGH',
        hs_task_type: 'TODO',
        hs_task_reminders: '1500000000000',
        hs_task_completion_date: LIFE,
        hs_task_is_all_day: 'true',
      },
    ],
    ['notes', 'NOTE', 'hs_note_body', { body: '<p>n</p>' }, { hs_note_body: '<p>n</p>' }],
    [
      'postal_mail',
      'POSTAL_MAIL',
      'hs_postal_mail_body',
      { body: 'p' },
      { hs_postal_mail_body: 'p' },
    ],
    ...['SMS', 'WHATS_APP', 'LINKEDIN_MESSAGE'].map(
      (type): [string, string, string, object, object] => [
        'communications',
        type,
        'hs_communication_body,hs_communication_channel_type,hs_communication_logged_from',
        { body: 'c' },
        {
          hs_communication_body: 'c',
          hs_communication_channel_type: type,
          hs_communication_logged_from: 'CRM',
        },
      ],
    ),
  ];
  test.each(cases)('of %s from %s', async (type, v1Type, names, metadata, expected) => {
    await start({ engagements: [{ ...record(1, { type: v1Type }), metadata }] });
    expect(await propertiesOf(type, names)).toEqual({ hs_object_id: '1', ...expected });
  });

  test('long numbers keep their digits, broken instants are left out', async () => {
    const threadId = exactNumber(Infinity, '12345678901234567890');
    await start({
      engagements: [{ ...record(1, { type: 'EMAIL', timestamp: 9e15 }), metadata: { threadId } }],
    });
    expect(await propertiesOf('emails', 'hs_email_thread_id,hs_timestamp')).toEqual({
      hs_object_id: '1',
      hs_email_thread_id: '12345678901234567890',
    });
  });
});

describe('associations inside an object', () => {
  const linked = {
    ...record(1, { type: 'CALL' }),
    associations: { contactIds: [9, 7, 9], companyIds: [], dealIds: [3], ownerIds: [5] },
  };

  test('are asked for by kind; one id comes once for each label; kinds without any are absent', async () => {
    await start({ engagements: [linked, record(2, { type: 'CALL' })] });
    const kinds = 'contacts,companies,deals,tickets';
    const { text } = await ask(portal, `${OBJECTS}/calls?associations=${kinds}`);
    expect(JSON.parse(text).results).toEqual([
      {
        ...plain(1),
        associations: {
          contacts: {
            results: [
              { id: '7', type: 'call_to_contact' },
              { id: '7', type: 'main_point_of_contact' },
              { id: '9', type: 'call_to_contact' },
            ],
          },
          deals: { results: [{ id: '3', type: 'call_to_deal' }] },
        },
      },
      plain(2),
    ]);
  });

  test('long lists are cut, and go on with a batch of associations', async () => {
    await start({ engagements: [linked], inlineAssociations: 1 });
    const page = await askJson(portal, `${OBJECTS}/calls?associations=contacts`);
    const { contacts } = page.results[0].associations;
    const after = 'MC00OC03';
    expect(contacts).toEqual({
      results: [
        { id: '7', type: 'call_to_contact' },
        { id: '7', type: 'main_point_of_contact' },
      ],
      paging: {
        next: {
          after,
          link: `${portal.url}/crm/v3/objects/0-48/1/associations/0-1?after=${after}`,
        },
      },
    });
    const rest = await askJson(portal, '/crm/associations/2026-09/calls/contacts/batch/read', {
      inputs: [{ id: '1', after }],
    });
    expect(rest.results).toMatchObject([{ from: { id: '1' }, to: [{ toObjectId: '9' }] }]);
  });
});
