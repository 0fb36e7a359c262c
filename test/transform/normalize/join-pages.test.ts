import { describe, expect, test } from 'vitest';
import { type Completing, joinPages } from '../../../src/transform/normalize/join-pages.ts';
import { normalizeObject } from '../../../src/transform/normalize/objects.ts';

const record = (id: string, properties = {}, rest = {}) => ({ id, properties, ...rest });
const nothing: Completing = { properties: [], associations: [], kinds: [] };
const join = (results: unknown[], completing: Partial<Completing>) =>
  joinPages({ file: 'notes-1.json', value: { results } }, { ...nothing, ...completing });
const page = { portalId: 1, objectType: 'notes', labelNames: {} } as const;

const answer = (...results: unknown[]) => ({ results });
const item = (id: string | number) => ({ id, associationTypes: [{ label: null }] });
const next = { next: { after: 'MTAw' } };
const to = (id: string, toIds: (string | number)[], paging?: object) => ({
  from: { id },
  to: toIds.map((toObjectId) => ({ toObjectId, associationTypes: [{ label: null }] })),
  ...(paging && { paging }),
});

describe('properties', () => {
  const further = answer(
    record('2', { c: '3', hs_object_id: '2' }),
    record('1', { b: '2', a: 'newer' }),
    record('3', { gone: 'x' }),
  );

  test('are joined by id, the first page first', () => {
    const records = [record('1', { a: '1' }), record('2', {})];
    expect(join(records, { properties: [{ file: 'notes-2.json', value: further }] })).toEqual([
      record('1', { a: '1', b: '2' }),
      record('2', { c: '3', hs_object_id: '2' }),
    ]);
    expect(records).toEqual([record('1', { a: '1' }), record('2', {})]);
  });

  test('that a page lacks make the record a reject that names the page', () => {
    const [joined] = join([record('9')], {
      properties: [{ file: 'notes-2.json', value: further }],
    });
    expect(normalizeObject(joined, page)).toEqual({
      reject: 'its further properties are missing in notes-2.json',
    });
  });

  test('what is no record stays what it is', () => {
    const properties = [{ file: 'notes-2.json', value: answer() }];
    expect(join([null, 5], { properties })).toEqual([null, 5]);
  });
});

describe('associations', () => {
  const long = { contacts: { results: [{ id: '5', type: 'note_to_contact' }], paging: next } };

  test('of a search come from their pages, and a record without any needs none', () => {
    const joined = join([record('1'), record('2')], {
      kinds: ['contacts', 'deals'],
      associations: [
        { file: 'c.json', kind: 'contacts', value: answer(to('1', [7, '3'])) },
        { file: 'd.json', kind: 'deals', value: answer() },
      ],
    });
    expect(joined).toEqual([
      record('1', {}, { associations: { contacts: { results: [item(7), item('3')] } } }),
      record('2'),
    ]);
  });

  test('of a long inline list are completed', () => {
    const [joined] = join([record('1', {}, { associations: long })], {
      associations: [
        { file: 'c1.json', kind: 'contacts', value: answer(to('1', [5, 6], next)) },
        { file: 'c2.json', kind: 'contacts', value: answer(to('1', [9007199254740991])) },
      ],
    });
    const normalized = normalizeObject(joined, page);
    expect(normalized).toMatchObject({
      content: { associations: { contact: [5, 6, 9007199254740991] }, extra: {} },
    });
  });

  test.each([
    [
      'an inline list goes on and no page has the rest',
      [record('1', {}, { associations: long })],
      {},
      'notes-1.json cannot be read: the page with further contacts of 1 is missing',
    ],
    [
      'an answer goes on and no page has the rest',
      [record('1')],
      {
        associations: [{ file: 'c1.json', kind: 'contacts', value: answer(to('1', [5], next)) }],
      },
      'c1.json cannot be read: the page with further contacts of 1 is missing',
    ],
    [
      'a search has no page of a kind',
      [record('1')],
      { kinds: ['deals'] },
      'notes-1.json cannot be read: the page with the deals of its records is missing',
    ],
    [
      'a page has no results',
      [record('1')],
      { properties: [{ file: 'p.json', value: {} }] },
      'p.json is damaged: "results" is not an array',
    ],
    [
      'an answer names no record',
      [record('1')],
      { associations: [{ file: 'c.json', kind: 'contacts', value: answer({ to: [] }) }] },
      'c.json cannot be read: a result of it has no from.id or no list',
    ],
    [
      'HubSpot could not answer for a record',
      [record('1')],
      {
        associations: [
          {
            file: 'c.json',
            kind: 'contacts',
            value: { results: [], errors: [{ category: 'INTERNAL_ERROR' }] },
          },
        ],
      },
      'c.json cannot be read: HubSpot answered with an error in it (INTERNAL_ERROR)',
    ],
  ])('throw when %s', (_case, records, completing, message) => {
    expect(() => join(records, completing as Partial<Completing>)).toThrow(
      expect.objectContaining({ code: 'ERR_ARCHIVE', message }),
    );
  });

  test.each([
    { category: 'OBJECT_NOT_FOUND', subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND' },
    { category: 'OBJECT_NOT_FOUND', subCategory: {} },
    { category: 'VALIDATION_ERROR', subCategory: { name: 'NO_ASSOCIATIONS_FOUND' } },
  ])('that a record has none is no error: %j', (error) => {
    const value = { results: [], errors: [error] };
    const associations = [{ file: 'c.json', kind: 'contacts', value }];
    expect(join([record('1')], { kinds: ['contacts'], associations })).toEqual([record('1')]);
  });
});
