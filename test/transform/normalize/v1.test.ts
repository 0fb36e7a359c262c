import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/json.ts';
import { normalizeV1 } from '../../../src/transform/normalize/v1.ts';

const normalize = (record: unknown, portalId: number | null = 62515) =>
  normalizeV1(record, portalId) as { content: Record<string, unknown>; reject?: string };

describe('the portal', () => {
  const record = { engagement: { id: 1, type: 'NOTE' } };

  test("is the run's when the record names none", () => {
    expect(normalize(record).content['portal_id']).toBe(62515);
  });

  test("is the record's when the run knows none", () => {
    const named = { engagement: { ...record.engagement, portalId: '77' } };
    expect(normalize(named, null).content['portal_id']).toBe(77);
  });

  test('must be known from one of them', () => {
    expect(normalize(record, null)).toEqual({ reject: 'no portalId' });
  });
});

test('the record is left as it was', () => {
  const text =
    '{"engagement":{"id":1,"type":"NOTE","uid":"u"},"associations":{"contactIds":[2,1]},"metadata":{"b":1,"a":2}}';
  const record = JSON.parse(text);
  normalizeV1(record, 62515);
  expect(JSON.stringify(record)).toBe(text);
});

test('ids are in numeric order and distinct beyond 2^53', () => {
  const ids = '[9007199254740994,9007199254740993,"9007199254740993",5,10000000000000000000]';
  const inside = ids.replace(',10000000000000000000', '');
  const record = (list: string) =>
    parseJson(`{"engagement":{"id":1,"type":"NOTE"},"associations":{"dealIds":${list}}}`);
  expect(JSON.stringify(normalize(record(inside)).content['associations'])).toBe(
    '{"deal":[5,9007199254740993,9007199254740994]}',
  );
  // One id beyond bigint, and the whole kind stays as it was sent.
  expect(JSON.stringify(normalize(record(ids)).content['associations'])).toBe('{}');
  expect(JSON.stringify(normalize(record(ids)).content['extra'])).toBe(
    `{"associations.dealIds":${ids}}`,
  );
});

test.each([
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2023-02-29T00:00:00Z', null],
  ['2026-13-01T00:00:00Z', null],
  ['2026-01-01T25:00:00Z', null],
  ['2026-01-01', null],
  ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123Z'],
  ['2026-01-01T00:00:00+0530', '2025-12-31T18:30:00.000Z'],
  ['', null],
  [1756127696406.9, '2025-08-25T13:14:56.406Z'],
  [-62135596799999, '0001-01-01T00:00:00.001Z'],
])('the instant %j becomes %j', (sent, created_at) => {
  const { content } = normalize({ engagement: { id: 1, type: 'NOTE', createdAt: sent } });
  expect(content).toMatchObject({
    created_at,
    extra: created_at === null ? { createdAt: sent } : {},
  });
});

test.each(['+010000-01-01T00:00:00Z', '0000-12-31T23:59:59Z', '-000001-01-01T00:00:00Z'])(
  'the instant %s is out of range',
  (lastUpdated) => {
    expect(normalize({ engagement: { id: 1, type: 'NOTE', lastUpdated } })).toEqual({
      reject: `lastUpdated ${lastUpdated} is out of range`,
    });
  },
);
