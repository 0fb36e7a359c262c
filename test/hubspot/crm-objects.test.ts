import { describe, expect, test } from 'vitest';
import {
  chunkProperties,
  findLongLists,
  parseAssociationsBody,
  parseListBody,
  parsePortalId,
  parsePropertyNames,
  parseSearchBody,
  toAssociationsRequest,
  toListRequest,
  toSearchRequest,
} from '../../src/hubspot/crm-objects.ts';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const query = { version: '2026-09', type: 'calls', properties: ['hs_call_title', 'x__c'] } as const;

test('the request of a list, of the archived, and of the next page', () => {
  const inline = { archived: false, associations: true };
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
  const archived = toListRequest(query, { archived: true, associations: false }, '42', 50);
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
  const first = toSearchRequest(query, window, null, 200);
  expect(first).toMatchObject({ method: 'POST', path: '/crm/objects/2026-09/calls/search' });
  expect(first.body).toEqual({
    filterGroups: [{ filters: [modified] }],
    sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
    properties: ['hs_call_title', 'x__c'],
    limit: 200,
  });
  const beyond = { propertyName: 'hs_object_id', operator: 'GT', value: '9007199254740993' };
  expect(toSearchRequest(query, window, '9007199254740993', 200).body).toMatchObject({
    filterGroups: [{ filters: [modified, beyond] }],
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
  expect(findLongLists(page, 'contacts')).toEqual([{ id: '5', after: 'abc' }]);
  expect(findLongLists(page, 'deals')).toEqual([]);
  const answer = bytes({
    results: [
      { from: { id: '5' }, to: [{ toObjectId: 1 }], paging: { next: { after: 'def' } } },
      { from: { id: '6' }, to: [] },
    ],
    numErrors: 1,
    errors: [{}],
  });
  expect(parseAssociationsBody(answer)).toMatchObject({
    records: 0,
    unfinished: [{ id: '5', after: 'def' }],
  });
  const inputs = [{ id: '5', after: 'abc' }];
  expect(toAssociationsRequest(query, 'contacts', inputs)).toEqual({
    method: 'POST',
    path: '/crm/associations/2026-09/calls/contacts/batch/read',
    query: {},
    body: { inputs },
  });
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
    parsePropertyNames,
    parsePortalId,
  ]) {
    expect(() => parse(Buffer.from(body))).toThrow();
  }
});
