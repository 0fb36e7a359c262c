import { isRawNumber, type JsonObject, setKey } from '../../json.ts';
import { ORIGIN_KEYS, ROW_KEYS } from '../../model/columns.ts';
import type { Id, RowContent } from '../../model/row.ts';
import { idToText, toPositiveId } from './ids.ts';

/** A row's content, or the reason why the record cannot be one. */
export type Normalized = { content: RowContent } | { reject: string };

const ORIGIN = new Set<string>(ORIGIN_KEYS);
const KEYS = Object.keys(ROW_KEYS).filter((key) => !ORIGIN.has(key));
const TEMPLATE = Object.fromEntries(KEYS.map((key) => [key, null])) as unknown as RowContent;

/** A content of which nothing is known yet, its keys in the order of the line. */
export function createContent(portal_id: Id, id: Id, type: string): RowContent {
  return {
    ...TEMPLATE,
    portal_id,
    id,
    type,
    associations: {},
    association_labels: {},
    attachments: [],
    metadata: {},
    extra: {},
  };
}

/** Why a record's `id` cannot be a row's; `undefined` when it can. */
export function findIdReject(id: unknown): string | undefined {
  if (id === undefined || id === null) return 'no id';
  return toPositiveId(id) === undefined ? 'id is not a positive integer within 64 bits' : undefined;
}

/** Why the portal that a record names (null for none) cannot be a row's, in a run of `runPortalId`. */
export function findPortalReject(sent: unknown, runPortalId: Id | null): string | undefined {
  const named = sent ?? runPortalId;
  if (named === null) return 'no portalId';
  const portalId = toPositiveId(named);
  if (portalId === undefined) return 'portalId is not a positive integer within 64 bits';
  if (runPortalId !== null && portalId !== runPortalId) {
    const texts = [idToText(portalId), idToText(runPortalId)];
    if (texts[0] !== texts[1]) return `portalId ${texts[0]} is not the run's ${texts[1]}`;
  }
  return undefined;
}

/** The reject of a record whose instant `field` lies outside the years 0001 to 9999. */
export function outOfRange(field: string, value: unknown): { reject: string } {
  const text = isRawNumber(value) ? value.rawJSON : String(value);
  return {
    reject: `${field} ${text.length > 40 ? `${text.slice(0, 40)}…` : text} is out of range`,
  };
}

/** Puts what has no column into `extra`: under `name`, or `record.<name>` where the engagement has such a field. */
export function keep(extra: JsonObject, name: string, value: unknown): void {
  let free = name;
  while (Object.hasOwn(extra, free)) free = `record.${free}`;
  setKey(extra, free, value);
}

/** As {@link keep}, but for a column null says the same as no field. */
export function keepMisfit(extra: JsonObject, name: string, value: unknown): void {
  if (value !== undefined && value !== null) keep(extra, name, value);
}

/** The title of an engagement: its metadata's subject, or else its title; null when both are empty. */
export function toTitle(metadata: JsonObject): string | null {
  for (const title of [metadata['subject'], metadata['title']]) {
    if (typeof title === 'string' && title !== '') return title;
  }
  return null;
}
