import type { KnownPage } from '../archive/journal.ts';
import type { PageRequest } from '../hubspot/client.ts';
import type { PageSummary } from '../hubspot/page-summary.ts';
import { createChain } from './chain.ts';
import { type FindCompanions, NO_SPENDING, type Walk } from './walk.ts';

/** A stream whose cursors only HubSpot understands. */
export interface ChainStream {
  name: string;
  toRequest(cursor: string | null, limit: number): PageRequest;
  parse(body: Buffer): PageSummary;
  /** Absent when pages are complete by themselves. */
  findCompanions?: FindCompanions;
}

/** Walks a stream page by page, from where the journal's `pages` end; `note` is told when it has to begin anew. */
export function createChainWalk(
  stream: ChainStream,
  pages: readonly KnownPage[],
  note: (message: string) => void,
): Walk {
  const chain = createChain(stream.name, pages);
  return {
    stream: stream.name,
    kind: 'chain',
    get complete() {
      return chain.complete;
    },
    plan: () => chain.plan(),
    spending: NO_SPENDING,
    begin: () => chain.begin(),
    drop: (ask) => chain.drop(ask),
    toRequest: ({ cursor }, limit) => stream.toRequest(cursor, limit),
    parse: stream.parse,
    findCompanions: stream.findCompanions,
    check: (ask, page) => chain.check(ask, page),
    accept: (ask, page) => chain.accept(ask, page),
    fallBack(_ask, reason) {
      const said = chain.restart(reason);
      if (said !== undefined) note(said);
      return said !== undefined;
    },
  };
}
