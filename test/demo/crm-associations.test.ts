import { afterEach, expect, test } from 'vitest';
import { exactNumber } from '../../src/json.ts';
import { ask, askJson, record } from '../portal/ask.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';

let portal: Portal;
const NOW = '2026-11-24T01:02:03.004Z';
const start = async (options: PortalOptions) => {
  portal = await startPortal({ clock: { now: () => new Date(NOW) }, ...options });
};
afterEach(() => portal.close());

const READ = '/crm/associations/2026-09/notes/contacts/batch/read';
const note = (id: number, ...contactIds: unknown[]) => ({
  ...record(id),
  associations: { contactIds },
});
const plain = { category: 'HUBSPOT_DEFINED', typeId: 202 };
const ORIGINAL_TICKET = { category: 'USER_DEFINED', typeId: 43, label: 'Original ticket' };
const ask2 = (ids: unknown[]) => ask(portal, READ, { body: JSON.stringify({ inputs: ids }) });

test('answers the ids of each input with the labels of each', async () => {
  await start({ engagements: [note(1, 9, 7), note(2, 5)] });
  const answer = await ask2([{ id: '2' }, { id: '1' }]);
  expect([answer.status, answer.text]).toEqual([
    200,
    '{"status":"COMPLETE","results":[' +
      '{"from":{"id":"2"},"to":[{"toObjectId":"5","associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":202}]}]},' +
      '{"from":{"id":"1"},"to":[{"toObjectId":"7","associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":202},' +
      '{"category":"USER_DEFINED","typeId":37,"label":"Main point of contact"}]},' +
      '{"toObjectId":"9","associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":202}]}]}' +
      `],"startedAt":"${NOW}","completedAt":"${NOW}"}`,
  ]);
});

test('ids without any are errors and no results, in a 207: of no contacts, unknown, removed, of another type', async () => {
  await start({ engagements: [note(1, 5), note(2), note(3, 6), record(4, { type: 'CALL' })] });
  portal.store.remove(3);
  const answer = await ask2(['1', '2', '3', '4', '99'].map((id) => ({ id })));
  const body = JSON.parse(answer.text);
  expect([answer.status, body.numErrors]).toEqual([207, 4]);
  expect(body.results).toEqual([
    { from: { id: '1' }, to: [{ toObjectId: '5', associationTypes: [plain] }] },
  ]);
  expect(body.errors.map(({ message }: { message: string }) => message)).toEqual(
    [2, 3, 4, 99].map((id) => `No contact is associated with note ${id}.`),
  );
  expect(body.errors[0]).toEqual({
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'No contact is associated with note 2.',
    context: { fromObjectId: ['2'], fromObjectType: ['note'], toObjectType: ['contact'] },
    errors: [],
    links: {},
  });
});

test('a long list goes on from its own cursor, each id once', async () => {
  const ids = [14, 3, 8, 21, 5];
  await start({ engagements: [note(1, ...ids), note(2, 4)], batchAssociations: 2 });
  const found: string[] = [];
  let inputs: { id: string; after?: string }[] = [{ id: '1' }, { id: '2' }];
  while (inputs.length > 0) {
    const { results } = await askJson(portal, READ, { inputs });
    for (const { from, to } of results) {
      if (from.id === '1')
        found.push(...to.map(({ toObjectId }: { toObjectId: string }) => toObjectId));
    }
    inputs = results.flatMap(({ from, paging }: { from: object; paging?: { next: object } }) =>
      paging ? [{ ...from, ...paging.next }] : [],
    );
  }
  expect(found).toEqual(['3', '5', '8', '14', '21']);
});

test('ids beyond 2^53 keep their digits', async () => {
  await start({ engagements: [note(1, exactNumber(9_007_199_254_740_992, '9007199254740993'))] });
  expect((await ask2([{ id: '1' }])).text).toContain('"toObjectId":"9007199254740993",');
});

test('takes 1,000 inputs and no more, and only ids', async () => {
  await start({ engagements: [note(7, 7)] });
  const thousand = Array.from({ length: 1_000 }, () => ({ id: '7' }));
  expect(JSON.parse((await ask2(thousand)).text).results).toHaveLength(1_000);
  for (const inputs of [[...thousand, { id: '7' }], [{}], [null], [{ id: 'x' }]]) {
    expect((await ask2(inputs)).status).toBe(400);
  }
  expect((await ask(portal, READ, { body: '{}' })).status).toBe(400);
  expect((await ask(portal, READ.replace('contacts', 'quotes'), { body: '{}' })).status).toBe(400);
  expect((await ask(portal, READ)).status).toBe(405);
});

test('serves v4 in the same shape', async () => {
  await start({
    engagements: [{ ...record(1, { type: 'POSTAL_MAIL' }), associations: { ticketIds: [14] } }],
  });
  const path = '/crm/v4/associations/0-116/ticket/batch/read';
  expect((await askJson(portal, path, { inputs: [{ id: 1 }] })).results).toEqual([
    {
      from: { id: '1' },
      to: [{ toObjectId: '14', associationTypes: [{ ...plain, typeId: 455 }, ORIGINAL_TICKET] }],
    },
  ]);
});

test('the labels between two types are told, with the numbers that the answers use', async () => {
  await start({ engagements: [] });
  expect(await askJson(portal, '/crm/associations/2026-09/calls/deals/labels')).toEqual({
    results: [
      { category: 'HUBSPOT_DEFINED', typeId: 206 },
      { category: 'USER_DEFINED', typeId: 41, label: 'Deciding deal' },
    ],
  });
});
