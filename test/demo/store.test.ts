import { expect, test } from 'vitest';
import { createStore, type Store, toStoredRecords } from '../../src/demo/store.ts';
import { parseJson } from '../../src/json.ts';
import { record } from './ask.ts';

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
  expect(store.get(10)).toBeUndefined();
  expect(store.get(20)).toEqual(record(20));
  expect(store.size).toBe(2);
});

test('a change that makes no sense is refused', () => {
  const store = storeOf(record(10));
  expect(() => store.add(record(10))).toThrow('the store has engagement 10 already');
  expect(() => store.add(record('x'))).toThrow('an engagement needs an integer as engagement.id');
  expect(() => store.update(11, record(11))).toThrow('the store has no engagement 11');
  expect(() => store.remove(9)).toThrow('the store has no engagement 9');
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
  expect(JSON.stringify(store.get(9007199254740993n))).toBe(
    '{"engagement":{"id":9007199254740993}}',
  );
});
