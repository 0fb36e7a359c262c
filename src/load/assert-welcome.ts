import { GuardRefused } from '../errors.ts';
import type { Database } from '../postgres/database.ts';
import type { MergedRun } from './ledger.ts';
import type { NdjsonRun } from './read-runs.ts';

const APART = 'Keep each portal in a DATA_DIR of its own.';

/**
 * Refuses rows that do not belong into this database: of two portals in one archive, of another portal than the
 * embedded database's, and the demo portal's made-up ones in any but the embedded. Throws GuardRefused. Pure.
 */
export function assertWelcome(
  runs: NdjsonRun[],
  ledger: MergedRun[],
  database: Pick<Database, 'embedded'>,
  { allowDemo, dataDir }: { allowDemo: boolean; dataDir: string },
): void {
  const [first, ...others] = runs.filter(({ manifest }) => manifest.portalId !== null);
  const foreign = others.find(({ manifest }) => manifest.portalId !== first?.manifest.portalId);
  if (first !== undefined && foreign !== undefined) {
    throw new GuardRefused(
      `the archive in ${dataDir} holds two portals: run ${first.run} is of portal ${first.manifest.portalId}, run ${foreign.run} of portal ${foreign.manifest.portalId}`,
      { next: APART },
    );
  }
  if (!database.embedded) {
    if (allowDemo || !runs.some(({ manifest }) => manifest.demo)) return;
    throw new GuardRefused(`the archive in ${dataDir} holds the demo portal's made-up data`, {
      next: 'Unset DATABASE_URL to load it into the embedded database, or run load --allow-demo.',
    });
  }
  const owner = ledger.find(({ portal_id }) => portal_id !== '0')?.portal_id;
  if (first !== undefined && owner !== undefined && String(first.manifest.portalId) !== owner) {
    throw new GuardRefused(
      `the embedded database in ${dataDir} belongs to portal ${owner}; run ${first.run} is of portal ${first.manifest.portalId}`,
      { next: APART },
    );
  }
}
