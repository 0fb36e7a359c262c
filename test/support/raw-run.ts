import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openJournal, type PageEntry } from '../../src/archive/journal.ts';
import { FORMAT, type RawManifest, writeRawManifest } from '../../src/archive/manifest.ts';
import { JOURNAL, type RunId, rawRoot, runMode } from '../../src/archive/runs.ts';

/** The instant that {@link writeRawRun}'s pages were asked for. */
export const REQUESTED_AT = '2026-11-05T10:15:00.250Z';

/**
 * Writes a complete raw v1 run of the given page bodies, as extract would have, and returns its folder.
 * The pages are `engagements-000001.json` and so on; `change` overrides fields of the manifest.
 */
export async function writeRawRun(
  dataDir: string,
  run: RunId,
  pages: (string | Uint8Array)[],
  change: Partial<RawManifest> = {},
): Promise<string> {
  const folder = path.join(rawRoot(dataDir), run);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const journal = await openJournal(folder);
  let byteCount = 0;
  for (const [n, body] of pages.entries()) {
    const bytes = Buffer.from(body);
    const entry = toEntry(n, bytes);
    await writeFile(path.join(folder, entry.file), bytes, { mode: 0o600 });
    await journal.append(entry);
    byteCount += bytes.length;
  }
  await journal.close();
  const tally = { pages: pages.length, records: 0, bytes: byteCount };
  await writeRawManifest(folder, {
    format: FORMAT,
    run,
    mode: runMode(run),
    api: 'v1',
    demo: false,
    window: null,
    ...tally,
    portalId: 62515,
    startedAt: '2026-11-05T10:15:00.000Z',
    finishedAt: '2026-11-05T10:16:00.000Z',
    newestUpdate: null,
    types: {},
    associationKinds: 'all',
    streams: { engagements: tally },
    journalSha256: toSha256(await readFile(path.join(folder, JOURNAL))),
    ...change,
  });
  return folder;
}

/** The body of a page with these records. */
export function toPage(records: unknown[]): string {
  return JSON.stringify({ results: records, hasMore: false, offset: 0 });
}

/** Hexadecimal sha256. */
export function toSha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function toEntry(n: number, bytes: Uint8Array): PageEntry {
  return {
    file: `engagements-${String(n + 1).padStart(6, '0')}.json`,
    stream: 'engagements',
    walk: 'ids',
    completes: null,
    request: { method: 'GET', path: '/engagements/v1/engagements/paged', query: {}, body: null },
    status: 200,
    requestedAt: REQUESTED_AT,
    answeredAt: '2026-11-05T10:15:00.000Z',
    durationMs: 12,
    bytes: bytes.length,
    sha256: toSha256(bytes),
    records: 0,
    types: {},
    portalId: 62515,
    newestUpdate: null,
    cursor: null,
    nextCursor: null,
    hasMore: false,
    firstId: null,
    lastId: null,
  };
}
