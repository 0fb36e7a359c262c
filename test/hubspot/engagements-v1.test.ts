import { describe, expect, test } from 'vitest';
import { parsePagedBody, toPagedRequest } from '../../src/hubspot/engagements-v1.ts';

const parse = (page: unknown) =>
  parsePagedBody(Buffer.from(typeof page === 'string' ? page : JSON.stringify(page)));

test('the first page is asked for without a cursor, the others with it', () => {
  const path = '/engagements/v1/engagements/paged';
  expect(toPagedRequest(null, 250)).toEqual({
    method: 'GET',
    path,
    query: { limit: '250' },
    body: null,
  });
  expect(toPagedRequest('59460116', 7).query).toEqual({ limit: '7', offset: '59460116' });
});

test('a page says what is in it', () => {
  const record = (id: number, type: string) => ({
    engagement: { id, type, portalId: 62515, lastUpdated: 1_500_000_000_000 + id },
  });
  const results = [record(3, 'NOTE'), record(4, 'CALL'), record(9, 'NOTE')];
  expect(parse({ results, hasMore: true, offset: 9 })).toEqual({
    records: 3,
    types: { CALL: 1, NOTE: 2 },
    ids: [3n, 4n, 9n],
    portalId: 62515,
    newestUpdate: 1_500_000_000_009,
    nextCursor: '9',
    hasMore: true,
  });
});

test('types are in the order of their names, whatever they are called', () => {
  const types = ['TASK', '__proto__', 'NOTE', 'constructor', 'É', 'TASK', 'CALL'];
  const summary = parse(
    `{"results":[${types.map((type) => `{"engagement":{"type":"${type}"}}`)}],"hasMore":false}`,
  );
  expect(JSON.stringify(summary.types)).toBe(
    '{"CALL":1,"NOTE":1,"TASK":2,"__proto__":1,"constructor":1,"É":1}',
  );
});

test('the last page may have no records, and no cursor', () => {
  expect(parse({ results: [], hasMore: false })).toEqual({
    records: 0,
    types: {},
    ids: [],
    portalId: null,
    newestUpdate: null,
    nextCursor: null,
    hasMore: false,
  });
});

test('odd records are counted all the same: what is wrong with them is for transform to say', () => {
  const odd = [null, 7, 'text', [], {}, { engagement: null }, { engagement: [] }];
  const nameless = { engagement: { id: '12', type: 5, portalId: '7' } };
  const good = { engagement: { id: 12, type: 'NOTE', portalId: 7 } };
  expect(parse({ results: [...odd, nameless, good], hasMore: false, offset: 12 })).toMatchObject({
    records: 9,
    types: { NOTE: 1 },
    ids: [12n],
    portalId: 7,
  });
});

test('ids and cursors beyond 2^53 keep all digits', () => {
  const page = parse(
    '{"results":[{"engagement":{"id":9007199254740993}},{"engagement":{"id":9007199254740995}}],"hasMore":true,"offset":9007199254740995}',
  );
  expect(page.nextCursor).toBe('9007199254740995');
  expect(page.ids).toEqual([9007199254740993n, 9007199254740995n]);
});

test.each<[unknown, string | null]>([
  [0, '0'],
  ['opaque==', 'opaque=='],
  ['', null],
  [null, null],
  [{}, null],
])('the cursor %j', (offset, nextCursor) => {
  expect(parse({ results: [], hasMore: false, offset }).nextCursor).toBe(nextCursor);
});

describe('no page', () => {
  test.each([
    ['', 'it is not JSON'],
    ['<html></html>', 'it is not JSON'],
    ['{"results":[],"hasMore":fal', 'it is not JSON'],
    ['null', 'it is not a JSON object'],
    ['[]', 'it is not a JSON object'],
    ['7', 'it is not a JSON object'],
    ['{"status":"ok"}', 'it lacks results and hasMore'],
    ['{"results":{},"hasMore":false}', 'it lacks results and hasMore'],
    ['{"results":[]}', 'it lacks results and hasMore'],
    ['{"results":[],"hasMore":"true","offset":1}', 'it lacks results and hasMore'],
    ['{"results":[],"hasMore":true}', 'it promises more but gives no offset'],
    ['{"results":[],"hasMore":true,"offset":null}', 'it promises more but gives no offset'],
  ])('%s', (body, message) => {
    expect(() => parse(body)).toThrow(message);
  });
});
