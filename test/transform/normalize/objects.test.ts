import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JsonObject, parseJson } from '../../../src/json.ts';
import type { ObjectTypeName } from '../../../src/model/object-types.ts';
import { OBJECT_KINDS } from '../../../src/transform/normalize/fields.ts';
import { INCOMPLETE } from '../../../src/transform/normalize/join-pages.ts';
import { normalizeObject } from '../../../src/transform/normalize/objects.ts';
import { normalizeRecords, type PageOrigin } from '../../../src/transform/normalize/records.ts';
import { parseExact } from '../../../src/transform/parse-exact.ts';
import { normalizePieces, normalizeWhole } from '../normalize-bytes.ts';

const folder = new URL('../../fixtures/objects/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const objectTypes = readdirSync(folder).flatMap(
  (name) => (/^(.+)\.ndjson$/.exec(name)?.[1] ?? []) as ObjectTypeName,
);

const toOrigin = (objectType: ObjectTypeName): PageOrigin => ({
  api: 'objects',
  portalId: 62515,
  objects: { type: objectType, labelNames: {} },
  page: `${objectType}.json`,
  extractedAt: '2026-11-05T10:15:00.250Z',
});

const normalizeLines = (values: unknown[], objectType: ObjectTypeName) =>
  normalizeRecords(
    { values: [...values], isByteText: false, invalidUtf8: 0 },
    0,
    toOrigin(objectType),
  );

const normalize = (record: unknown, objectType: ObjectTypeName = 'notes') =>
  normalizeObject(record, { portalId: 62515, objectType, labelNames: {} }) as {
    content: JsonObject;
  };

const note = (properties: JsonObject, rest: JsonObject = {}) =>
  normalize({ id: '1', properties, archived: false, ...rest }).content;

test('there is a page of each type', () => {
  expect(objectTypes).toEqual(Object.keys(OBJECT_KINDS));
});

test.each(objectTypes)('a page of %s gives exactly the expected lines', async (objectType) => {
  const page = parseJson(read(`${objectType}.json`)) as { results: unknown[] };
  const before = JSON.stringify(page);
  const batch = normalizeLines(page.results, objectType);
  expect(Buffer.from(batch.lines).toString()).toBe(read(`${objectType}.ndjson`));
  expect(batch.rejects).toEqual([]);
  expect(JSON.stringify(page)).toBe(before);
  const bytes = readFileSync(new URL(`${objectType}.json`, folder));
  const whole = await normalizeWhole(bytes, toOrigin(objectType));
  expect(whole.rows).toBe(read(`${objectType}.ndjson`));
  expect(await normalizePieces(bytes, toOrigin(objectType), 70)).toEqual(whole);
});

test('a page that promises more is damaged', async () => {
  const page =
    '{"results":[{"id":"1","properties":{},"associations":{"deals":{"results":[],"paging":{"next":{}}}}}]}';
  await expect(normalizeWhole(page, toOrigin('notes'))).rejects.toThrow(
    'page.json cannot be read: the page with further deals of 1 is missing',
  );
});

test('e-mails without content for want of a scope are counted', () => {
  const { results } = JSON.parse(read('emails.json'));
  expect(normalizeLines(results, 'emails').redacted).toBe(1);
});

test.each([
  [null, 'not an object'],
  [[], 'not an object'],
  [{ properties: {} }, 'no id'],
  [{ id: null, properties: {} }, 'no id'],
  [{ id: '0', properties: {} }, 'id is not a positive integer within 64 bits'],
  [{ id: '9223372036854775808', properties: {} }, 'id is not a positive integer within 64 bits'],
  [{ id: '1' }, 'no properties object'],
  [{ id: '1', properties: 'x' }, 'no properties object'],
  [
    { id: '1', properties: { hs_timestamp: '99999999999999999' } },
    'hs_timestamp 99999999999999999 is out of range',
  ],
  [
    { id: '1', properties: {}, updatedAt: '+010000-01-01T00:00:00Z' },
    'updatedAt +010000-01-01T00:00:00Z is out of range',
  ],
  [
    { id: '1', properties: {}, archived: true, archivedAt: '0000-01-01T00:00:00Z' },
    'archivedAt 0000-01-01T00:00:00Z is out of range',
  ],
  [{ id: '1', properties: {}, [INCOMPLETE]: 'why' }, 'why'],
])('%j is rejected: %s', (record, reject) => {
  expect(normalize(record)).toEqual({ reject });
});

