import type { Id, RowContent } from '../model/row.ts';
import { INCOMPLETE } from './join-page-group.ts';
import { EXTRA_FIELDS, OBJECT_KINDS, type ObjectKind } from './object-fields.ts';
import { readProperties } from './read-properties.ts';
import { REAL, type RealText } from './real-text.ts';
import {
  findIdReject,
  findPortalReject,
  isObject,
  type JsonObject,
  type Normalized,
  toTitle,
} from './row-content.ts';
import { takeObjectAssociations, toAssociationKind } from './take-object-associations.ts';
import { toId } from './to-id.ts';

/** What the records of a page of the CRM objects API have in common and do not say. */
export interface ObjectPage {
  /** The run's portal; null when the run does not know it. */
  portalId: Id | null;
  /** As in the API's path: `calls`, `communications`, `emails`, `meetings`, `notes`, `postal_mail`, `tasks`. */
  objectType: string;
}

/**
 * The row of one record of the CRM objects API: an item of the `results` of a list or a search, completed by
 * {@link joinPageGroup}. It is what {@link normalizeV1} gives for the same engagement, wherever both know the field;
 * object-fields.ts says which property is which. A property that v1 has nothing like, or whose value does not fit,
 * goes to `extra` under its own name; null says the same as no property. `text` reads the record's texts; the row's have
 * the same form. Pure: `record` is not changed.
 */
export function normalizeObject(
  record: unknown,
  { portalId, objectType }: ObjectPage,
  text: RealText = REAL,
): Normalized {
  if (!isObject(record)) return { reject: 'not an object' };
  const { [INCOMPLETE]: incomplete } = record as { [INCOMPLETE]?: string };
  if (incomplete !== undefined) return { reject: incomplete };
  const misplaced = findIdReject(record['id']) ?? findPortalReject(null, portalId);
  if (misplaced !== undefined) return { reject: misplaced };
  const { properties } = record;
  if (!isObject(properties)) return { reject: 'no properties object' };

  const kind = findKind(objectType, text);
  const reader = readProperties(record, properties, text);
  const metadata: JsonObject = {};
  const extra: JsonObject = {};
  reader.takeFields(kind.metadata, metadata);
  if (kind.type === 'EMAIL') reader.takePeople(metadata);
  reader.takeFields(EXTRA_FIELDS, extra);
  const { associations, cut } = takeObjectAssociations(record['associations'], extra);
  if (cut !== undefined) return { reject: `its ${cut} go on beyond the page` };

  const content: RowContent = {
    portal_id: portalId as Id,
    id: toId(record['id']) as Id,
    type: reader.takeType(kind),
    // v1's "shown in HubSpot's pages" is not known here, but for what is archived.
    active: record['archived'] === true ? false : null,
    created_at: reader.takeColumn('created_at'),
    updated_at: reader.takeColumn('updated_at'),
    occurred_at: reader.takeColumn('occurred_at'),
    owner_id: reader.takeColumn('owner_id'),
    team_id: reader.takeColumn('team_id'),
    created_by: reader.takeColumn('created_by'),
    modified_by: reader.takeColumn('modified_by'),
    source: reader.takeColumn('source'),
    source_id: reader.takeColumn('source_id'),
    activity_type: reader.takeColumn('activity_type'),
    title: toTitle(metadata),
    body_preview: reader.takeColumn('body_preview'),
    associations,
    association_labels: {},
    attachments: reader.takeColumn('attachments') ?? [],
    metadata,
    extra,
    archived_at: reader.takeArchivedAt(),
  };
  reader.keepTheRest(extra, content.id);
  return reader.findReject() ?? { content };
}

/** An object type that is new to us keeps its name, and all its properties in `extra`. */
function findKind(objectType: string, text: RealText): ObjectKind {
  if (Object.hasOwn(OBJECT_KINDS, objectType)) return OBJECT_KINDS[objectType] as ObjectKind;
  const type = text.write(toAssociationKind(objectType).toUpperCase()) as string;
  return { type, metadata: [] };
}
