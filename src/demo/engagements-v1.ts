import {
  type Answer,
  answerOf,
  invalidParameter,
  methodNotAllowed,
  notFound,
  pageOf,
} from './answers.ts';
import type { PortalData } from './portal-data.ts';
import type { PortalRequest } from './serve.ts';
import type { StoredRecord } from './stored-record.ts';

const ENGAGEMENTS = '/engagements/v1/engagements';
const DEFAULT_LIMIT = '100';

/** HubSpot's bounds on a page; a larger `limit` is cut down to them silently. */
const MAX_PAGED = 250;
const MAX_MODIFIED = 1_000;

/** The answer of the v1 engagements API. */
export function answerEngagementsV1(request: PortalRequest, data: PortalData): Answer {
  const { method, path, query } = request;
  const id = /^\/engagements\/v1\/engagements\/(\d+)$/.exec(path)?.[1];
  const isPaged = path === `${ENGAGEMENTS}/paged`;
  const isModified = path === `${ENGAGEMENTS}/modified/after`;
  if (!isPaged && !isModified && id === undefined) return notFound();
  if (method !== 'GET') return methodNotAllowed('GET');
  if (id !== undefined) {
    const record = data.stores.engagements.find(BigInt(id));
    return record === undefined ? notFound() : answerOf(record.read());
  }
  const { limit = DEFAULT_LIMIT } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  return isPaged ? answerPaged(+limit, query, data) : answerModifiedAfter(+limit, query, data);
}

/** The records whose id is above `offset`, ascending. */
function answerPaged(limit: number, query: Record<string, string>, { stores }: PortalData): Answer {
  const { offset = '0' } = query;
  if (!/^\d+$/.test(offset)) return invalidParameter('offset', offset);
  const { records, last, hasMore } = stores.engagements.after(
    BigInt(offset),
    Math.min(limit, MAX_PAGED),
  );
  const items = records.values().map((record) => record.read());
  // The tail is written by hand, because an id may be too long for a JavaScript number.
  return pageOf(items, `],"hasMore":${hasMore},"offset":${last}}`);
}

/** Where a walk through the modified records stands: what it began with, and the last record given out. */
interface WalkState {
  /** Epoch milliseconds. */
  since: number;
  last: Ranked | undefined;
}

type Ranked = { rank: number; id: bigint };

/**
 * The records modified at or after an instant, in no order that means anything (here: by a hash of the id), without a
 * cap. `after` is epoch milliseconds or the cursor of the answer before.
 */
function answerModifiedAfter(
  limit: number,
  { after = '' }: Record<string, string>,
  { stores }: PortalData,
): Answer {
  const state = /^\d+$/.test(after) ? { since: +after, last: undefined } : readCursor(after);
  if (state === undefined) return invalidParameter('after', after);
  const left: (Ranked & { record: StoredRecord })[] = [];
  for (const record of stores.engagements.living()) {
    if (!(record.lastUpdated >= state.since)) continue;
    const item = { rank: rankOf(record.id), id: record.id, record };
    if (state.last === undefined || compare(item, state.last) > 0) left.push(item);
  }
  left.sort(compare);
  let count = Math.min(limit, MAX_MODIFIED);
  // Records of the same id cannot be told apart by the cursor: a page never ends between them.
  while (count < left.length && left[count]?.id === left[count - 1]?.id) count++;
  const items = left
    .slice(0, count)
    .values()
    .map(({ record }) => record.read());
  if (count >= left.length) return pageOf(items, '],"hasMore":false}');
  return pageOf(items, `],"hasMore":true,"after":"${writeCursor(state.since, left[count - 1])}"}`);
}

function compare(a: Ranked, b: Ranked): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A 32-bit hash: neighbours end up far apart. */
function rankOf(id: bigint): number {
  const bits = Number(BigInt.asUintN(32, id ^ (id >> 32n)));
  const mixed = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
}

function writeCursor(since: number, last: Ranked | undefined): string {
  return Buffer.from(`v1:${since}:${last?.rank}:${last?.id}`).toString('base64url');
}

function readCursor(cursor: string): WalkState | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, since, rank, id] = /^v1:(\d+):(\d+):(\d+)$/.exec(text) ?? [];
  if (since === undefined || rank === undefined || id === undefined) return undefined;
  return { since: +since, last: { rank: +rank, id: BigInt(id) } };
}