test('without a portal there is no row', () => {
  const record = { id: '1', properties: {} };
  expect(normalizeObject(record, { portalId: null, objectType: 'notes', labelNames: {} })).toEqual({
    reject: 'no portalId',
  });
});

describe('where two properties say the same', () => {
  test('the first that is set counts, and an equal second one is not repeated', () => {
    expect(note({ hs_created_by: '5', hs_created_by_user_id: '5' })).toMatchObject({
      created_by: 5,
      extra: {},
    });
    expect(note({ hs_created_by: null, hs_created_by_user_id: '6' })).toMatchObject({
      created_by: 6,
      extra: {},
    });
  });

  test('another second one is kept, and so is a first one that does not fit', () => {
    expect(note({ hs_created_by: '5', hs_created_by_user_id: '6' })).toMatchObject({
      created_by: 5,
      extra: { hs_created_by_user_id: '6' },
    });
    expect(note({ hs_created_by: 'me', hs_created_by_user_id: '6' })).toMatchObject({
      created_by: 6,
      extra: { hs_created_by: 'me' },
    });
  });

  test('a source is never paired with the id of another', () => {
    const properties = { hs_engagement_source: 'MEETINGS', hs_object_source_id: 'userId:5' };
    expect(note(properties)).toMatchObject({
      source: 'MEETINGS',
      source_id: null,
      extra: { hs_object_source_id: 'userId:5' },
    });
  });

  test('the times of the record itself stand in for those of its properties', () => {
    const createdAt = '2026-01-01T00:00:00Z';
    expect(note({}, { createdAt })).toMatchObject({ created_at: '2026-01-01T00:00:00.000Z' });
    const other = note({ hs_createdate: '2026-01-02T00:00:00Z' }, { createdAt });
    expect(other).toMatchObject({
      created_at: '2026-01-02T00:00:00.000Z',
      extra: { createdAt },
    });
  });
});

test('what cannot be converted stays in extra under its own name', () => {
  const properties = {
    hs_call_duration: '1 min',
    hs_call_callee_object_id: '007',
    hs_call_title: 5,
    hs_attachment_ids: '5;x',
    hubspot_owner_id: '9223372036854775808',
    hs_timestamp: 'soon',
    hs_gdpr_deleted: 'maybe',
    hs_scheduled_tasks: '{"scheduledTasks":{}}',
    hs_object_id: '2',
  };
  const { content } = normalize({ id: '1', properties, archived: 'no' }, 'calls');
  expect(content).toMatchObject({
    owner_id: null,
    occurred_at: null,
    attachments: [],
    metadata: {},
    extra: { ...properties, archived: 'no' },
  });
});

test('custom properties, `__proto__` and names that v1 has are kept apart', () => {
  const properties = JSON.parse('{"__proto__":{"a":1},"uid":"custom","hs_unique_id":"u"}');
  expect(JSON.stringify(note(properties)['extra'])).toBe(
    '{"uid":"u","__proto__":{"a":1},"record.uid":"custom"}',
  );
});

test.each([
  ['nested too deeply to be written', `${'['.repeat(995)}${']'.repeat(995)}`],
  ['nested too deeply to be parsed', `${'['.repeat(50_000)}1e5${']'.repeat(50_000)}`],
  ['with a number that Postgres cannot hold', `{"from":1${'0'.repeat(20_000)}}`],
  ['cut short', '{"from":{"email":"a@b.example"}'],
])('JSON within a property stays text when it is %s', (_case, hs_email_headers) => {
  const batch = normalizeLines([{ id: '1', properties: { hs_email_headers } }], 'emails');
  const { metadata, extra } = JSON.parse(Buffer.from(batch.lines).toString());
  expect({ metadata, extra }).toEqual({ metadata: {}, extra: { hs_email_headers } });
});

