import type { KnownPage } from '../archive/journal.ts';
import type { RunPlan } from '../archive/manifest.ts';
import {
  parseModifiedBody,
  parsePagedBody,
  toModifiedRequest,
  toPagedRequest,
} from '../hubspot/engagements-v1.ts';
import { LAST_ID } from './coverage.ts';
import type { Walk } from './walk.ts';
import { createChainWalk } from './walk-chain.ts';
import { createIdWalk } from './walk-ids.ts';

/** The name of v1's one stream: all types together. */
export const ENGAGEMENTS = 'engagements';

/** What is left of a run by v1: one walk, by ids over everything or along the cursors of what was modified. */
export function planV1Walks(
  { window }: Pick<RunPlan, 'window'>,
  pages: readonly KnownPage[],
  { pageLimit, note }: { pageLimit: number; note(message: string): void },
): Walk[] {
  if (window === null) {
    return [
      createIdWalk(
        {
          name: ENGAGEMENTS,
          rule: LAST_ID,
          pageSize: pageLimit,
          toRequest: toPagedRequest,
          parse: parsePagedBody,
        },
        pages,
        note,
      ),
    ];
  }
  const since = Date.parse(window.from);
  return [
    createChainWalk(
      {
        name: ENGAGEMENTS,
        toRequest: (cursor, limit) => toModifiedRequest(since, cursor, limit),
        parse: parseModifiedBody,
      },
      pages,
      note,
    ),
  ];
}
