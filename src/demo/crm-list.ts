import { type Answer, invalidParameter, invalidRequest, unknownObjectType } from './answers.ts';
import type { LinkPages } from './crm-associations.ts';
import { toCrmObject } from './crm-object.ts';
import { findType, type ObjectType, TARGET_TYPES, type TargetType } from './object-types.ts';
import { toPageBody } from './page-body.ts';
import type { PortalData } from './portal-data.ts';

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** How long HubSpot's recycle bin keeps a record. */
const KEPT_MS = 90 * 86_400_000;

/**
 * `GET /crm/objects/<version>/{type}`: in id order from `after` on, which is the id of the next record; with `archived`
 * the recycle bin and nothing else. `link` makes the URL of the next page.
 */
export function answerList(
  query: Record<string, string>,
  type: ObjectType,
  data: PortalData,
  link: LinkPages,
): Answer {
  const { limit = String(DEFAULT_LIMIT), after = '0', archived = 'false' } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  if (+limit > MAX_LIMIT) {
    return invalidRequest(`Page size must be less than or equal to ${MAX_LIMIT}, got ${limit}`);
  }
  if (!/^\d+$/.test(after)) return invalidParameter('after', after);
  const targets: TargetType[] = [];
  for (const name of splitList(query['associations'])) {
    const target = findType(TARGET_TYPES, name);
    if (target === undefined) return unknownObjectType(name);
    targets.push(target);
  }

  const oldest = data.now() - KEPT_MS;
  const { records, next } = data.store.from(BigInt(after), +limit, (version) => {
    if (!type.v1Types.includes(version.type ?? '')) return false;
    if (archived !== 'true') return version.archivedAt === null;
    return version.archivedAt !== null && version.archivedAt > oldest;
  });
  const wish = { type, properties: splitList(query['properties']), targets, link };
  const items = records.values().map((record) => toCrmObject(record, wish, data));
  if (next === undefined) return { status: 200, body: toPageBody('{"results":[', items, ']}') };
  const nextCursor = String(next);
  const paging = { next: { after: nextCursor, link: link('', nextCursor) } };
  const tail = `],"paging":${JSON.stringify(paging)}}`;
  return { status: 200, body: toPageBody('{"results":[', items, tail), nextCursor };
}

function splitList(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