test('U+0000 that JSON within a property hides is replaced and counted', () => {
  const hs_email_headers = '{"from":{"email":"a\\u0000b"}}';
  const batch = normalizeLines([{ id: '1', properties: { hs_email_headers } }], 'emails');
  expect(batch.replacedCharacters).toBe(1);
  expect(Buffer.from(batch.lines).toString()).toContain('"from":{"email":"a\ufffdb"}');
});

describe('associations', () => {
  const take = (associations: unknown) => {
    const { associations: taken, extra } = note({}, { associations });
    return { taken, extra };
  };

  test('are ascending, and once however many labels they have', () => {
    const results = ['10', '9', '10', '9007199254740993', '9007199254740992'].map((id) => ({ id }));
    expect(JSON.stringify(take({ contacts: { results } }).taken)).toBe(
      '{"contact":[9,10,9007199254740992,9007199254740993]}',
    );
  });

  test.each([
    ['companies', 'company'],
    ['tickets', 'ticket'],
    ['line items', 'line_item'],
    ['marketing_events', 'marketing_event'],
    ['0-1', 'contact'],
    ['2-345', '2-345'],
    ['p62515_cars', 'p62515_cars'],
    ['constructor', 'constructor'],
    ['s', undefined],
    ['p1_a b', undefined],
    ['\u212ainds', undefined],
  ])('%s become %s', (key, kind) => {
    expect(take({ [key]: { results: [{ id: '1' }] } }).taken).toEqual(
      kind === undefined ? {} : { [kind]: [1] },
    );
  });

  test('of another shape stay as they were sent', () => {
    const sent = { contacts: [1], deals: { results: [{ id: 'x' }] }, 'a"b': { results: [] } };
    expect(take(sent)).toEqual({
      taken: {},
      extra: {
        'associations.contacts': [1],
        'associations.deals': { results: [{ id: 'x' }] },
        'associations.a"b': { results: [] },
      },
    });
    expect(take('none')).toEqual({ taken: {}, extra: { associations: 'none' } });
  });
});

