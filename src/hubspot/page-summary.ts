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
  /**
   * By kind, as the API names it: the objects whose associations the page does not hold as they are. Absent where all
   * are whole.
   */
  unfinished?: Record<string, AssociationInput[]>;
}

/** An object whose associations are asked for; `after`: from there on. */
export interface AssociationInput {
  id: string;
  after?: string;
}

/** Of a page that holds no records of its own. */
export const NO_RECORDS: PageSummary = {
  records: 0,
  types: {},
  ids: [],
  portalId: null,
  newestUpdate: null,
  nextCursor: null,
  hasMore: false,
};
