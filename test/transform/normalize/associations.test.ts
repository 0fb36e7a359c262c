import { expect, test } from 'vitest';
import { takeAssociations } from '../../../src/transform/normalize/associations.ts';

const names = { contacts: { 'USER_DEFINED/37': 'Boss', 'INTEGRATOR_DEFINED/37': 'Partner' } };

const labelsOf = (associationTypes: unknown[]) => {
  const associations = { contacts: { results: [{ id: '5', associationTypes }] } };
  const taken = takeAssociations(associations, {}, names, (name) => name);
  expect(taken.associations).toEqual({ contact: [5] });
  return taken.association_labels;
};

test.each([{}, { label: null }])(
  'a label that an answer does not tell is that of its definition: %j',
  (told) => {
    expect(labelsOf([{ category: 'USER_DEFINED', typeId: 37, ...told }])).toEqual({
      contact: { 5: ['Boss'] },
    });
  },
);

test("labels are distinct and ascending; HubSpot's own unlabelled type has none", () => {
  expect(
    labelsOf([
      { category: 'HUBSPOT_DEFINED', typeId: 194, label: null },
      { category: 'INTEGRATOR_DEFINED', typeId: 37 },
      { category: 'USER_DEFINED', typeId: 38, label: 'Ally' },
      { category: 'USER_DEFINED', typeId: 38, label: 'Ally' },
    ]),
  ).toEqual({ contact: { 5: ['Ally', 'Partner'] } });
  expect(labelsOf([{ category: 'HUBSPOT_DEFINED', typeId: 194, label: null }])).toEqual({});
});
