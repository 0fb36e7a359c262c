import type { EngagementRow, Id } from '../archive/row.ts';
import { isRawNumber } from '../json.ts';
import { setKey } from './sort-keys.ts';
import { idToText, sortIds, toId, toPositiveId } from './to-id.ts';
import { OUT_OF_RANGE, toInstant } from './to-instant.ts';

/** What a row says of its engagement: the part of the row that its content_hash is over. */
export type RowContent = Omit<EngagementRow, 'api' | 'content_hash' | 'extracted_at' | 'raw_page'>;

/** A row's content, or the reason why the record cannot be one. */
export type Normalized = { content: RowContent } | { reject: string };

type JsonObject = Record<string, unknown>;

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
  if (createdAt === OUT_OF_RANGE) return outOfRange('createdAt', engagement);
  if (updatedAt === OUT_OF_RANGE) return outOfRange('lastUpdated', engagement);
  if (occurredAt === OUT_OF_RANGE) return outOfRange('timestamp', engagement);

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
    title: toTitle(metadata['subject']) ?? toTitle(metadata['title']) ?? null,
    body_preview: take('bodyPreview', toText),
    associations: takeAssociations(record['associations'], extra),
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
  const id = engagement['id'] ?? undefined;
  if (id === undefined) return 'no id';
  if (toPositiveId(id) === undefined) return 'id is not a positive integer within 64 bits';
  if (typeof engagement['type'] !== 'string' || engagement['type'] === '') return 'no type';
  const sent = engagement['portalId'] ?? runPortalId;
  if (sent === null) return 'no portalId';
  const portalId = toPositiveId(sent);
  if (portalId === undefined) return 'portalId is not a positive integer within 64 bits';
  if (runPortalId !== null && portalId !== runPortalId) {
    const texts = [idToText(portalId), idToText(runPortalId)];
    if (texts[0] !== texts[1]) return `portalId ${texts[0]} is not the run's ${texts[1]}`;
  }
  return undefined;
}

function outOfRange(field: string, engagement: JsonObject): Normalized {
  const value = engagement[field];
  const text = isRawNumber(value) ? value.rawJSON : String(value);
  return {
    reject: `${field} ${text.length > 40 ? `${text.slice(0, 40)}…` : text} is out of range`,
  };
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

/** Puts what has no column into `extra`: under `name`, or `record.<name>` where the engagement has such a field. */
function keep(extra: JsonObject, name: string, value: unknown): void {
  let free = name;
  while (Object.hasOwn(extra, free)) free = `record.${free}`;
  setKey(extra, free, value);
}

// For a column, null says the same as no field.
function keepMisfit(extra: JsonObject, name: string, value: unknown): void {
  if (value !== undefined && value !== null) keep(extra, name, value);
}

function toIds(value: unknown): Id[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids: Id[] = [];
  for (const item of value) {
    const id = toId(item);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
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

function toTitle(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}
