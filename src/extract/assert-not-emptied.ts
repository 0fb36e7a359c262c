import type { RawManifest } from '../archive/manifest.ts';
import type { ArchiveState } from '../archive/state.ts';
import { GuardRefused, HubSpotRefused } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import { parseModifiedBody, toModifiedRequest } from '../hubspot/engagements-v1.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { OBJECT_TYPE_NAMES, toRowTypes } from '../model/object-types.ts';

/**
 * A scope that was taken away shows as an empty portal: taken for the truth, it would delete every row.
 * Throws GuardRefused when the archive has records.
 */
export function assertNotEmptied(state: ArchiveState): void {
  const earlier = withRecords(state).at(-1);
  if (earlier === undefined) return;
  throw new GuardRefused(
    `HubSpot returned no engagement at all, but run ${earlier.run} of this archive has some`,
    {
      next: 'Check the scopes of the app; if the portal really is empty now, run extract --allow-empty.',
    },
  );
}

/**
 * By the objects API each type has a scope of its own. Throws GuardRefused when `page` says that there is nothing in
 * `stream` though the archive has some. Asked before the page is written down: when the scope is back, the run goes on.
 */
export function assertTypeNotEmptied(stream: string, page: PageSummary, state: ArchiveState): void {
  const name = OBJECT_TYPE_NAMES.find((each) => each === stream);
  if (name === undefined || page.records > 0 || page.hasMore) return;
  const known = toRowTypes([name]);
  const earlier = withRecords(state).findLast(({ types }) => known.some((each) => types[each]));
  if (earlier === undefined) return;
  throw new GuardRefused(
    `HubSpot returned none of the ${name}, but run ${earlier.run} of this archive has some`,
    {
      next: 'Check the scopes of the app, then run extract again to go on; if there really are none now, with --allow-empty.',
    },
  );
}

/**
 * With only the old scope, v1's changes endpoint answers 200 and nothing (HubSpot's changelog of 2026). So an empty
 * answer is probed: what the archive holds was modified once, and so must be found. From just before the newest update
 * first; that engagement may be deleted by now, so from the beginning next.
 * Throws HubSpotRefused when still nothing comes.
 */
export async function assertNothingHidden(
  client: HubSpotClient,
  state: ArchiveState,
): Promise<void> {
  const updates = withRecords(state).flatMap(({ newestUpdate }) => newestUpdate ?? []);
  if (updates.length === 0) return;
  const newest = Math.max(...updates.map((instant) => Date.parse(instant)));
  for (const since of [newest - 1, 0]) {
    const { page } = await client.fetchPage(
      () => toModifiedRequest(since, null, 1),
      parseModifiedBody,
    );
    if (page.records > 0) return;
  }
  throw new HubSpotRefused(
    'HubSpot shows no modified engagement at all, though the archive has some: a scope is missing',
    { next: 'Give the token the scope crm.objects.contacts.read, then run extract again.' },
  );
}

function withRecords(state: ArchiveState): RawManifest[] {
  return state.runs.flatMap((run) =>
    run.state === 'complete' && run.manifest.records > 0 ? [run.manifest] : [],
  );
}
