import type { HubSpotClient, PageAnswer, PageRequest } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';

/** An answer that belongs to a page of records. */
export interface Companion {
  /** Names its file. */
  stream: string;
  /**
   * What it adds to the page that this had no room for: properties, or associations of a kind (as the API names it).
   * Null for one that many pages share and that is written once a run.
   */
  completes: { part: 'properties' | 'associations'; kind: string | null } | null;
  answer: PageAnswer<PageSummary>;
}

/** Fetches the companions of a page, in the order in which they were asked for. */
export type FindCompanions = (
  page: PageAnswer<PageSummary>,
  fetch: HubSpotClient['fetchPage'],
) => Promise<Companion[]>;

/** A place in a stream that a page is asked for. */
export interface Ask {
  /** The cursor to send; null: none, from the start. */
  cursor: string | null;
  /** For a walk by ids: the first id asked for. */
  from: bigint;
  /** About how many records are to be had in this direction; the walks that hold most go first. */
  expected: number;
  /** Whether one more request would be under way in the walk. */
  split: boolean;
}

/**
 * The pages of one stream, in whatever order they are fetched. A walk knows what is left, never how it is fetched:
 * `plan` and `accept` are all the driver needs.
 */
export interface Walk {
  readonly stream: string;
  /** `ids`: pages cover ranges of ids, from several places at once. `chain`: each page follows the one before. */
  readonly kind: 'ids' | 'chain';
  readonly complete: boolean;
  /** What to ask for next, or undefined while more requests would not help. */
  plan(starving?: boolean): Ask | undefined;
  /** The driver takes an ask up. */
  begin(ask: Ask): void;
  /** Nothing came of it. */
  drop(ask: Ask): void;
  toRequest(ask: Ask, limit: number): PageRequest;
  parse(body: Buffer): PageSummary;
  /** Absent when pages are complete by themselves. */
  readonly findCompanions: FindCompanions | undefined;
  /**
   * Whether the page keeps what its cursor promises. `refused`: it does not belong to this walk any more. Throws
   * JobError when the walk cannot go on.
   */
  check(ask: Ask, page: PageSummary): 'good' | 'refused';
  /** The page is safely on disk. */
  accept(ask: Ask, page: PageSummary): void;
  /** HubSpot refuses the ask itself (400). True: the walk knows another way and goes on. */
  fallBack(ask: Ask, reason: string): boolean;
}
