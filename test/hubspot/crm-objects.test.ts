import { describe, expect, test } from 'vitest';
import {
  parseAssociationsBody,
  parseLabelsBody,
  parseListBody,
  parsePortalId,
  parsePropertyNames,
  parseSearchBody,
} from '../../src/hubspot/crm-objects.ts';
import {
  chunkProperties,
  fitsSearch,
  toAssociationsRequest,
  toListRequest,
  toReadRequest,
  toSearchRequest,
} from '../../src/hubspot/crm-requests.ts';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const query = { version: '2026-09', type: 'calls', properties: ['hs_call_title', 'x__c'] } as const;

test('the request of a list, of the archived, and of the next page', () => {
  const inline = { archived: false, kinds: ['contacts', 'companies', 'deals', 'tickets'] };
  expect(toListRequest(query, inline, null, 100)).toEqual({
    method: 'GET',
    path: '/crm/objects/2026-09/calls',
    query: {
      limit: '100',
      properties: 'hs_call_title,x__c',
      associations: 'contacts,companies,deals,tickets',
      archived: 'false',
    },
    body: null,
  });
  const archived = toListRequest(query, { archived: true, kinds: [] }, '42', 50);
  expect(archived.query).toEqual({
    limit: '50',
    after: '42',
    properties: 'hs_call_title,x__c',
    archived: 'true',
  });
});

test('a search asks within a closed window for ids beyond the last, never for an offset', () => {
  const window = { from: '2026-11-24T00:00:00.000Z', to: '2026-11-24T01:00:00.000Z' };
  const modified = {
    propertyName: 'hs_lastmodifieddate',
    operator: 'BETWEEN',
    value: '1795478400000',
    highValue: '1795482000000',
  };
  const first = toSearchRequest(query, { window, above: null, upTo: null }, 200);
  expect(first).toMatchObject({ method: 'POST', path: '/crm/objects/2026-09/calls/search' });
  expect(first.body).toEqual({
    filterGroups: [{ filters: [modified] }],
    sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
    properties: ['hs_call_title', 'x__c'],
    limit: 200,
    after: '0',
  });
  const beyond = { propertyName: 'hs_object_id', operator: 'GT', value: '9007199254740993' };
  const range = { window, above: '9007199254740993', upTo: '9007199254740999' };
  expect(toSearchRequest(query, { ...range, upTo: null }, 200).body).toMatchObject({
    filterGroups: [{ filters: [modified, beyond] }],
  });
  const end = { propertyName: 'hs_object_id', operator: 'LTE', value: '9007199254740999' };
  expect(toSearchRequest(query, range, 200).body).toMatchObject({
    filterGroups: [{ filters: [modified, beyond, end] }],
  });
});

test('a search asks for no more properties than 3,000 characters hold', () => {
  const window = { from: '2026-11-24T00:00:00.000Z', to: '2026-11-24T01:00:00.000Z' };
  const names = Array.from({ length: 400 }, (_, n) => `property_${n}`);
  const fitting = names.filter((_, n) =>
    fitsSearch({ ...query, properties: names.slice(0, n + 1) }, window),
  );
  expect(fitting.length).toBeGreaterThan(100);
  const range = { window, above: '9'.repeat(19), upTo: '9'.repeat(19) };
  const { body } = toSearchRequest({ ...query, properties: fitting }, range, 200);
  expect(JSON.stringify(body).length).toBeLessThanOrEqual(3_000);
  expect(JSON.stringify(body).length).toBeGreaterThan(2_950);
  expect(
    toReadRequest({ ...query, properties: names }, [1n, 9_007_199_254_740_993n], true),
  ).toEqual({
    method: 'POST',
    path: '/crm/objects/2026-09/calls/batch/read',
    query: { archived: 'true' },
    body: {
      inputs: [{ id: '1' }, { id: '9007199254740993' }],
      properties: names,
      propertiesWithHistory: [],
    },
  });
});

const object = (id: string, properties = {}, associations?: unknown) => ({
  id,
  properties: { hs_object_id: id, ...properties },
  createdAt: '2026-11-24T00:00:00.000Z',
  updatedAt: '2026-11-24T00:00:00.001Z',
  archived: false,
  ...(associations === undefined ? {} : { associations }),
});

test('a list page: ids exact, v1 names of types, the cursor, the newest update', () => {
  const results = [
    object('9007199254740993', { hs_email_direction: 'INCOMING_EMAIL' }),
    object('9007199254740995', { hs_email_direction: 'SOMETHING_NEW' }),
  ];
  const paging = { next: { after: '9007199254740996', link: 'https://…' } };
  expect(parseListBody('emails', bytes({ results, paging }))).toEqual({
    records: 2,
    types: { EMAIL: 1, INCOMING_EMAIL: 1 },
    ids: [9007199254740993n, 9007199254740995n],
    portalId: null,
    newestUpdate: Date.parse('2026-11-24T00:00:00.001Z'),
    nextCursor: '9007199254740996',
    hasMore: true,
  });
  expect(parseListBody('emails', bytes({ results: [] }))).toMatchObject({
    records: 0,
    newestUpdate: null,
    nextCursor: null,
    hasMore: false,
  });
});

