/** What a page says about itself; the records stay in the body. */
export interface PageSummary {
  records: number;
  /** Records of each type, names ascending. */
  types: Record<string, number>;
  /** The ids in the page's order; a record without a usable one is left out. */
  ids: bigint[];
  /** Of the first record that has one. */
  portalId: number | null;
  /** Epoch ms of the newest modification in the page; null when none is told. */
  newestUpdate: number | null;
  nextCursor: string | null;
  hasMore: boolean;
}