describe('whatever HubSpot sends', () => {
  const names = [
    ...Object.values(OBJECT_KINDS).flatMap(({ metadata }) => metadata.map(([, name]) => name)),
    ...['hs_createdate', 'hs_timestamp', 'hubspot_owner_id', 'hs_attachment_ids'],
    ...['hs_email_headers', 'hs_email_to_email', 'hs_email_to_firstname', 'hs_email_direction'],
    ...['hs_engagement_source', 'hs_object_source', 'hs_object_source_id', 'my_property'],
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '0', '-1', 'true', ';', '1;2', 'a;;b', '{}', '[]', '{"to":[{}]}', '[[]]'),
    fc.jsonValue().map((json) => JSON.stringify(json)),
    fc.jsonValue(),
  );
  const properties = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value);

  test('each record gives one row or one reject, and no property is lost', () => {
    const objectType = fc.constantFrom(...objectTypes);
    fc.assert(
      fc.property(objectType, properties, fc.jsonValue(), (type, sent, associations) => {
        const record = { id: '1', properties: sent, associations };
        const batch = normalizeLines([record], type);
        expect(batch.lineEnds.length + batch.rejects.length).toBe(1);
        if (batch.rejects.length > 0) return;
        const row = JSON.parse(Buffer.from(batch.lines).toString());
        for (const [name, value] of Object.entries(sent)) {
          if (value === null || value === '' || names.includes(name)) continue;
          if (typeof value === 'string' && !(value.isWellFormed() && !value.includes('\0')))
            continue;
          if (!name.isWellFormed() || name.includes('\0') || name === 'hs_object_id') continue;
          expect(row.extra).toHaveProperty([name]);
        }
      }),
    );
  });

  // What is one byte in byte text may be a blank or a letter.
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(
          'à',
          '\u00a0',
          '\u0085',
          '\u212a',
          '\ufeff',
          ';',
          '"',
          '\\',
          '健',
          '1',
          ' ',
        ),
        fc.constantFrom(
          '{"to":[{"email":"é"}]}',
          '["\\u00e9","\\u0000"]',
          '{"scheduledTasks":["ü"]}',
        ),
      ),
      { maxLength: 3 },
    )
    .chain((parts) => fc.constantFrom(1, 1, 40).map((times) => parts.join('').repeat(times)));
  const named = fc.dictionary(fc.oneof(fc.constantFrom(...names), text), fc.oneof(text, value));

  test('its bytes give the lines that its texts give', async () => {
    const objectType = fc.constantFrom(...objectTypes);
    const list = fc.dictionary(text, fc.constant({ results: [{ id: '5' }] }));
    const sent = fc.record({
      id: fc.constantFrom('1', 'x'),
      properties: named,
      associations: list,
      incomplete: text,
    });
    await fc.assert(
      fc.asyncProperty(objectType, fc.array(sent), async (type, records) => {
        const page = JSON.stringify({ results: records });
        const whole = await normalizeWhole(page, toOrigin(type));
        expect(await normalizePieces(page, toOrigin(type), 1000)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });
});

test('what was replaced in a record that is a reject all the same does not count', async () => {
  const properties = {
    hs_queue_membership_ids: '1',
    hs_scheduled_tasks: '["\\u0000"]',
    hs_timestamp: '1e99',
  };
  const late = { ...properties, hs_timestamp: String(253_402_300_800_000) };
  for (const [sent, replaced, rejects] of [
    [properties, 1, 0],
    [late, 0, 1],
  ] as const) {
    const page = JSON.stringify({ results: [{ id: '1', properties: sent }] });
    const normalized = await normalizeWhole(page, toOrigin('tasks'));
    expect([normalized.replacedCharacters, normalized.rejects.length]).toEqual([replaced, rejects]);
  }
});

test('names with an escape in the JSON of a text are not taken for others', async () => {
  const names = ['\\', '"', '\n'];
  const records = Array.from({ length: 30 }, (_, n) => ({
    id: String(n + 1),
    properties: {
      hs_email_post_send_status: JSON.stringify({ q: 1, [names[n % 3] as string]: 0 }),
    },
  }));
  const page = JSON.stringify({ results: records });
  const { rows: lines } = await normalizeWhole(page, toOrigin('emails'));
  const rows = lines.trimEnd().split('\n').map(parseExact) as {
    metadata: { postSendStatus: object };
  }[];
  expect(rows.map(({ metadata }) => Object.keys(metadata.postSendStatus)[0])).toEqual(
    records.map((_, n) => names[n % 3]),
  );
});

// Public records of real portals have these shapes: cleared ids as empty text, `url`, an id once for each label.
test.each(objectTypes)('records as portals send them lose nothing: %s', (objectType) => {
  const channel = 'CUSTOM_CHANNEL_CONVERSATION';
  const results = ['a', 'b'].map((label) => ({ id: '5', type: `x_to_contact_${label}` }));
  const properties = {
    hs_communication_channel_type: channel,
    hubspot_owner_id: '',
    hubspot_team_id: '381141',
    hs_attachment_ids: '',
  };
  const { content } = normalize(
    { id: '106', url: 'https://x.example', properties, associations: { contacts: { results } } },
    objectType,
  );
  expect(content).toMatchObject({
    id: 106,
    owner_id: null,
    team_id: 381141,
    attachments: [],
    associations: { contact: [5] },
    association_labels: {},
  });
  const isOwn = objectType === 'communications';
  expect(content['metadata']).toEqual(isOwn ? { channelType: channel } : {});
  expect(content['extra']).toEqual({
    url: 'https://x.example',
    ...(!isOwn && { hs_communication_channel_type: channel }),
  });
});
