import { OBJECT_TYPES, type ObjectTypeName } from './object-types.ts';
import type { Api } from './row.ts';

/** What the pages of a stream hold. */
export type Stream =
  /** Engagements, which become rows; by the objects API those of one type, by v1 (null) of all. */
  | { holds: 'engagements'; objectType: ObjectTypeName | null }
  /** The labels that associations of one type with one kind (as the API names it) can have. */
  | { holds: 'labels'; objectType: ObjectTypeName; kind: string };

/** The name of v1's one stream. */
export const V1_STREAM = 'engagements';

/**
 * What the stream of this name holds, of an API's pages that complete no others: `calls`, `calls-archived`,
 * `labels.calls.contacts`. Null for one that this version does not know: its pages are archived, and nothing else.
 */
export function findStream(api: Api, name: string): Stream | null {
  if (api === 'v1') return name === V1_STREAM ? { holds: 'engagements', objectType: null } : null;
  const [first = '', second = '', kind, ...more] = name.split('.');
  if (first === 'labels' && isObjectType(second) && kind !== undefined && more.length === 0) {
    return { holds: 'labels', objectType: second, kind };
  }
  const objectType = name.replace(/-archived$/, '');
  return isObjectType(objectType) ? { holds: 'engagements', objectType } : null;
}

function isObjectType(name: string): name is ObjectTypeName {
  return Object.hasOwn(OBJECT_TYPES, name);
}
