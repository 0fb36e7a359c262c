import path from 'node:path';
import { type PageProof, readPage, streamPage } from '../archive/read-page.ts';
import { ArchiveError } from '../errors.ts';
import { releaseBytes } from '../release-bytes.ts';
import { type CompletingPage, joinPageGroup } from './join-page-group.ts';
import { normalizePage, normalizePieces, parsePage } from './normalize-page.ts';
import { type Batch, normalizeRecords, type PageOrigin } from './normalize-records.ts';
import { NO_ARRAY } from './stream-records.ts';

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
  /** A page above this size in bytes is left to be streamed, if no other completes it. */
  streamAboveBytes: number;
}

/**
 * Reads and normalizes a page with those that complete it. Null for a page that only streaming can read. Throws
 * ArchiveError naming the file that is missing, is not what the journal saw, or is no page.
 */
export async function normalizeGroup(group: PageGroup): Promise<Batch | null> {
  const { folder, page, origin, streamAboveBytes } = group;
  const file = path.join(folder, page.file);
  if (origin.api === 'objects') return normalizeObjects(group, file);
  const bytes = await readPage(file, page, streamAboveBytes);
  if (bytes === null) return null;
  const batch = normalizePage(bytes, file, origin);
  releaseBytes(bytes);
  return batch;
}

/** What {@link normalizeGroup} left to be streamed, batch by batch. Throws as it does, perhaps late. */
export function streamGroup({ folder, page, origin }: PageGroup): AsyncGenerator<Batch> {
  const file = path.join(folder, page.file);
  return normalizePieces(() => streamPage(file), file, origin);
}

/** With pages that complete it, HubSpot puts 200 records at most into a page. */
async function normalizeObjects(group: PageGroup, file: string): Promise<Batch | null> {
  const { folder, page, origin, completing, kinds, streamAboveBytes } = group;
  const isAlone = completing.length === 0 && kinds.length === 0;
  const bytes = await readPage(file, page, isAlone ? streamAboveBytes : Number.POSITIVE_INFINITY);
  if (bytes === null) return null;
  const properties: CompletingPage[] = [];
  const associations: (CompletingPage & { kind: string })[] = [];
  for (const { part, kind, ...companion } of completing) {
    const own = path.join(folder, companion.file);
    const whole = await readPage(own, companion, Number.POSITIVE_INFINITY);
    const read = { file: own, page: parsePage(whole as Buffer, own) };
    if (part === 'properties') properties.push(read);
    else associations.push({ ...read, kind: kind ?? '' });
  }
  const results = (parsePage(bytes, file) as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
  const joined = joinPageGroup(results, { file, properties, associations, kinds });
  return normalizeRecords(joined, 0, origin, { clean: true, byteCount: page.bytes * 2 });
}
