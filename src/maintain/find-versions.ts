import path from 'node:path';
import { type PageEntry, readJournal } from '../archive/journal.ts';
import { readPage } from '../archive/read-page.ts';
import { JOURNAL, type RunId } from '../archive/runs.ts';
import { readArchiveState } from '../archive/state.ts';
import { exists } from '../files.ts';
import { isRawNumber } from '../json.ts';
import { ASSOCIATION_KIND_NAMES } from '../model/association-kinds.ts';
import { groupPages, type PageGroup } from '../transform/group-pages.ts';
import { type Batch, normalizeRecords } from '../transform/normalize/records.ts';
import { parseExact } from '../transform/parse-exact.ts';
import { readLabels } from '../transform/read-labels.ts';
import { readGroup, readRecords, STREAM_ABOVE_BYTES } from '../transform/read-records.ts';

/** A copy of an engagement in the archive. */
export interface Version {
  run: RunId;
  state: 'complete' | 'interrupted' | 'abandoned';
  /** When the page was asked for, ISO. */
  extractedAt: string;
  /** The page's path under data/raw/engagements, `#`, and the record's index in it. */
  rawPage: string;
  /** As in NDJSON, with exact numbers; null when the record was rejected. */
  row: Record<string, unknown> | null;
  /** Why it was rejected. */
  reject: string | null;
}

/** What {@link findVersions} found, and how much it had to read for it. */
export interface Found {
  versions: Version[];
  pagesRead: number;
  pages: number;
}

/**
 * Every archived copy of the engagement with this id (its digits), oldest first. A page whose journal says that its
 * ascending ids do not reach the id is not read. Throws ArchiveError for a damaged page, or the signal's reason.
 */
export async function findVersions(
  dataDir: string,
  id: string,
  signal?: AbortSignal,
): Promise<Found> {
  const found: Found = { versions: [], pagesRead: 0, pages: 0 };
  for (const raw of (await readArchiveState(dataDir)).runs) {
    const { run, folder, state } = raw;
    if (!(await exists(path.join(folder, JOURNAL)))) continue;
    const { pages } = await readJournal(folder, { torn: 'accept' });
    const plan = raw.state === 'complete' ? raw.manifest : raw.plan;
    const told = pages.find((page) => page.portalId !== null)?.portalId ?? null;
    const portalId =
      raw.state === 'complete' ? raw.manifest.portalId : (plan.objects?.portalId ?? told);
    const { api } = plan;
    const associationKinds = plan.objects?.associationKinds ?? ASSOCIATION_KIND_NAMES;
    const labelNames = await readLabels(folder, api, pages);
    const frame = { run, folder, api, portalId, associationKinds, labelNames };
    const { groups } = groupPages(pages, frame);
    const entries = new Map(pages.map((page) => [page.file, page]));
    found.pages += groups.length;
    for (const group of groups) {
      signal?.throwIfAborted();
      if (!mayHold(entries.get(group.page.file) as PageEntry, BigInt(id))) continue;
      found.pagesRead += 1;
      if (!(await mentions(group, id))) continue;
      for await (const batch of normalize(group)) {
        for (const version of pickVersions(batch, group, id)) {
          found.versions.push({ run, state, ...version });
        }
      }
    }
  }
  return found;
}

/** Whether a page can hold the id, as far as its journal line tells: only a walk by ids has them in order. Pure. */
export function mayHold({ walk, records, firstId, lastId }: PageEntry, id: bigint): boolean {
  if (records === 0) return false;
  if (walk !== 'ids' || firstId === null || lastId === null) return true;
  return toBigInt(firstId) <= id && id <= toBigInt(lastId);
}

// Much cheaper than parsing the page; the digits alone prove nothing yet.
async function mentions({ folder, page }: PageGroup, id: string): Promise<boolean> {
  const bytes = await readPage(path.join(folder, page.file), page, STREAM_ABOVE_BYTES);
  return bytes === null || bytes.includes(id);
}

async function* normalize(group: PageGroup): AsyncGenerator<Batch, void, undefined> {
  let index = 0;
  for await (const records of readRecords(group, await readGroup(group, STREAM_ABOVE_BYTES))) {
    yield normalizeRecords(records, index, group.origin);
    index += records.values.length;
  }
}

function* pickVersions(
  { lines, lineEnds, rejectLines }: Batch,
  { origin }: PageGroup,
  id: string,
): Generator<Omit<Version, 'run' | 'state'>> {
  const { extractedAt } = origin;
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  let start = 0;
  for (const end of lineEnds) {
    // The row law: a line begins with portal_id and id.
    const [, own] =
      /^\{"portal_id":\d+,"id":(\d+),/.exec(bytes.toString('latin1', start, start + 80)) ?? [];
    if (own === id) {
      const row = parseExact(bytes.toString('utf8', start, end)) as Record<string, unknown>;
      yield { extractedAt, rawPage: String(row['raw_page']), row, reject: null };
    }
    start = end;
  }
  for (const line of Buffer.from(rejectLines).toString('utf8').split('\n').slice(0, -1)) {
    const { page, index, reason, record } = parseExact(line) as {
      page: string;
      index: number;
      reason: string;
      record: { id?: unknown; engagement?: { id?: unknown } | null } | null;
    };
    const own = record?.engagement?.id ?? record?.id;
    if ((isRawNumber(own) ? own.rawJSON : String(own)) !== id) continue;
    yield { extractedAt, rawPage: `${page}#${index}`, row: null, reject: reason };
  }
}

function toBigInt(id: NonNullable<PageEntry['firstId']>): bigint {
  return BigInt(isRawNumber(id) ? id.rawJSON : id);
}