test('a search page goes on beyond its last id, whatever offset HubSpot returns', () => {
  const results = [object('7'), object('9')];
  const page = bytes({ total: 40_000, results, paging: { next: { after: '200' } } });
  expect(parseSearchBody('notes', page)).toMatchObject({ nextCursor: '9', hasMore: true });
  expect(parseSearchBody('notes', bytes({ total: 2, results }))).toMatchObject({
    nextCursor: null,
    hasMore: false,
  });
  const hollow = bytes({ total: 9, results: [], paging: { next: { after: '200' } } });
  expect(() => parseSearchBody('notes', hollow)).toThrow('promises more but holds nothing');
});

test('lists of associations that go on, in a page and in an answer of associations', () => {
  const long = { results: [{ id: '1', type: 'x' }], paging: { next: { after: 'abc' } } };
  const page = bytes({
    results: [object('5', {}, { contacts: long }), object('6', {}, { deals: { results: [] } })],
  });
  expect(parseListBody('calls', page).unfinished).toEqual({ contacts: [{ id: '5' }] });
  const answer = bytes({
    results: [
      { from: { id: '5' }, to: [{ toObjectId: 1 }], paging: { next: { after: 'def' } } },
      { from: { id: '6' }, to: [] },
    ],
  });
  expect(parseAssociationsBody(answer)).toMatchObject({
    records: 0,
    further: [{ id: '5', after: 'def' }],
    lacksLabels: false,
  });
  const inputs = [{ id: '5', after: 'abc' }];
  expect(toAssociationsRequest(query, 'contacts', inputs)).toEqual({
    method: 'POST',
    path: '/crm/associations/2026-09/calls/contacts/batch/read',
    query: {},
    body: { inputs },
  });
});

test('a labelled association is asked for from the start, a long list from where it ends', () => {
  const list = (types: string[], after?: string) => ({
    results: types.map((type, n) => ({ id: String(n), type })),
    ...(after === undefined ? {} : { paging: { next: { after } } }),
  });
  const page = bytes({
    results: [
      object('1', {}, { contacts: list(['call_to_contact']), deals: list(['call_to_deal'], 'x') }),
      object('2', {}, { contacts: list(['call_to_contact', 'main_point_of_contact'], 'y') }),
      object(
        '3',
        {},
        { companies: list(['meeting_event_to_company', 'call_to_company_unlabeled']) },
      ),
      object('4', {}, { contacts: list(['introduced_to_contact']) }),
    ],
  });
  expect(parseListBody('calls', page).unfinished).toEqual({
    contacts: [{ id: '2' }, { id: '4' }],
    deals: [{ id: '1', after: 'x' }],
  });
});

describe('an answer of associations, as specified and as recorded', () => {
  const answer = (associationTypes: unknown, more: object = {}) =>
    bytes({
      results: [{ from: { id: '5' }, to: [{ toObjectId: '1', associationTypes }] }],
      ...more,
    });
  const plain = { category: 'HUBSPOT_DEFINED', typeId: 194, label: null };

  test.each([
    [[plain], false],
    [[{ category: 'HUBSPOT_DEFINED', typeId: 194 }], false],
    [[plain, { category: 'USER_DEFINED', typeId: 37, label: 'Boss' }], false],
    [[plain, { category: 'USER_DEFINED', typeId: 37 }], true],
    [[{ category: 'INTEGRATOR_DEFINED', typeId: 1, label: null }], true],
    [undefined, false],
  ])('the definitions of labels are needed: %j %j', (types, lacksLabels) => {
    expect(parseAssociationsBody(answer(types)).lacksLabels).toBe(lacksLabels);
  });

  test.each([
    { category: 'OBJECT_NOT_FOUND', subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' },
    { category: 'OBJECT_NOT_FOUND', subCategory: {} },
    { category: 'VALIDATION_ERROR', subCategory: { name: 'NO_ASSOCIATIONS_FOUND' } },
  ])('an object without any is no error: %j', (error) => {
    expect(
      parseAssociationsBody(answer([plain], { numErrors: 1, errors: [error] })).further,
    ).toEqual([]);
  });

  test.each([{ category: 'INTERNAL_ERROR', subCategory: {} }, {}, null, 'x'])(
    'any other error is trouble, and asked again: %j',
    (error) => {
      expect(() => parseAssociationsBody(answer([plain], { errors: [error] }))).toThrow(
        'it has an error',
      );
    },
  );
});

describe('properties', () => {
  test('their names', () => {
    const results = [{ name: 'a', type: 'string' }, { label: 'nameless' }, { name: 'b__c' }];
    expect(parsePropertyNames(bytes({ results }))).toEqual(['a', 'b__c']);
    expect(() => parsePropertyNames(bytes({ status: 'error' }))).toThrow('it lacks results');
  });

  test('as many as fit into a URL, none lost', () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `a_rather_long_property_${n}__c`);
    const chunks = chunkProperties(names);
    expect(chunks.flat()).toEqual(names);
    expect(chunks.length).toBe(6);
    for (const chunk of chunks)
      expect(encodeURIComponent(chunk.join(',')).length).toBeLessThan(6_100);
    expect(chunkProperties([])).toEqual([[]]);
  });
});

test.each(['', '<html>', '[]', '{}', '{"results":{}}'])('no page: %s', (body) => {
  for (const parse of [
    (bytes: Buffer) => parseListBody('calls', bytes),
    (bytes: Buffer) => parseSearchBody('calls', bytes),
    parseAssociationsBody,
    parseLabelsBody,
    parsePropertyNames,
    parsePortalId,
  ]) {
    expect(() => parse(Buffer.from(body))).toThrow();
  }
});
