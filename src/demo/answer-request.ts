import { parseJson } from '../json.ts';
import {
  type Answer,
  answerOf,
  invalidRequest,
  methodNotAllowed,
  unknownObjectType,
} from './answers.ts';
import { answerAssociations } from './crm-associations.ts';
import { answerList } from './crm-objects.ts';
import { answerProperties } from './crm-properties.ts';
import { answerSearch } from './crm-search.ts';
import { answerEngagementsV1 } from './engagements-v1.ts';
import { findType, OBJECT_TYPES, type ObjectType, TARGET_TYPES } from './object-types.ts';
import type { PortalData } from './portal-data.ts';
import type { PortalRequest } from './serve.ts';

type Reply = (request: PortalRequest, data: PortalData, type: ObjectType, to: string) => Answer;

// HubSpot serves its dated versions and v3 (v4 for associations) side by side, in the same shapes.
const DATED = '\\d{4}-\\d{2}';
const OBJECTS = `/crm/(?:objects/${DATED}|v3/objects)/([^/]+)`;
const ASSOCIATIONS = `/crm/(?:associations/${DATED}|v4/associations)/([^/]+)/([^/]+)`;

/** The endpoints about one object type, whose name is the first group of the path. */
const ROUTES: { method: string; path: RegExp; reply: Reply }[] = [
  {
    method: 'GET',
    path: new RegExp(`^${OBJECTS}$`),
    reply: (request, data, type) => answerList(request.query, type, data, toLinks(request)),
  },
  {
    method: 'POST',
    path: new RegExp(`^${OBJECTS}/search$`),
    reply: (request, data, type) => withBody(request, (body) => answerSearch(body, type, data)),
  },
  {
    method: 'POST',
    path: new RegExp(`^${ASSOCIATIONS}/batch/read$`),
    reply: (request, data, type, to) => {
      const target = findType(TARGET_TYPES, to);
      if (target === undefined) return unknownObjectType(to);
      return withBody(request, (body) => answerAssociations(body, type, target, data));
    },
  },
  {
    method: 'GET',
    path: new RegExp(`^/crm/(?:properties/${DATED}|v3/properties)/([^/]+)$`),
    reply: (_request, _data, type) => answerProperties(type),
  },
];

const SEARCH = new RegExp(`^${OBJECTS}/search$`);
const ACCOUNT = new RegExp(`^/account-info/(?:${DATED}|v3)/details$`);

/** Whether a request counts against search's own limit. */
export function isSearch({ path }: PortalRequest): boolean {
  return SEARCH.test(path);
}

/** The answer to an authorized request within the limits. */
export function answerRequest(request: PortalRequest, data: PortalData): Answer {
  const { method, path } = request;
  if (ACCOUNT.test(path)) return method === 'GET' ? accountDetails(data) : methodNotAllowed('GET');
  for (const route of ROUTES) {
    const [, name, to = ''] = route.path.exec(path) ?? [];
    if (name === undefined) continue;
    if (method !== route.method) return methodNotAllowed(route.method);
    const type = findType(OBJECT_TYPES, name);
    return type === undefined ? unknownObjectType(name) : route.reply(request, data, type, to);
  }
  return answerEngagementsV1(request, data);
}

function withBody({ body }: PortalRequest, answer: (body: unknown) => Answer): Answer {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch {
    return invalidRequest('Invalid input JSON: the body is not JSON');
  }
  return answer(parsed);
}

/** Links that go on from `after`, with the other parameters of the request; an empty path means its own. */
function toLinks({ headers, path, query }: PortalRequest): (at: string, after: string) => string {
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
