import { afterEach, describe, expect, test } from 'vitest';
import { ask, askJson, record } from '../portal/ask.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';

let portal: Portal;
const start = async (options: PortalOptions) => {
  portal = await startPortal({ rateLimit: { searchesPerSecond: 1_000 }, ...options });
};
afterEach(() => portal.close());

const SEARCH = '/crm/objects/2026-09/notes/search';
const search = (body: object) => askJson(portal, SEARCH, body);
const filters = (...list: object[]) => ({ filterGroups: [{ filters: list }] });
const idsOf = (page: { results: { id: string }[] }) => page.results.map(({ id }) => Number(id));

/** Made and modified at so many ms after the epoch. */
const note = (id: number, createdAt: number, lastUpdated: number) =>
  record(id, { createdAt, lastUpdated });
const NOTES = [note(1, 400, 1_000), note(2, 300, 3_000), note(3, 200, 2_000), note(10, 100, 2_000)];

test('answers total, results without associations, and a page as an offset', async () => {
  const linked = { ...note(4, 0, 1_500_000_000_000), associations: { contactIds: [1] } };
  await start({ engagements: [linked, note(5, 0, 0), record(6, { type: 'CALL' })] });
  const { text } = await ask(portal, SEARCH, {
    body: JSON.stringify({ limit: 1, properties: ['hs_timestamp'] }),
  });
  expect(text).toBe(
    '{"total":2,"results":[{"id":"4","properties":{"hs_createdate":"1970-01-01T00:00:00.000Z","hs_lastmodifieddate":"2017-07-14T02:40:00.000Z",' +
      '"hs_object_id":"4","hs_timestamp":"2017-07-14T02:40:00.000Z"},"createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"2017-07-14T02:40:00.000Z",' +
      '"archived":false}],"paging":{"next":{"after":"1"}}}',
  );
  const last = await search({ limit: 1, after: '1' });
  expect([idsOf(last), last.paging]).toEqual([[5], undefined]);
});

describe('filters', () => {
  test.each([
    [[{ propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: '2000' }], [10, 3, 2]],
    [[{ propertyName: 'hs_lastmodifieddate', operator: 'GT', value: 2000 }], [2]],
    [[{ propertyName: 'hs_lastmodifieddate', operator: 'LT', value: '2000' }], [1]],
    [[{ propertyName: 'hs_lastmodifieddate', operator: 'LTE', value: '2000' }], [10, 3, 1]],
    [[{ propertyName: 'hs_lastmodifieddate', operator: 'EQ', value: '1970-01-01T00:00:03Z' }], [2]],
    [
      [
        {
          propertyName: 'hs_lastmodifieddate',
          operator: 'BETWEEN',
          value: '1000',
          highValue: '1970-01-01T00:00:02.000Z',
        },
      ],
      [10, 3, 1],
    ],
    [[{ propertyName: 'hs_object_id', operator: 'GT', value: '2' }], [10, 3]],
    [[{ propertyName: 'hs_createdate', operator: 'LTE', value: '200' }], [10, 3]],
    [
      [
        { propertyName: 'hs_object_id', operator: 'GT', value: '1' },
        { propertyName: 'hs_lastmodifieddate', operator: 'LT', value: '3000' },
      ],
      [10, 3],
    ],
  ])('%j', async (list, ids) => {
    await start({ engagements: NOTES });
    const page = await search(filters(...list));
    expect([idsOf(page), page.total]).toEqual([ids, ids.length]);
  });

  test('groups are alternatives', async () => {
    await start({ engagements: NOTES });
    const equals = (id: string) => ({
      filters: [{ propertyName: 'hs_object_id', operator: 'EQ', value: id }],
    });
    expect(idsOf(await search({ filterGroups: [equals('3'), equals('1')] }))).toEqual([3, 1]);
  });
});

test.each([
  [undefined, [10, 3, 2, 1]],
  [[{ propertyName: 'hs_object_id', direction: 'ASCENDING' }], [1, 2, 3, 10]],
  [[{ propertyName: 'hs_object_id', direction: 'DESCENDING' }], [10, 3, 2, 1]],
  [['-hs_object_id'], [10, 3, 2, 1]],
  [['hs_lastmodifieddate'], [1, 3, 10, 2]],
  [[{ propertyName: 'hs_lastmodifieddate', direction: 'ASCENDING' }], [1, 3, 10, 2]],
])('sorted by %j', async (sorts, ids) => {
  await start({ engagements: NOTES });
  expect(idsOf(await search({ sorts }))).toEqual(ids);
});

test('a window walked by hs_object_id > last finds every record once, though they share one millisecond', async () => {
  await start({ engagements: Array.from({ length: 25 }, (_, n) => note(n + 1, 0, 5_000)) });
  const ids: number[] = [];
  for (let last = 0; ; last = ids.at(-1) ?? 0) {
    const page = await search({
      ...filters(
        { propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: '5000' },
        { propertyName: 'hs_object_id', operator: 'GT', value: String(last) },
      ),
      sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
      limit: 10,
    });
    ids.push(...idsOf(page));
    if (page.paging === undefined) break;
  }
  expect(ids).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
});

test('nothing beyond 10,000 results, though the total counts them all', async () => {
  await start({ size: 12_000 });
  const emails = (body: object) =>
    ask(portal, '/crm/objects/2026-09/emails/search', { body: JSON.stringify(body) });
  const last = JSON.parse((await emails({ limit: 200, after: '9800' })).text);
  expect([last.results.length, last.paging]).toEqual([200, { next: { after: '10000' } }]);
  expect(last.total).toBeGreaterThan(10_000);
  const refused = await emails({ limit: 200, after: '10000' });
  expect([refused.status, JSON.parse(refused.text)]).toEqual([
    400,
    {
      status: 'error',
      message:
        'Invalid input JSON: paging beyond 10000 results is not possible: narrow the filters',
      correlationId: refused.headers['x-hubspot-correlation-id'],
      category: 'VALIDATION_ERROR',
    },
  ]);
});

test('archived records are not found', async () => {
  await start({ engagements: NOTES });
  portal.store.remove(3);
  expect(idsOf(await search({}))).toEqual([10, 2, 1]);
});

test.each([
  { limit: 201 },
  { limit: 'x' },
  { after: 'x' },
  { query: 'text' },
  { filterGroups: {} },
  { filterGroups: [null] },
  { filterGroups: Array.from({ length: 7 }, () => ({ filters: [] })) },
  { sorts: [{ propertyName: 'hs_object_id' }, { propertyName: 'hs_createdate' }] },
  { sorts: [{ propertyName: 'hs_note_body' }] },
  filters({ propertyName: 'hs_object_id', operator: 'CONTAINS', value: '1' }),
  filters({ propertyName: 'hs_object_id', operator: 'EQ', value: 'x' }),
  filters({ propertyName: 'hs_createdate', operator: 'BETWEEN', value: '1' }),
])('refuses %j', async (body) => {
  await start({ engagements: NOTES });
  const answer = await ask(portal, SEARCH, { body: JSON.stringify(body) });
  expect([answer.status, JSON.parse(answer.text).category]).toEqual([400, 'VALIDATION_ERROR']);
});

test('refuses a body that is not JSON, and a GET', async () => {
  await start({ engagements: NOTES });
  expect((await ask(portal, SEARCH, { body: '{' })).status).toBe(400);
  const got = await ask(portal, SEARCH);
  expect([got.status, got.headers['allow']]).toEqual([405, 'POST']);
});
