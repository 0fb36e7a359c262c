import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type JsonObject, parseJson } from '../../../src/json.ts';
import type { ObjectTypeName } from '../../../src/model/object-types.ts';
import type { RowContent } from '../../../src/model/row.ts';
import { isRedacted } from '../../../src/transform/normalize/is-redacted.ts';
import { normalizeObject } from '../../../src/transform/normalize/objects.ts';
import { normalizeV1 } from '../../../src/transform/normalize/v1.ts';

/** An engagement as each API sends it, and the places in its row that one of them knows nothing of. */
interface Twin {
  name: string;
  objectType: ObjectTypeName;
  v1: unknown;
  object: unknown;
  onlyV1: string[];
  onlyObjects: string[];
}

const file = new URL('../../fixtures/objects/twins.json', import.meta.url);
const twins = parseJson(readFileSync(file, 'utf8')) as Twin[];

/** What a row knows, by its place: `metadata.to`, `associations.contact`, `owner_id`. */
function toKnown(content: RowContent): Map<string, string> {
  const known = new Map<string, string>();
  const add = (place: string, value: unknown): void => {
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return;
    known.set(place, JSON.stringify(value));
  };
  for (const [column, value] of Object.entries(content)) {
    if (!['associations', 'association_labels', 'metadata', 'extra'].includes(column))
      add(column, value);
    else
      for (const [key, item] of Object.entries(value as JsonObject)) add(`${column}.${key}`, item);
  }
  return known;
}

const without = (known: Map<string, string>, places: string[]) =>
  new Map([...known].filter(([place]) => !places.includes(place)).sort());

test.each(twins)('$name: both APIs give the same row', (twin) => {
  const { content: fromV1 } = normalizeV1(twin.v1, 62515) as { content: RowContent };
  const page = { portalId: 62515, objectType: twin.objectType, labelNames: {} };
  const { content: fromObject } = normalizeObject(twin.object, page) as { content: RowContent };
  const [v1, object] = [toKnown(fromV1), toKnown(fromObject)];
  expect(without(object, twin.onlyObjects)).toEqual(without(v1, twin.onlyV1));
  // The lists are no more than the truth: what they name, one of the two knows nothing of.
  expect(twin.onlyV1.filter((place) => object.has(place) || !v1.has(place))).toEqual([]);
  expect(twin.onlyObjects.filter((place) => v1.has(place) || !object.has(place))).toEqual([]);
  expect(isRedacted(fromV1)).toBe(twin.name === 'redacted e-mail');
  expect(isRedacted(fromObject)).toBe(twin.name === 'redacted e-mail');
});
