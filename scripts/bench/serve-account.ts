import { seededRandom } from '../../src/demo/random.ts';
import { startPortal } from '../../test/portal/start-portal.ts';

/** What {@link serveAccount} is started with, as JSON in argv. */
export interface AccountOptions {
  rows: number;
  latencyMs: number;
  /** Requests per ten seconds. */
  max: number;
}

const OTHERS = ['CALL', 'MEETING', 'NOTE', 'TASK'];

/**
 * A program of its own, so that the account's work does not slow down who asks it: a portal of `rows` engagements, nine
 * of ten of them e-mails, with ids anywhere up to 500 billion. Sends its URL to its parent, and ends with it.
 */
async function serveAccount({ rows, latencyMs, max }: AccountOptions): Promise<void> {
  const random = seededRandom(rows);
  const ids = new Set<number>();
  while (ids.size < rows) ids.add(1 + Math.floor(random.next() * 5e11));
  const body = 'Thank you for your call of this week. '.repeat(20);
  const engagements = [...ids].map((id, n) => ({
    engagement: {
      id,
      portalId: 7,
      active: true,
      createdAt: id,
      lastUpdated: id,
      type: n % 10 === 0 ? OTHERS[(n / 10) % OTHERS.length] : 'EMAIL',
      timestamp: id,
    },
    associations: { contactIds: [n % 90_000], companyIds: [], dealIds: [], ticketIds: [] },
    metadata: { body },
  }));
  const portal = await startPortal({ engagements, latencyMs, rateLimit: { max } });
  process.send?.({ url: portal.url, token: portal.token });
  process.once('disconnect', () => process.exit());
}

await serveAccount(JSON.parse(process.argv[2] ?? ''));
