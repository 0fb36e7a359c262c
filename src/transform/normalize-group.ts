import path from 'node:path';
import { type PageProof, readPage, streamPage } from '../archive/read-page.ts';
import { ArchiveError } from '../errors.ts';
import { releaseBytes } from '../release-bytes.ts';
import { type CompletingPage, joinPageGroup } from './join-page-group.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';
import { normalizePage, normalizePieces, parsePage } from './normalize-page.ts';
import {
  type Batch,
  exactRecords,
  normalizeRecords,
  type PageOrigin,
} from './normalize-records.ts';
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

/** The bytes of a group's pages. */
export interface GroupBytes {
  /** Null for a page that is to be streamed. */
  page: Buffer | null;
  completing: Buffer[];
}

/**
 * Reads the pages of a group; the page itself into what `toRoom` has for so many bytes, if given. Throws ArchiveError
 * naming the file that is missing or is not what the journal saw.
 */
export async function readGroup(
  group: PageGroup,
  toRoom?: (byteCount: number) => Buffer,
): Promise<GroupBytes> {
  const { folder, page, completing, streamAboveBytes } = group;
  // With pages that complete it, HubSpot puts 200 records at most into a page.
  const most = isAlone(group) ? streamAboveBytes : Number.POSITIVE_INFINITY;
  const own = await readPage(path.join(folder, page.file), page, most, toRoom);
  const others: Buffer[] = [];
  for (const { file, bytes, sha256 } of completing) {
    const whole = await readPage(
      path.join(folder, file),
      { bytes, sha256 },
      Number.POSITIVE_INFINITY,
    );
    others.push(whole as Buffer);
  }
  return { page: own, completing: others };
}

/** Whether no pages complete it. */
function isAlone({ completing, kinds }: PageGroup): boolean {
  return completing.length === 0 && kinds.length === 0;
}

/**
 * The records of a group, normalized; the bytes of the pages that complete it are given back. Null for a page that only
 * streaming can read. Throws ArchiveError naming the file that is no page.
 */
export function normalizeGroup(
  group: PageGroup,
  { page: bytes, completing }: GroupBytes,
  lines = createLineBuffer(),
): Batch | null {
  const { folder, page, origin } = group;
  const file = path.join(folder, page.file);
  if (bytes === null) return null;
  if (isAlone(group)) return normalizePage(bytes, file, origin, { lines });
  const properties: CompletingPage[] = [];
  const associations: (CompletingPage & { kind: string })[] = [];
  for (const [n, { part, kind, ...companion }] of group.completing.entries()) {
    const own = path.join(folder, companion.file);
    const whole = completing[n] as Buffer;
    const read = { file: own, page: parsePage(whole, own) };
    releaseBytes(whole);
    if (part === 'properties') properties.push(read);
    else associations.push({ ...read, kind: kind ?? '' });
  }
  const results = (parsePage(bytes, file) as { results?: unknown } | null)?.results;
  if (!Array.isArray(results)) throw new ArchiveError(`${file} is damaged: ${NO_ARRAY}`);
  const joined = joinPageGroup(results, { file, properties, associations, kinds: group.kinds });
  return normalizeRecords(exactRecords(joined), 0, origin, { areClean: false, lines });
}

/** What {@link normalizeGroup} left to be streamed, batch by batch. Throws as it does, perhaps late. */
export function streamGroup(
  { folder, page, origin }: PageGroup,
  lines?: LineBuffer,
): AsyncGenerator<Batch, void, undefined> {
  const file = path.join(folder, page.file);
  return normalizePieces(() => streamPage(file), file, origin, lines);
}
