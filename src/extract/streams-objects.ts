import type { KnownPage } from '../archive/journal.ts';
import type { RunPlan } from '../archive/manifest.ts';
import { HubSpotUnavailable } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import {
  type AssociationInput,
  chunkProperties,
  findLongLists,
  type ObjectQuery,
  parseAssociationsBody,
  parseListBody,
  parsePortalId,
  parsePropertyNames,
  parseSearchBody,
  toAccountRequest,
  toAssociationsRequest,
  toListRequest,
  toPropertiesRequest,
  toSearchRequest,
} from '../hubspot/crm-objects.ts';
import { ASSOCIATION_KIND_NAMES } from '../model/association-kinds.ts';
import { OBJECT_TYPE_NAMES, type ObjectTypeName } from '../model/object-types.ts';
import { NEXT_ID } from './coverage.ts';
import type { Companion, FindCompanions, Walk } from './walk.ts';
import { createChainWalk } from './walk-chain.ts';
import { createIdWalk } from './walk-ids.ts';

type Fetch = HubSpotClient['fetchPage'];

/** What a run by the objects API has to know before its first page; kept in its plan, so that resuming asks the same. */
export async function prepareObjects(
  version: string,
  fetch: Fetch,
): Promise<{ objects: NonNullable<RunPlan['objects']>; now: Date }> {
  // First and alone: a wrong token, and the account's limit, show here.
  const account = await fetch(() => toAccountRequest(version), parsePortalId);
  const properties = await Promise.all(
    OBJECT_TYPE_NAMES.map(async (type) => {
      const answer = await fetch(() => toPropertiesRequest({ version, type }), parsePropertyNames);
      return [type, answer.page] as const;
    }),
  );
  const objects = { portalId: account.page, properties: Object.fromEntries(properties) };
  return { objects, now: account.answeredAt };
}

/**
 * What is left of a run by the CRM objects API: for each type a walk by ids over all and one over the archived, or a
 * search of what was modified in the window.
 */
export function planObjectsWalks(
  plan: Pick<RunPlan, 'window' | 'objects' | 'apiVersion'>,
  pages: readonly KnownPage[],
  { pageLimit, note }: { pageLimit: number; note(message: string): void },
): Walk[] {
  const { window, objects, apiVersion: version } = plan;
  if (objects === undefined || version === undefined) throw new Error('a plan of objects has both');
  return OBJECT_TYPE_NAMES.flatMap((type) => {
    const [properties = [], ...further] = chunkProperties(objects.properties[type] ?? []);
    const query = { version, type, properties };
    const of = (stream: string): KnownPage[] => pages.filter((page) => page.stream === stream);
    if (window !== null) {
      const closed = { from: window.from, to: window.to ?? window.from };
      const stream = {
        name: type,
        toRequest: (cursor: string | null, limit: number) =>
          toSearchRequest(
            { ...query, properties: [...properties, ...further.flat()] },
            closed,
            cursor,
            limit,
          ),
        parse: (body: Buffer) => parseSearchBody(type, body),
        findCompanions: findAssociations(query),
      };
      return [createChainWalk(stream, of(type), note)];
    }
    return [false, true].map((archived) => {
      const name = archived ? `${type}-archived` : type;
      const stream = {
        name,
        rule: NEXT_ID,
        pageSize: pageLimit,
        toRequest: (cursor: string | null, limit: number) =>
          toListRequest(query, { archived, associations: !archived }, cursor, limit),
        parse: (body: Buffer) => parseListBody(type, body),
        findCompanions: findRest({ ...query, archived, name }, further),
      };
      return createIdWalk(stream, of(name), note);
    });
  });
}

/** A search page has no associations: they are asked for of all its objects, kind by kind. */
function findAssociations(query: ObjectQuery): FindCompanions {
  return async ({ page }, fetch) => {
    const inputs = page.ids.map((id) => ({ id: String(id) }));
    const found = ASSOCIATION_KIND_NAMES.map((kind) =>
      fetchAssociations(query, kind, inputs, fetch),
    );
    return (await Promise.all(found)).flat();
  };
}

/** A list page lacks the properties that its URL had no room for, and the rest of long lists of associations. */
function findRest(
  query: ObjectQuery & { archived: boolean; name: string },
  further: readonly string[][],
): FindCompanions {
  return async ({ body, page, request }, fetch) => {
    const { after = null, limit } = request.query as { after?: string; limit: string };
    const rest = further.map(async (properties): Promise<Companion[]> => {
      const wish = { archived: query.archived, associations: false };
      const answer = await fetch(
        () => toListRequest({ ...query, properties }, wish, after, Number(limit)),
        (bytes) => parseListBody(query.type, bytes),
      );
      return [{ stream: `${query.name}.properties`, part: 'properties', kind: null, answer }];
    });
    const isAlone = query.archived || page.ids.length === 0;
    const lists = (isAlone ? [] : ASSOCIATION_KIND_NAMES).map((kind) =>
      fetchAssociations(query, kind, findLongLists(body, kind), fetch),
    );
    return (await Promise.all([...rest, ...lists])).flat();
  };
}

/** Pages of the associations of `inputs` with `kind`, each list to its end. */
async function fetchAssociations(
  query: { version: string; type: ObjectTypeName },
  kind: string,
  inputs: readonly AssociationInput[],
  fetch: Fetch,
): Promise<Companion[]> {
  const companions: Companion[] = [];
  for (let left = inputs; left.length > 0; ) {
    const asked = left;
    const answer = await fetch(
      () => toAssociationsRequest(query, kind, asked),
      parseAssociationsBody,
    );
    companions.push({ stream: `${query.type}.${kind}`, part: 'associations', kind, answer });
    left = answer.page.unfinished;
    const isStuck = left.some(({ id, after }) =>
      asked.some((input) => input.id === id && input.after === after),
    );
    if (isStuck) {
      throw new HubSpotUnavailable(
        `HubSpot promises more ${kind} of ${query.type} but its cursor does not move on`,
        { next: 'Run extract again to go on from there; if it stays so, tell HubSpot.' },
      );
    }
  }
  return companions;
}
