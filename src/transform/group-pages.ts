import type { PageEntry } from '../archive/journal.ts';
import { ASSOCIATION_KIND_NAMES } from '../model/association-kinds.ts';
import type { PageFile, PageGroup } from './normalize-group.ts';

/** What all groups of a run have in common. */
export type GroupFrame = Pick<PageGroup, 'folder' | 'streamAboveBytes'> & {
  run: string;
  origin: Pick<PageGroup['origin'], 'api' | 'portalId'>;
};

/**
 * The pages of records of a journal, in its order, each with those that complete it (which the journal has before it).
 * Pure.
 */
export function groupPages(pages: readonly PageEntry[], frame: GroupFrame): PageGroup[] {
  const { run, folder, streamAboveBytes } = frame;
  const completing = Map.groupBy(
    pages.filter((page) => page.completes !== null && page.completes !== undefined),
    (page) => page.completes?.file,
  );
  return pages
    .filter((page) => page.completes === null || page.completes === undefined)
    .map((entry) => ({
      folder,
      streamAboveBytes,
      page: toFile(entry),
      origin: {
        ...frame.origin,
        page: `${run}/${entry.file}`,
        extractedAt: entry.requestedAt,
        ...toObjectType(entry.request.path),
      },
      completing: (completing.get(entry.file) ?? []).flatMap(({ completes, ...companion }) =>
        completes ? [{ ...toFile(companion), part: completes.part, kind: completes.kind }] : [],
      ),
      kinds: entry.request.method === 'POST' && entry.records > 0 ? ASSOCIATION_KIND_NAMES : [],
    }));
}

function toFile({ file, bytes, sha256 }: PageFile): PageFile {
  return { file, bytes, sha256 };
}

/** `/crm/objects/2026-09/calls` and `…/calls/search` are about calls. */
function toObjectType(path: string): { objectType: string } | Record<string, never> {
  const [, objectType] = /^\/crm\/objects\/[^/]+\/([^/]+)/.exec(path) ?? [];
  return objectType === undefined ? {} : { objectType };
}
