import type { RawManifest } from '../archive/manifest.ts';
import type { ArchiveState } from '../archive/state.ts';
import { GuardRefused, HubSpotRefused } from '../errors.ts';
import type { HubSpotClient } from '../hubspot/client.ts';
import { parseModifiedBody, toModifiedRequest } from '../hubspot/engagements-v1.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { OBJECT_TYPE_NAMES, toRowTypes } from '../model/object-types.ts';

/**
 * A token that lost a scope sees an empty portal: a complete run of that would delete every row.
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
 * The same for one type of the objects API. Throws GuardRefused when `page` says that `stream` is empty although the
 * archive has records of it. Called before the page is saved, so that the run can go on when the scope is back.
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
 * With only the old scope, v1's changes endpoint answers 200 with zero rows (HubSpot's changelog of 2026). So an empty
 * answer is checked by asking for changes since just before the newest update that the archive has; and, since that
 * engagement may be deleted by now, since the beginning.
 * Throws HubSpotRefused when both answers are empty.
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
