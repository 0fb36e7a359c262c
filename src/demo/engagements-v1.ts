import { type Answer, invalidParameter, methodNotAllowed, notFound } from './answers.ts';
import type { PortalRequest } from './faults.ts';
import type { Store } from './store.ts';

const ENGAGEMENTS = '/engagements/v1/engagements';
const DEFAULT_LIMIT = 100;

/** HubSpot's own bound on a page; a larger `limit` is cut down to it silently. */
export const MAX_LIMIT = 250;

/** The answer of the v1 engagements API to an authorized request. Pages have at most `pageLimit` records. */
export function answerEngagementsV1(
  request: PortalRequest,
  store: Store,
  pageLimit: number,
): Answer {
  const { method, path, query } = request;
  const id = /^\/engagements\/v1\/engagements\/(\d+)$/.exec(path)?.[1];
  if (path !== `${ENGAGEMENTS}/paged` && id === undefined) return notFound();
  if (method !== 'GET') return methodNotAllowed('GET');
  return id === undefined ? answerPage(query, store, pageLimit) : answerOne(BigInt(id), store);
}

function answerPage(query: Record<string, string>, store: Store, pageLimit: number): Answer {
  const { limit = String(DEFAULT_LIMIT), offset = '0' } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  if (!/^\d+$/.test(offset)) return invalidParameter('offset', offset);
  const { records, last, hasMore } = store.after(BigInt(offset), Math.min(+limit, pageLimit));
  // Bytes record by record: a page as one string would stay in memory until the next full collection.
  const parts = records.map((record, n) =>
    Buffer.from((n > 0 ? ',' : '') + JSON.stringify(record.read())),
  );
  // Written by hand, because an id may be too long for a JavaScript number.
  const tail = `],"hasMore":${hasMore},"offset":${last}}`;
  return {
    status: 200,
    body: Buffer.concat([Buffer.from('{"results":['), ...parts, Buffer.from(tail)]),
  };
}

function answerOne(id: bigint, store: Store): Answer {
  const record = store.get(id);
  return record === undefined ? notFound() : { status: 200, body: JSON.stringify(record) };
}
