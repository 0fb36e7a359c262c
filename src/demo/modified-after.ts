import { type Answer, invalidParameter } from './answers.ts';
import { toPageBody } from './page-body.ts';
import { type PortalData, viewRecord } from './portal-data.ts';
import type { StoredRecord } from './stored-record.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Where a walk stands: what it began with, and the last record given out. */
interface WalkState {
  /** Epoch milliseconds. */
  since: number;
  last: { rank: number; id: bigint } | undefined;
}

/**
 * `GET …/modified/after`: the records modified at or after an instant, as the index shows them, in no order that means
 * anything (here: by a hash of the id), without a cap. `after` is epoch milliseconds or the cursor of the answer before.
 */
export function answerModifiedAfter(query: Record<string, string>, data: PortalData): Answer {
  const { limit = String(DEFAULT_LIMIT), after = '' } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  const state = /^\d+$/.test(after) ? { since: +after, last: undefined } : readCursor(after);
  if (state === undefined) return invalidParameter('after', after);
  if (data.scopes === 'old') return { status: 200, body: '{"results":[],"hasMore":false}' };

  const left = listModified(state, data);
  let count = Math.min(+limit, MAX_LIMIT);
  // Records of the same id cannot be told apart by the cursor: a page never ends between them.
  while (count < left.length && left[count]?.id === left[count - 1]?.id) count++;
  const page = left.slice(0, count).map(({ record }) => record);
  const items = page.values().map((record) => viewRecord(record.read(), data));
  const next = count < left.length ? writeCursor({ ...state, last: left[count - 1] }) : undefined;
  const tail = next === undefined ? '],"hasMore":false}' : `],"hasMore":true,"after":"${next}"}`;
  const body = toPageBody('{"results":[', items, tail);
  return { status: 200, body, ...(next !== undefined && { nextCursor: next }) };
}

/** What is left of a walk, in its order. */
function listModified(
  { since, last }: WalkState,
  { store }: PortalData,
): { rank: number; id: bigint; record: StoredRecord }[] {
  const left = [];
  for (const record of store.indexed()) {
    if (!(record.lastUpdated >= since)) continue;
    const item = { rank: rankOf(record.id), id: record.id, record };
    if (last === undefined || compare(item, last) > 0) left.push(item);
  }
  return left.sort(compare);
}

type Ranked = { rank: number; id: bigint };

function compare(a: Ranked, b: Ranked): number {
  return a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A 32-bit hash: neighbours end up far apart. */
function rankOf(id: bigint): number {
  const bits = Number(BigInt.asUintN(32, id ^ (id >> 32n)));
  const mixed = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
}

function writeCursor({ since, last }: WalkState): string {
  return Buffer.from(`v1:${since}:${last?.rank}:${last?.id}`).toString('base64url');
}

function readCursor(cursor: string): WalkState | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, since, rank, id] = /^v1:(\d+):(\d+):(\d+)$/.exec(text) ?? [];
  if (since === undefined || rank === undefined || id === undefined) return undefined;
  return { since: +since, last: { rank: +rank, id: BigInt(id) } };
}
