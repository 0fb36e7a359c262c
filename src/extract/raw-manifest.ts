import type { PageEntry } from '../archive/journal.ts';
import type { PageCounts, RawManifest, RunPlan } from '../archive/manifest.ts';
import { FIRST_KINDS, toRowNames } from '../model/association-kinds.ts';

/** The manifest of a run whose journal holds `pages` (at least one). Pure. */
export function toRawManifest(
  plan: RunPlan,
  pages: readonly PageEntry[],
  journalSha256: string,
): RawManifest {
  const streams: Record<string, PageCounts> = {};
  const types = new Map<string, number>();
  // What only completes a page holds no records of its own.
  const counted = pages.map((page) =>
    page.completes === null ? page : { ...page, records: 0, types: {} },
  );
  for (const page of counted) {
    streams[page.stream] = add(streams[page.stream], page);
    for (const [type, count] of Object.entries(page.types)) {
      types.set(type, (types.get(type) ?? 0) + count);
    }
  }
  // HubSpot's `Date` is cut to the second and made at the end of the request: less its duration, it is never too late.
  // (A duration below zero comes from a clock that was set back meanwhile.)
  const starts = pages.map((page) => Date.parse(page.answeredAt) - Math.max(0, page.durationMs));
  const ends = pages.map((page) => Date.parse(page.answeredAt));
  return {
    ...plan,
    portalId:
      plan.objects?.portalId ?? pages.find((page) => page.portalId !== null)?.portalId ?? null,
    startedAt: toInstant(starts.reduce((a, b) => Math.min(a, b))),
    finishedAt: toInstant(ends.reduce((a, b) => Math.max(a, b))),
    newestUpdate: findNewest(pages),
    types: Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1))),
    associationKinds:
      plan.api === 'v1' ? 'all' : toRowNames(plan.objects?.associationKinds ?? FIRST_KINDS).sort(),
    streams,
    ...(counted.reduce<PageCounts | undefined>(add, undefined) ?? {
      pages: 0,
      records: 0,
      bytes: 0,
    }),
    journalSha256,
  };
}

function add(tally: PageCounts | undefined, page: PageEntry): PageCounts {
  return {
    pages: (tally?.pages ?? 0) + 1,
    records: (tally?.records ?? 0) + page.records,
    bytes: (tally?.bytes ?? 0) + page.bytes,
  };
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}

// ISO instants of one form sort as text.
function findNewest(pages: readonly PageEntry[]): string | null {
  const updates = pages.flatMap(({ newestUpdate }) => newestUpdate ?? []);
  return updates.reduce<string | null>((a, b) => (a === null || b > a ? b : a), null);
}
