import type { PageEntry } from '../archive/journal.ts';
import type { PageProof } from '../archive/read-page.ts';
import type { RunId } from '../archive/runs.ts';
import type { Api, Id } from '../model/row.ts';
import { findStream } from '../model/streams.ts';
import type { LabelNames } from './normalize/associations.ts';
import type { PageOrigin } from './normalize/records.ts';

/** A page file and what the journal says of it. */
export interface PageFile extends PageProof {
  /** Its name within the run's folder. */
  file: string;
}

/** A page of records with those that complete it, as they lie in a run's folder: plain data, for any thread. */
export interface PageGroup {
  folder: string;
  page: PageFile;
  origin: PageOrigin;
  /** In the order in which they were asked for; always none for v1. */
  completing: (PageFile & { part: 'properties' | 'associations'; kind: string | null })[];
  /** The kinds of associations that the page's records do not have inline, each of which needs a page. */
  kinds: string[];
}

/** What all pages of a run have in common. */
export interface RunFrame {
  run: RunId;
  folder: string;
  api: Api;
  portalId: Id | null;
  /** The kinds of associations that the run asked for, as the API names them. */
  associationKinds: readonly string[];
  /** The labels that associations can have, by object type. */
  labelNames: ReadonlyMap<string, LabelNames>;
}

/** A journal's pages of engagements; and how many pages there are of streams that this version does not know. */
export interface GroupedPages {
  groups: PageGroup[];
  unknown: Record<string, number>;
}

/** The pages of engagements of a journal, in its order, each with those that complete it (which come before it). Pure. */
export function groupPages(pages: readonly PageEntry[], frame: RunFrame): GroupedPages {
  const completing = Map.groupBy(
    pages.filter((page) => page.completes !== null && page.completes !== undefined),
    (page) => page.completes?.file,
  );
  const groups: PageGroup[] = [];
  const unknown: Record<string, number> = {};
  for (const entry of pages) {
    if (entry.completes !== null && entry.completes !== undefined) continue;
    const stream = findStream(frame.api, entry.stream);
    if (stream === null) unknown[entry.stream] = (unknown[entry.stream] ?? 0) + 1;
    if (stream?.holds !== 'engagements') continue;
    const { objectType } = stream;
    const objects = objectType && {
      type: objectType,
      labelNames: frame.labelNames.get(objectType) ?? {},
    };
    groups.push({
      folder: frame.folder,
      page: toFile(entry),
      origin: {
        api: frame.api,
        portalId: frame.portalId,
        page: `${frame.run}/${entry.file}`,
        extractedAt: entry.requestedAt,
        ...(objects && { objects }),
      },
      completing: (completing.get(entry.file) ?? []).flatMap(({ completes, ...page }) =>
        completes ? [{ ...toFile(page), part: completes.part, kind: completes.kind }] : [],
      ),
      kinds:
        entry.request.method === 'POST' && entry.records > 0 ? [...frame.associationKinds] : [],
    });
  }
  return { groups, unknown };
}

/** The size of a group's pages, in bytes. */
export function countBytes({ page, completing }: PageGroup): number {
  return completing.reduce((sum, { bytes }) => sum + bytes, page.bytes);
}

function toFile({ file, bytes, sha256 }: PageFile): PageFile {
  return { file, bytes, sha256 };
}
