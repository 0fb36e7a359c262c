import { describe, expect, test } from 'vitest';
import { createStore, type Store } from '../../src/demo/store.ts';
import { parseJson } from '../../src/json.ts';
import { record } from '../portal/ask.ts';
import { toStoredRecords } from '../portal/to-stored-records.ts';

const LIFE = 1_500_000_000_000;
const storeOf = (...records: unknown[]) => createStore(toStoredRecords(records));

const readAfter = (store: Store, cursor: number | bigint, limit: number) => {
  const slice = store.after(cursor, limit);
  return { ...slice, records: slice.records.map((stored) => stored.read()) };
};

test('a slice begins above the cursor, ascending, and says whether there is more', () => {
  const store = storeOf(record(30), record(10), record(20));
  expect(readAfter(store, 0, 2)).toEqual({
    records: [record(10), record(20)],
    last: 20n,
    hasMore: true,
  });
  expect(readAfter(store, 20, 2)).toEqual({ records: [record(30)], last: 30n, hasMore: false });
  expect(readAfter(store, 15, 1)).toEqual({ records: [record(20)], last: 20n, hasMore: true });
  expect(readAfter(store, 99, 5)).toEqual({ records: [], last: 99n, hasMore: false });
});

test('records come and go between slices', () => {
  const store = storeOf(record(10), record(30));
  store.add(record(20));
  store.update(30, record(30, { type: 'CALL' }));
  expect(readAfter(store, 0, 9).records).toEqual([
    record(10),
    record(20),
    record(30, { type: 'CALL' }),
  ]);
  store.remove(10);
  expect(store.find(10)).toBeUndefined();
  expect(store.find(20)?.read()).toEqual(record(20));
  expect(store.size).toBe(2);
});

test('a change that makes no sense is refused', () => {
  const store = storeOf(record(10));
  expect(() => store.add(record(10))).toThrow('record 10 exists already');
  expect(() => store.add(record('x'))).toThrow('a record needs an integer as its id');
  expect(() => store.update(11, record(11))).toThrow('no living record 11');
  expect(() => store.remove(9)).toThrow('no living record 9');
  expect(store.size).toBe(1);
});

test('odd records come out too: without an id behind the one before, equal ids on one page', () => {
  const store = storeOf(record(20), null, record(10), { engagement: {} }, record(10));
  expect(readAfter(store, 0, 1)).toEqual({
    records: [record(10), { engagement: {} }, record(10)],
    last: 10n,
    hasMore: true,
  });
  expect(readAfter(store, 10, 1)).toEqual({
    records: [record(20), null],
    last: 20n,
    hasMore: false,
  });
});

test('ids beyond 2^53 keep their digits and their order', () => {
  const long = (digits: string) => parseJson(`{"engagement":{"id":${digits}}}`);
  const store = storeOf(long('9007199254740995'), long('9007199254740993'));
  expect(readAfter(store, 9007199254740993n, 5)).toMatchObject({
    last: 9007199254740995n,
    hasMore: false,
  });
  expect(JSON.stringify(store.find(9007199254740993n)?.read())).toBe(
    '{"engagement":{"id":9007199254740993}}',
  );
});

describe('time', () => {
  const timedStore = () =>
    createStore(toStoredRecords([record(10), record(20)]), () => LIFE + 1_000);

  test('an update merges the parts of a record, and touches it at the instant of the clock or a given one', () => {
    const store = timedStore();
    store.update(10, { metadata: { body: 'new' }, attachments: [{ id: 7 }] });
    store.update(10, { associations: { dealIds: [5] } }, { at: LIFE + 2_000 });
    const { engagement, associations, ...rest } = record(10);
    expect(store.find(10)?.read()).toEqual({
      engagement: { ...engagement, lastUpdated: LIFE + 2_000 },
      associations: { ...associations, dealIds: [5] },
      ...rest,
      metadata: { body: 'new' },
      attachments: [{ id: 7 }],
    });
    expect(store.after(0, 1).records[0]).toMatchObject({ lastUpdated: LIFE + 2_000 });
  });

  test('an edit of associations may leave lastUpdated alone', () => {
    const store = timedStore();
    store.update(10, { associations: { dealIds: [5] } }, { touch: false });
    const old = record(10);
    expect(store.find(10)?.read()).toEqual({
      ...old,
      associations: { ...old.associations, dealIds: [5] },
    });
    expect(store.after(0, 1).records[0]).toMatchObject({ lastUpdated: LIFE });
  });

  test('what is removed lies in the recycle bin with its instant', () => {
    const store = timedStore();
    store.remove(10, { at: LIFE + 500 });
    expect(store.size).toBe(1);
    expect(readAfter(store, 0, 9).records).toEqual([record(20)]);
    expect(store.from(0n, 9, ({ archivedAt }) => archivedAt !== null)).toMatchObject({
      records: [{ id: 10n, archivedAt: LIFE + 500 }],
      next: undefined,
    });
    expect(() => store.add(record(10))).toThrow('record 10 exists already');
    expect(() => store.update(10, {})).toThrow('no living record 10');
  });

  test('hasMore looks past what was removed', () => {
    const store = timedStore();
    store.remove(20);
    expect(readAfter(store, 0, 1)).toEqual({ records: [record(10)], last: 10n, hasMore: false });
  });
});
