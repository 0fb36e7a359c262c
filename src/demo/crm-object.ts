import { type LinkPages, toInlineAssociations } from './crm-associations.ts';
import { OBJECT_PROPERTIES, toPropertyValue } from './object-properties.ts';
import type { ObjectType, TargetType } from './object-types.ts';
import { type PortalData, viewRecord } from './portal-data.ts';
import type { StoredRecord } from './stored-record.ts';
import { toV1Parts } from './v1-parts.ts';

/** What is wanted of each object. */
export interface ObjectWish {
  type: ObjectType;
  /** Names; unknown ones are passed over. The three of {@link ALWAYS} come unasked. */
  properties: readonly string[];
  /** Kinds of associations; search gives none. */
  targets: readonly TargetType[];
  link: LinkPages;
}

/** Properties that every answer has. */
const ALWAYS = ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'];

/**
 * A record as the objects API returns it. HubSpot may leave out what is unset or give null for it: here its own
 * properties are left out and custom ones are null, so that a reader meets both.
 */
export function toCrmObject(
  record: StoredRecord & { archivedAt?: number | null },
  wish: ObjectWish,
  data: PortalData,
): Record<string, unknown> {
  const { archivedAt = null } = record;
  const parts = toV1Parts(viewRecord(record.read(), data));
  const wanted = new Set([...ALWAYS, ...wish.properties]);
  const properties = (OBJECT_PROPERTIES[wish.type.name] ?? [])
    .filter(({ name }) => wanted.has(name))
    .map(({ name, kind, read, custom }) => {
      const value = toPropertyValue(read(parts, record), kind);
      return [name, value ?? (custom ? null : undefined)] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const associations =
    archivedAt === null ? toInlineAssociations(record.id, parts, wish, data) : undefined;
  return {
    id: String(record.id),
    properties: Object.fromEntries(properties),
    createdAt: toPropertyValue(record.createdAt, 'instant'),
    updatedAt: toPropertyValue(record.lastUpdated, 'instant'),
    archived: archivedAt !== null,
    ...(archivedAt !== null && { archivedAt: new Date(archivedAt).toISOString() }),
    ...(associations !== undefined && { associations }),
  };
}
