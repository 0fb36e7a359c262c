import { isRawNumber } from '../json.ts';
import type { Id, RowContent } from '../model/row.ts';
import {
  findIdReject,
  findPortalReject,
  isObject,
  type JsonObject,
  keep,
  keepMisfit,
  type Normalized,
  outOfRange,
  toTitle,
} from './row-content.ts';
import { setKey } from './sort-keys.ts';
import { sortIds, toId, toIds } from './to-id.ts';
import { OUT_OF_RANGE, toInstant } from './to-instant.ts';

/** The fields of `engagement` that have a column; all others go to `extra`. */
const MAPPED_FIELDS = new Set(
  `portalId id type active createdAt lastUpdated timestamp ownerId teamId createdBy modifiedBy source sourceId
   activityType bodyPreview`.split(/\s+/),
);
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

  const extra: JsonObject = {};
  for (const key of Object.keys(engagement)) {
    if (!MAPPED_FIELDS.has(key)) setKey(extra, key, engagement[key]);
  }
  const take = <T>(field: string, convert: (value: unknown) => T | undefined): T | null => {
    const value = engagement[field];
    if (value === undefined || value === null) return null;
    const converted = convert(value);
    if (converted !== undefined) return converted;
    setKey(extra, field, value);
    return null;
  };

  const createdAt = take('createdAt', toInstant);
  const updatedAt = take('lastUpdated', toInstant);
  const occurredAt = take('timestamp', toInstant);
  if (createdAt === OUT_OF_RANGE) return outOfRange('createdAt', engagement['createdAt']);
  if (updatedAt === OUT_OF_RANGE) return outOfRange('lastUpdated', engagement['lastUpdated']);
  if (occurredAt === OUT_OF_RANGE) return outOfRange('timestamp', engagement['timestamp']);

  const metadata = isObject(record['metadata']) ? record['metadata'] : {};
  const content: RowContent = {
    portal_id: toId(engagement['portalId']) ?? (portalId as Id),
    id: toId(engagement['id']) as Id,
    type: engagement['type'] as string,
    active: take('active', toBoolean),
    created_at: createdAt,
    updated_at: updatedAt,
    occurred_at: occurredAt,
    owner_id: take('ownerId', toId),
    team_id: take('teamId', toId),
    created_by: take('createdBy', toId),
    modified_by: take('modifiedBy', toId),
    source: take('source', toText),
    source_id: take('sourceId', toTextOrDigits),
    activity_type: take('activityType', toText),
    title: toTitle(metadata),
    body_preview: take('bodyPreview', toText),
    associations: takeAssociations(record['associations'], extra),
    // v1 knows none.
    association_labels: {},
    attachments: takeAttachments(record['attachments'], extra),
    metadata,
    extra,
    archived_at: null,
  };
  if (metadata !== record['metadata']) keepMisfit(extra, 'metadata', record['metadata']);
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
function takeAssociations(value: unknown, extra: JsonObject): Record<string, Id[]> {
  const associations: Record<string, Id[]> = {};
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

function toBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function toTextOrDigits(value: unknown): string | undefined {
  if (isRawNumber(value)) return value.rawJSON;
  return Number.isSafeInteger(value) ? String(value) : toText(value);
}
