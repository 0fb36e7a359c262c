import type { HubSpotClient, PageAnswer, PageRequest } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';

/** An answer that belongs to a page of records. */
export interface Companion {
  /** Names its file. */
  stream: string;
  /**
   * What it adds to the page: properties, or associations of a kind (as the API names it). Null for an answer that many
   * pages need, which is written once a run.
   */
  completes: { part: 'properties' | 'associations'; kind: string | null } | null;
  answer: PageAnswer<PageSummary>;
}

/** Fetches the companions of a page, in the order in which they were asked for. */
export type FindCompanions = (
  page: PageAnswer<PageSummary>,
  fetch: HubSpotClient['fetchPage'],
) => Promise<Companion[]>;

/** Where in a stream a page is asked for. */
export interface Ask {
  /** The cursor to send; null: none, from the start. */
  cursor: string | null;
  /** For a walk by ids: the first id asked for. */
  from: bigint;
  /** About how many records are left from here on; the walk with most of them goes first. */
  expected: number;
  /** Whether this is one more request beside those that the walk has under way. */
  split: boolean;
}

/** What a walk costs, in pages. */
export interface Spending {
  /** Pages that there probably are, those fetched included. */
  pages: number;
  /** Pages' worth of requests that brought nothing new, and at most one for each place where two requests will meet. */
  wasted: number;
}

/** A chain's: it cannot be split. */
export const NO_SPENDING: Spending = { pages: 0, wasted: 0 };

/**
 * The pages of one stream, in whatever order they are fetched. A walk knows what is left to ask for; runWalks asks.
 */
export interface Walk {
  readonly stream: string;
  /** `ids`: pages cover ranges of ids, from several places at once. `chain`: each page follows the one before. */
  readonly kind: 'ids' | 'chain';
  readonly complete: boolean;
  /** What to ask for next; undefined when one more request would not help now. */
  plan(): Ask | undefined;
  /** What splitting has cost and will probably cost. */
  readonly spending: Spending;
  /** A request for `ask` begins. */
  begin(ask: Ask): void;
  /** The request for `ask` ended without a page. */
  drop(ask: Ask): void;
  toRequest(ask: Ask, limit: number): PageRequest;
  parse(body: Buffer): PageSummary;
  /** Absent when pages are complete by themselves. */
  readonly findCompanions: FindCompanions | undefined;
  /**
   * Whether the page is one that its cursor stands for. `refused`: the walk no longer needs it. Throws JobError when the
   * walk cannot go on.
   */
  check(ask: Ask, page: PageSummary): 'good' | 'refused';
  /** The page is safely on disk. */
  accept(ask: Ask, page: PageSummary): void;
  /** HubSpot refuses the request (400). True: the walk goes on in another way. */
  fallBack(ask: Ask, reason: string): boolean;
}
