import type { KnownPage } from '../archive/journal.ts';
import type { RunPlan } from '../archive/manifest.ts';
import { parseListBody } from '../hubspot/crm-objects.ts';
import {
  chunkProperties,
  fitsSearch,
  MAX_READ_LIMIT,
  MAX_SEARCH_LIMIT,
  toListRequest,
} from '../hubspot/crm-requests.ts';
import { FIRST_KINDS } from '../model/association-kinds.ts';
import { OBJECT_TYPES, type ObjectType, type ObjectTypeName } from '../model/object-types.ts';
import { completePages, type Definitions } from './complete-page.ts';
import { NEXT_ID } from './coverage.ts';
import { createSearchStream } from './search-stream.ts';
import type { Walk } from './walk.ts';
import { createChainWalk } from './walk-chain.ts';
import { createIdWalk } from './walk-ids.ts';

/**
 * What is left of a run by the CRM objects API: for each type of its plan a walk by ids over all and one over the
 * archived, or a search of what was modified in the window.
 */
export function planObjectsWalks(
  plan: Pick<RunPlan, 'window' | 'objects' | 'apiVersion'>,
  pages: readonly KnownPage[],
  { pageLimit, note }: { pageLimit: number; note(message: string): void },
): Walk[] {
  const { window, objects, apiVersion: version = '' } = plan;
  if (objects === undefined) throw new Error('a plan of the objects API has objects');
  const kinds = objects.associationKinds ?? FIRST_KINDS;
  const definitions: Definitions = new Map();
  const of = (stream: string): KnownPage[] => pages.filter((page) => page.stream === stream);

  function planList(type: ObjectTypeName, all: readonly string[], archived: boolean): Walk {
    const name = archived ? `${type}-archived` : type;
    const [properties = [], ...further] = chunkProperties(all);
    const query = { version, type, properties } as const;
    const own = { archived, kinds: archived ? [] : kinds };
    const stream = {
      name,
      rule: NEXT_ID,
      pageSize: pageLimit,
      toRequest: (cursor: string | null, limit: number) => toListRequest(query, own, cursor, limit),
      parse: (body: Buffer) => parseListBody(type, body),
      findCompanions: completePages(
        query,
        { ...own, name, properties: further.flat(), inline: true },
        definitions,
      ),
    };
    return createIdWalk(stream, of(name), note);
  }

  function planSearch(
    type: ObjectTypeName,
    all: readonly string[],
    from: string,
    to: string,
  ): Walk {
    const query = { version, type, properties: all };
    const fits = fitsSearch(query, { from, to });
    const { typedBy }: ObjectType = OBJECT_TYPES[type];
    const searched = fits ? query : { ...query, properties: typedBy ? [typedBy.property] : [] };
    const stream = {
      ...createSearchStream(searched, { from, to }, fits ? MAX_SEARCH_LIMIT : MAX_READ_LIMIT),
      findCompanions: completePages(
        query,
        { name: type, archived: false, kinds, properties: fits ? [] : all, inline: false },
        definitions,
      ),
    };
    return createChainWalk(stream, of(type), note);
  }

  return Object.entries(objects.properties).flatMap(([name, properties]) => {
    const type = name as ObjectTypeName;
    return window === null
      ? [planList(type, properties, false), planList(type, properties, true)]
      : [planSearch(type, properties, window.from, window.to ?? window.from)];
  });
}
