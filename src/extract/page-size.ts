/**
 * How many records a page asks for. HubSpot answers 500 to pages that are too heavy for it (portals with huge e-mails:
 * tap-hubspot PR #234), so a page that keeps failing is asked for smaller, and the size grows back when pages succeed.
 */
export interface PageSize {
  /** For the next page. */
  readonly now: number;
  /**
   * An attempt at a page of `limit` records failed on HubSpot's side or on the way, for the `failures`th time in a row,
   * from 1. Returns the limit to ask for it with the next time, whatever other pages fare with meanwhile.
   */
  shrink(limit: number, failures: number): number;
  /** A page arrived. */
  grow(): void;
}

const SMALLEST = 5;
const GROW_AFTER_PAGES = 10;

/** A page size that begins at `most` and never exceeds it. */
export function createPageSize(most: number): PageSize {
  let now = most;
  let good = 0;
  return {
    get now() {
      return now;
    },
    shrink(limit, failures) {
      // A single failure is HubSpot's everyday; a second one of the same page is about the page.
      if (failures < 2) return limit;
      const smaller = Math.max(Math.min(SMALLEST, limit), Math.floor(limit / 2));
      now = Math.min(now, smaller);
      good = 0;
      return smaller;
    },
    grow() {
      good += 1;
      if (good < GROW_AFTER_PAGES) return;
      good = 0;
      now = Math.min(most, now * 2);
    },
  };
}
