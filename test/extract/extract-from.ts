import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type PageEntry, readJournal } from '../../src/archive/journal.ts';
import type { Wishes } from '../../src/extract/decide.ts';
import { type ExtractOptions, type ExtractResult, extract } from '../../src/extract/extract.ts';
import { createClient } from '../../src/hubspot/client.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';
import { toSha256 } from '../support/raw-run.ts';
import { createTestClock } from '../support/test-clock.ts';

export const TOKEN = 'pat-na1-11111111-2222-3333-4444-555555555555';

/** A v1 record with what every recorded one has. */
export function toRecord(id: number, type = 'NOTE', portalId = 7) {
  return {
    engagement: { id, portalId, active: true, createdAt: id, lastUpdated: id, type, timestamp: id },
    associations: { contactIds: [], companyIds: [], dealIds: [], ownerIds: [], workflowIds: [] },
    metadata: { body: `Größe ${id}` },
  };
}

/**
 * A portal with engagements 1 to `count`, that logs its requests, whose limit is no hindrance (nor so high that one
 * request after the other would not use it), and whose clock stands still.
 */
export function startTestPortal(count: number, options: PortalOptions = {}): Promise<Portal> {
  return startPortal({
    token: TOKEN,
    engagements: Array.from({ length: count }, (_, index) => toRecord(index + 1)),
    clock: { now: () => new Date('2026-11-24T01:49:59.900Z') },
    rateLimit: { max: 1_000, intervalMs: 600_000 },
    keepRequests: true,
    ...options,
  });
}

/** Everything, whatever the archive has. */
export const FULL: Wishes = {
  full: true,
  since: null,
  api: null,
  defaultApi: 'v1',
  types: null,
  fullEveryDays: null,
};

/** Extracts from `portal`, as the command does, with a clock of its own whose every look takes 5 ms. */
export async function extractFrom(
  { url, token }: { url: string; token: string },
  dataDir: string,
  options: Partial<ExtractOptions> = {},
  start = '2026-11-24T01:50:00.000Z',
  note: (message: string) => void = () => {},
): Promise<ExtractResult> {
  const clock = createTestClock(start, 5);
  const progress = { update() {}, note };
  const { signal } = new AbortController();
  const client = createClient({ apiUrl: url, token }, { clock, progress, signal, random: () => 0 });
  try {
    return await extract(
      {
        dataDir,
        demo: false,
        pageLimit: 250,
        allowEmpty: false,
        wishes: FULL,
        apiVersion: '2026-09',
        ...options,
      },
      { client, clock, progress, signal },
    );
  } finally {
    await client.close();
  }
}

/** The path and sha256 of every file below `folder`: equal when nothing was written. */
export async function listFiles(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    files[path.relative(folder, file)] = toSha256(await readFile(file));
  }
  return files;
}

/** The pages of a run, having checked each against its journal line; and the ids in them, in their order. */
export async function readPages(folder: string): Promise<{ pages: PageEntry[]; ids: number[] }> {
  const { pages } = await readJournal(folder);
  const ids: number[] = [];
  for (const { file, bytes, sha256 } of pages) {
    const body = await readFile(path.join(folder, file));
    if (body.length !== bytes || toSha256(body) !== sha256) throw new Error(`${file} is damaged`);
    const { results } = JSON.parse(body.toString('utf8'));
    ids.push(...results.map((each: ReturnType<typeof toRecord>) => each.engagement.id));
  }
  return { pages, ids };
}

/** 1 to `count`. */
export function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
