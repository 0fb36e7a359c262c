import { expect, test } from 'vitest';
import { type FieldCount, MAX_FIELDS } from '../../src/transform/field-census.ts';
import { createTotals } from '../../src/transform/totals.ts';

const toBatch = (fields: FieldCount[]) => ({
  lines: new Uint8Array(0),
  lineEnds: [1],
  rejectLines: new Uint8Array(0),
  rejects: [{ reason: 'no id', page: 'p', index: fields.length }],
  replacedCharacters: 2,
  invalidUtf8: 3,
  redacted: 1,
  fields,
});
const toField = (name: string): FieldCount => ({
  type: 'NOTE',
  field: `metadata.${name}`,
  kind: 'string',
  rows: 1,
  example: `p#${name}`,
});
const some = (letter: string): FieldCount[] =>
  Array.from({ length: MAX_FIELDS }, (_, n) => toField(`${letter}${n}`));

test('what tasks counted is what the run would have counted', () => {
  const batches = [toBatch(some('f')), toBatch([...some('g'), toField('f0')]), toBatch([])];
  const [whole, summed] = [createTotals(), createTotals()];
  for (const batch of batches) {
    whole.add(batch);
    const task = createTotals(10 * MAX_FIELDS);
    task.add(batch);
    summed.addSum(JSON.parse(JSON.stringify(task.sum())));
  }
  expect(summed.sum()).toEqual(whole.sum());
  expect(summed.fields()['NOTE']?.['metadata.f0']).toEqual({
    string: { rows: 2, example: 'p#f0' },
  });
  expect(summed.counts()).toMatchObject({
    records: 6,
    rows: 3,
    rejects: 3,
    redacted: 3,
    invalidUtf8: 9,
  });
  expect(summed.reasons()).toEqual([{ reason: 'no id', count: 3, example: `p#${MAX_FIELDS}` }]);
});
