import { type Answer, answerOf, invalidRequest, pageOf } from './answers.ts';
import type { ObjectType, TargetName, TargetType } from './object-types.ts';
import type { PortalData } from './portal-data.ts';
import { parseId, readParts, type StoredRecord } from './stored-record.ts';

/** The URL at which a list goes on. */
export type LinkPages = (path: string, after: string) => string;

const MAX_INPUTS = 1_000;

/** Labels that the account's users made, besides the plain association. */
const LABELS: Record<TargetName, { typeId: number; name: string; label: string }> = {
  contacts: { typeId: 37, name: 'main_point_of_contact', label: 'Main point of contact' },
  companies: { typeId: 39, name: 'paying_company', label: 'Paying company' },
  deals: { typeId: 41, name: 'deciding_deal', label: 'Deciding deal' },
  tickets: { typeId: 43, name: 'original_ticket', label: 'Original ticket' },
};

/** A part of an object's associations of one kind: ids ascending, distinct. */
interface AssociatedIds {
  ids: bigint[];
  /** Where the next part begins; undefined at the end. */
  after: string | undefined;
}

/**
 * The associations that stand inside an object: one entry per label, so that an id comes twice now and then. At most
 * `inlineAssociations` ids of a kind, the rest by paging. Undefined when there are none at all.
 */
export function toInlineAssociations(
  record: StoredRecord,
  { type, targets, link }: { type: ObjectType; targets: readonly TargetType[]; link: LinkPages },
  { inlineAssociations }: PortalData,
): Record<string, unknown> | undefined {
  const kinds = targets.flatMap((target) => {
    const { ids, after } = readIds(record, type, target, inlineAssociations);
    if (ids.length === 0) return [];
    const path = `/crm/v3/objects/${type.id}/${record.id}/associations/${target.id}`;
    const results = ids.flatMap((to) => [
      { id: String(to), type: `${type.singular}_to_${target.singular}` },
      ...(hasLabel(to) ? [{ id: String(to), type: LABELS[target.name].name }] : []),
    ]);
    const paging = after && { next: { after, link: link(path, after) } };
    return [[target.name, { results, ...(paging && { paging }) }]];
  });
  return kinds.length === 0 ? undefined : Object.fromEntries(kinds);
}

/** `GET /crm/associations/<version>/{from}/{to}/labels`: the kinds of association that there are between two types. */
export function answerLabels(type: ObjectType, target: TargetType): Answer {
  return answerOf({ results: [toPlainType(type, target), toLabelledType(target)] });
}

/**
 * `POST /crm/associations/<version>/{from}/{to}/batch/read` of at most 1,000 `{id, after?}`. Ids that have none are left
 * out of the results and named in `errors`, and the answer is a 207, as recorded.
 */
export function answerAssociations(
  body: unknown,
  type: ObjectType,
  target: TargetType,
  data: PortalData,
): Answer {
  const inputs = (body as { inputs?: unknown } | null | undefined)?.inputs;
  if (!Array.isArray(inputs)) return invalidRequest('Invalid input JSON: inputs are missing');
  if (inputs.length > MAX_INPUTS) {
    return invalidRequest(`The maximum number of inputs is ${MAX_INPUTS}, got ${inputs.length}`);
  }
  const startedAt = new Date(data.now()).toISOString();
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const input of inputs) {
    const id = String(input?.id);
    if (!/^\d+$/.test(id)) return invalidRequest(`Invalid input JSON: ${id} is not an id`);
    const record = data.stores[type.store].find(BigInt(id));
    const { ids, after } = readIds(record, type, target, data.batchAssociations, input.after);
    if (ids.length === 0) {
      errors.push(noAssociations(id, type, target));
      continue;
    }
    const to = ids.map((toId) => ({
      toObjectId: String(toId),
      associationTypes: toAssociationTypes(toId, type, target),
    }));
    results.push({ from: { id }, to, ...(after && { paging: { next: { after } } }) });
  }

  const failed =
    errors.length > 0 ? `"numErrors":${errors.length},"errors":${JSON.stringify(errors)},` : '';
  const completedAt = new Date(data.now()).toISOString();
  const tail = `],${failed}"startedAt":"${startedAt}","completedAt":"${completedAt}"}`;
  const answer = pageOf(results, tail, '{"status":"COMPLETE","results":[');
  return { ...answer, status: failed === '' ? 200 : 207 };
}

/** At most `limit` ids behind the cursor; none when the record is of another type. */
function readIds(
  record: StoredRecord | undefined,
  type: ObjectType,
  target: TargetType,
  limit: number,
  cursor?: unknown,
): AssociatedIds {
  const isOfType = record !== undefined && type.recordTypes.includes(record.type ?? '');
  const listed = isOfType ? readParts(record).associations[target.v1Key] : undefined;
  if (!Array.isArray(listed)) return { ids: [], after: undefined };
  const known = listed.map(parseId).filter((id) => id !== undefined);
  const all = [...new Set(known)].sort((a, b) => (a < b ? -1 : 1));
  const from = all.findIndex((id) => id > readCursor(cursor));
  const ids = from < 0 ? [] : all.slice(from, from + limit);
  const last = ids.at(-1);
  const isWhole = last === undefined || last === all.at(-1);
  return { ids, after: isWhole ? undefined : writeCursor(type, last) };
}

/** As recorded: the type's number and the last id in base64, encoded for an URL as well. */
function writeCursor({ id }: ObjectType, last: bigint): string {
  return encodeURIComponent(Buffer.from(`${id}-${last}`).toString('base64'));
}

function readCursor(cursor: unknown): bigint {
  const base64 = String(cursor ?? '').replaceAll('%3D', '=');
  const text = Buffer.from(base64, 'base64').toString();
  return BigInt(/-(\d+)$/.exec(text)?.[1] ?? -1);
}

/** Some have a second label, by their id. */
function hasLabel(id: bigint): boolean {
  return id % 7n === 0n;
}

function toAssociationTypes(id: bigint, from: ObjectType, to: TargetType): object[] {
  return [toPlainType(from, to), ...(hasLabel(id) ? [toLabelledType(to)] : [])];
}

/** HubSpot's own association, which has no label. */
function toPlainType({ associationTypeIds }: ObjectType, { name }: TargetType): object {
  return { category: 'HUBSPOT_DEFINED', typeId: associationTypeIds[name] };
}

function toLabelledType({ name }: TargetType): object {
  const { typeId, label } = LABELS[name];
  return { category: 'USER_DEFINED', typeId, label };
}

function noAssociations(id: string, from: ObjectType, to: TargetType): unknown {
  return {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: `No ${to.singular} is associated with ${from.singular} ${id}.`,
    context: {
      fromObjectId: [id],
      fromObjectType: [from.singular],
      toObjectType: [to.singular],
    },
    errors: [],
    links: {},
  };
}
