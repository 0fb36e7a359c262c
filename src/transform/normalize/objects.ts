import { isObject, type JsonObject } from '../../json.ts';
import type { ObjectTypeName } from '../../model/object-types.ts';
import type { Id } from '../../model/row.ts';
import { type LabelNames, takeAssociations } from './associations.ts';
import {
  createContent,
  findIdReject,
  findPortalReject,
  type Normalized,
  toTitle,
} from './content.ts';
import { EXTRA_FIELDS, MAPPED_COLUMNS, OBJECT_KINDS } from './fields.ts';
import { toId } from './ids.ts';
import { INCOMPLETE } from './join-pages.ts';
import { readProperties } from './properties.ts';
import { REAL_TEXT, type TextForm } from './text-form.ts';

/** What the records of a page of the CRM objects API have in common and do not say. */
export interface ObjectPage {
  /** The run's portal; null when the run does not know it. */
  portalId: Id | null;
  objectType: ObjectTypeName;
  /** Of the associations of this type, in real text. */
  labelNames: LabelNames;
}

/**
 * The row of one record of the CRM objects API: an item of the `results` of a list or a search, completed by
 * {@link joinPages}. It is what {@link normalizeV1} gives for the same engagement, wherever both know the field;
 * fields.ts says which property is which. A property that v1 has nothing like, or whose value does not fit, goes to
 * `extra` under its own name; null says the same as no property. `text` is the form of the record's texts, which the
 * row's have as well. Pure: `record` is not changed.
 */
export function normalizeObject(
  record: unknown,
  { portalId, objectType, labelNames }: ObjectPage,
  text: TextForm = REAL_TEXT,
): Normalized {
  if (!isObject(record)) return { reject: 'not an object' };
  const { [INCOMPLETE]: incomplete } = record as { [INCOMPLETE]?: string };
  if (incomplete !== undefined) return { reject: incomplete };
  const misplaced = findIdReject(record['id']) ?? findPortalReject(null, portalId);
  if (misplaced !== undefined) return { reject: misplaced };
  const { properties } = record;
  if (!isObject(properties)) return { reject: 'no properties object' };

  const kind = OBJECT_KINDS[objectType];
  const reader = readProperties(record, properties, text);
  const content = createContent(portalId as Id, toId(record['id']) as Id, '');
  const { metadata, extra } = content;
  reader.takeFields(kind.metadata, metadata);
  if (kind.type === 'EMAIL') reader.takePeople(metadata);
  reader.takeFields(EXTRA_FIELDS, extra);
  content.type = reader.takeType(kind);
  const toText = (name: string): string => text.write(name) as string;
  Object.assign(content, takeAssociations(record['associations'], extra, labelNames, toText));
  // v1's "shown in HubSpot's pages" is not known here, but for what is archived.
  if (record['archived'] === true) content.active = false;
  for (const column of MAPPED_COLUMNS) {
    const value = reader.takeColumn(column);
    if (value !== null) (content as JsonObject)[column] = value;
  }
  content.title = toTitle(metadata);
  content.archived_at = reader.takeArchivedAt();
  reader.keepTheRest(extra, content.id);
  return reader.findReject() ?? { content };
}
