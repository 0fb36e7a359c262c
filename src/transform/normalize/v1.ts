import { isObject, type JsonObject, setKey } from '../../json.ts';
import type { Id, RowContent } from '../../model/row.ts';
import {
  createContent,
  findIdReject,
  findPortalReject,
  keep,
  keepMisfit,
  type Normalized,
  outOfRange,
  toTitle,
} from './content.ts';
import { V1_FIELDS } from './fields.ts';
import { sortIds, toId, toIds } from './ids.ts';
import { OUT_OF_RANGE } from './instants.ts';
import { CONVERT } from './values.ts';

/** The fields of `engagement` that have a column; all others go to `extra`. */
const MAPPED_FIELDS = new Set([
  'portalId',
  'id',
  'type',
  'active',
  ...V1_FIELDS.map(({ v1 }) => v1),
]);
const MAPPED_KEYS = new Set(['engagement', 'associations', 'attachments', 'metadata']);

/**
 * The row of one record of the engagements v1 API (an item of `results`). `portalId` is the run's portal; null when
 * the run does not know it. A value that does not fit its column leaves it null and stays in `extra` under its own
 * name; nothing is dropped. Pure: `record` is not changed, though the row shares parts with it.
 */
export function normalizeV1(record: unknown, portalId: Id | null): Normalized {
  if (!isObject(record)) return { reject: 'not an object' };
  const { engagement } = record;
  if (!isObject(engagement)) return { reject: 'no engagement object' };
  const misplaced = findReject(engagement, portalId);
  if (misplaced !== undefined) return { reject: misplaced };

  const portal = toId(engagement['portalId']) ?? (portalId as Id);
  const content = createContent(portal, toId(engagement['id']) as Id, engagement['type'] as string);
  const { extra } = content;
  for (const key of Object.keys(engagement)) {
    if (!MAPPED_FIELDS.has(key)) setKey(extra, key, engagement[key]);
  }
  const { active } = engagement;
  if (typeof active === 'boolean') content.active = active;
  else keepMisfit(extra, 'active', active);
  for (const { column, v1, as } of V1_FIELDS) {
    const value = engagement[v1];
    if (value === undefined || value === null) continue;
    const converted = CONVERT[as](value);
    if (converted === OUT_OF_RANGE) return outOfRange(v1, value);
    if (converted === undefined) setKey(extra, v1, value);
    else (content as JsonObject)[column] = converted;
  }
  content.associations = takeAssociations(record['associations'], extra);
  content.attachments = takeAttachments(record['attachments'], extra);
  if (isObject(record['metadata'])) content.metadata = record['metadata'];
  else keepMisfit(extra, 'metadata', record['metadata']);
  content.title = toTitle(content.metadata);
  for (const key of Object.keys(record)) {
    if (!MAPPED_KEYS.has(key)) keep(extra, key, record[key]);
  }
  return { content };
}

function findReject(engagement: JsonObject, runPortalId: Id | null): string | undefined {
  const misplaced = findIdReject(engagement['id']);
  if (misplaced !== undefined) return misplaced;
  if (typeof engagement['type'] !== 'string' || engagement['type'] === '') return 'no type';
  return findPortalReject(engagement['portalId'], runPortalId);
}

/** Id arrays by object type: `marketingEventIds` becomes `marketing_event`, and so does any kind HubSpot adds. */
function takeAssociations(value: unknown, extra: JsonObject): RowContent['associations'] {
  const associations: RowContent['associations'] = {};
  if (!isObject(value)) {
    keepMisfit(extra, 'associations', value);
    return associations;
  }
  for (const key of Object.keys(value)) {
    const sent = value[key];
    const kind = toObjectType(key);
    if (kind === null) {
      keep(extra, `associations.${key}`, sent);
      continue;
    }
    const ids = toIds(sent);
    if (ids === undefined) keepMisfit(extra, `associations.${key}`, sent);
    else if (ids.length > 0) associations[kind] = sortIds(ids);
  }
  return associations;
}

function takeAttachments(value: unknown, extra: JsonObject): Id[] {
  if (Array.isArray(value) && value.length === 0) return [];
  const ids = Array.isArray(value)
    ? toIds(value.map((attachment) => (isObject(attachment) ? attachment['id'] : undefined)))
    : undefined;
  const onlyIds =
    ids !== undefined &&
    (value as object[]).every((attachment) => Object.keys(attachment).length === 1);
  // Should HubSpot add a field to attachments, the ids must not vanish from their table.
  if (!onlyIds) keepMisfit(extra, 'attachments', value);
  return ids ?? [];
}

const objectTypes = new Map<string, string | null>();

/** `marketingEventIds` → `marketing_event`; null for a key that is not made like that. */
function toObjectType(key: string): string | null {
  let objectType = objectTypes.get(key);
  if (objectType === undefined) {
    const [, kind] = /^([a-z][A-Za-z0-9]*)Ids$/.exec(key) ?? [];
    objectType = kind?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) ?? null;
    if (objectTypes.size < 1000) objectTypes.set(key, objectType);
  }
  return objectType;
}
