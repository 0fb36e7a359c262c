import { parseJson } from '../json.ts';
import {
  type Answer,
  answerOf,
  invalidRequest,
  methodNotAllowed,
  unknownObjectType,
} from './answers.ts';
import { answerAssociations, answerLabels, type LinkPages } from './crm-associations.ts';
import { answerBatchRead, answerList } from './crm-objects.ts';
import { answerOwners } from './crm-owners.ts';
import { answerPipelines } from './crm-pipelines.ts';
import { answerProperties } from './crm-properties.ts';
import { answerSearch } from './crm-search.ts';
import { answerEngagementsV1 } from './engagements-v1.ts';
import {
  findType,
  OBJECT_TYPES,
  type ObjectType,
  TARGET_TYPES,
  type TargetType,
} from './object-types.ts';
import type { PortalData } from './portal-data.ts';
import type { PortalRequest } from './serve.ts';

/** What an endpoint answers from. */
interface Question {
  query: Record<string, string>;
  /** Parsed; null for a GET. */
  body: unknown;
  link: LinkPages;
  data: PortalData;
  /** The types that the path names; of no meaning where it names none. */
  type: ObjectType;
  target: TargetType;
}

interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  reply: (question: Question) => Answer;
}

/**
 * The path of an endpoint: `V` stands for a dated version, `{type}` and `{target}` for object types. HubSpot serves
 * `older`, with v3 for `V`, in the same shapes.
 */
function toPattern(path: string, older = path.replace(/^\/crm\/(\w+)\/V/, '/crm/V/$1')): RegExp {
  const names = (text: string): string => text.replaceAll(/\{\w+\}/g, '([^/]+)');
  const dated = names(path).replace('V', '\\d{4}-\\d{2}');
  return new RegExp(`^(?:${dated}|${names(older).replace('V', 'v3')})$`);
}

const SEARCH = toPattern('/crm/objects/V/{type}/search');

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: toPattern('/crm/objects/V/{type}'),
    reply: ({ query, type, data, link }) => answerList(query, type, data, link),
  },
  { method: 'POST', path: SEARCH, reply: ({ body, type, data }) => answerSearch(body, type, data) },
  {
    method: 'POST',
    path: toPattern('/crm/objects/V/{type}/batch/read'),
    reply: ({ body, type, data }) => answerBatchRead(body, type, data),
  },
  {
    method: 'GET',
    path: toPattern('/crm/properties/V/{type}'),
    reply: ({ type }) => answerProperties(type),
  },
  {
    method: 'GET',
    path: toPattern('/crm/pipelines/V/{type}'),
    reply: ({ type }) => answerPipelines(type.name),
  },
  {
    method: 'POST',
    path: toPattern(
      '/crm/associations/V/{type}/{target}/batch/read',
      '/crm/v4/associations/{type}/{target}/batch/read',
    ),
    reply: ({ body, type, target, data }) => answerAssociations(body, type, target, data),
  },
  {
    method: 'GET',
    path: toPattern(
      '/crm/associations/V/{type}/{target}/labels',
      '/crm/v4/associations/{type}/{target}/labels',
    ),
    reply: ({ type, target }) => answerLabels(type, target),
  },
  {
    method: 'GET',
    path: toPattern('/crm/owners/V'),
    reply: ({ query, link }) => answerOwners(query, link),
  },
  {
    method: 'GET',
    path: toPattern('/account-info/V/details'),
    reply: ({ data }) => accountDetails(data),
  },
];

/** Whether a request counts against search's own limit. */
export function isSearch({ path }: PortalRequest): boolean {
  return SEARCH.test(path);
}

/** The answer to an authorized request within the limits. */
export function answerRequest(request: PortalRequest, data: PortalData): Answer {
  for (const { method, path, reply } of ROUTES) {
    const found = path.exec(request.path);
    if (found === null) continue;
    if (request.method !== method) return methodNotAllowed(method);
    const [from, to] = found.slice(1).filter((name) => name !== undefined);
    const type = from === undefined ? OBJECT_TYPES[0] : findType(OBJECT_TYPES, from);
    if (type === undefined) return unknownObjectType(String(from));
    const target = to === undefined ? TARGET_TYPES[0] : findType(TARGET_TYPES, to);
    if (target === undefined) return unknownObjectType(String(to));
    const body = method === 'GET' ? null : readBody(request.body);
    if (body === undefined) return invalidRequest('Invalid input JSON: the body is not JSON');
    return reply({ query: request.query, body, link: toLinks(request), data, type, target });
  }
  return answerEngagementsV1(request, data);
}

/** Undefined when it is no JSON. */
function readBody(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

/** Links that go on from `after`, with the other parameters of the request; an empty path means its own. */
function toLinks({ headers, path, query }: PortalRequest): LinkPages {
  const origin = `http://${headers.host}`;
  return (at, after) =>
    at === ''
      ? `${origin}${path}?${new URLSearchParams({ ...query, after })}`
      : `${origin}${at}?after=${after}`;
}

/** What kind of account it is; its day begins at midnight UTC, as the daily limit's does. */
function accountDetails({ portalId }: PortalData): Answer {
  return answerOf({
    portalId,
    accountType: 'STANDARD',
    timeZone: 'UTC',
    companyCurrency: 'USD',
    additionalCurrencies: [],
    utcOffset: '+00:00',
    utcOffsetMilliseconds: 0,
    uiDomain: 'app.hubspot.com',
    dataHostingLocation: 'na1',
  });
}
