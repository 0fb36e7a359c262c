import {
  type Answer,
  invalidParameter,
  methodNotAllowed,
  missingScopes,
  notFound,
} from './answers.ts';
import type { PortalRequest } from './faults.ts';
import { answerModifiedAfter } from './modified-after.ts';
import { toPageBody } from './page-body.ts';
import { findLackedScope, type PortalData, viewRecord } from './portal-data.ts';

const ENGAGEMENTS = '/engagements/v1/engagements';
const DEFAULT_LIMIT = 100;

/** HubSpot's own bound on a page of `/paged`; a larger `limit` is cut down to it silently. */
export const MAX_LIMIT = 250;

/** The answer of the v1 engagements API to an authorized request. */
export function answerEngagementsV1(request: PortalRequest, data: PortalData): Answer {
  const { method, path, query } = request;
  const id = /^\/engagements\/v1\/engagements\/(\d+)$/.exec(path)?.[1];
  const isPaged = path === `${ENGAGEMENTS}/paged`;
  const isModified = path === `${ENGAGEMENTS}/modified/after`;
  if (!isPaged && !isModified && id === undefined) return notFound();
  if (method !== 'GET') return methodNotAllowed('GET');
  const lacked = findLackedScope(data);
  if (lacked !== undefined) return missingScopes([lacked]);
  if (id !== undefined) return answerOne(BigInt(id), data);
  return isPaged ? answerPaged(query, data) : answerModifiedAfter(query, data);
}

function answerPaged(query: Record<string, string>, data: PortalData): Answer {
  const { limit = String(DEFAULT_LIMIT), offset = '0' } = query;
  if (!/^[1-9]\d*$/.test(limit)) return invalidParameter('limit', limit);
  if (!/^\d+$/.test(offset)) return invalidParameter('offset', offset);
  const { store, pageLimit } = data;
  const { records, last, hasMore } = store.after(BigInt(offset), Math.min(+limit, pageLimit));
  const items = records.values().map((record) => viewRecord(record.read(), data));
  // The tail is written by hand, because an id may be too long for a JavaScript number.
  const tail = `],"hasMore":${hasMore},"offset":${last}}`;
  return { status: 200, body: toPageBody('{"results":[', items, tail) };
}

function answerOne(id: bigint, data: PortalData): Answer {
  const record = data.store.get(id);
  if (record === undefined) return notFound();
  return { status: 200, body: JSON.stringify(viewRecord(record, data)) };
}
