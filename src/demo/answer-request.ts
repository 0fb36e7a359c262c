import { parseJson } from '../json.ts';
import {
  type Answer,
  invalidRequest,
  methodNotAllowed,
  missingScopes,
  unknownObjectType,
} from './answers.ts';
import { answerAssociations } from './crm-associations.ts';
import { answerList } from './crm-list.ts';
import { answerProperties } from './crm-properties.ts';
import { answerSearch } from './crm-search.ts';
import { answerEngagementsV1 } from './engagements-v1.ts';
import type { PortalRequest } from './faults.ts';
import { findType, OBJECT_TYPES, type ObjectType, TARGET_TYPES } from './object-types.ts';
import { findLackedScope, type PortalData } from './portal-data.ts';

// HubSpot serves its dated versions and v3 (v4 for associations) side by side, in the same shapes.
const DATE = '\\d{4}-\\d{2}';
const OBJECTS = new RegExp(`^/crm/(?:objects/${DATE}|v3/objects)/([^/]+)(/search)?$`);
const ASSOCIATIONS = new RegExp(
  `^/crm/(?:associations/${DATE}|v4/associations)/([^/]+)/([^/]+)/batch/read$`,
);
const PROPERTIES = new RegExp(`^/crm/(?:properties/${DATE}|v3/properties)/([^/]+)$`);
const ACCOUNT = new RegExp(`^/account-info/(?:${DATE}|v3)/details$`);

/** Whether a request counts against search's own limit. */
export function isSearch({ path }: PortalRequest): boolean {
  return path.endsWith('/search') && OBJECTS.test(path);
}

/** The true answer to an authorized request within the limits. */
export function answerRequest(request: PortalRequest, data: PortalData): Answer {
  const { path, query } = request;
  if (ACCOUNT.test(path)) return onlyBy('GET', request, () => accountDetails(data));
  const [, objects, search] = OBJECTS.exec(path) ?? [];
  if (objects !== undefined && search !== undefined) {
    return onlyBy('POST', request, () =>
      aboutType(objects, data, (type) =>
        withBody(request, (body) => answerSearch(body, type, data)),
      ),
    );
  }
  if (objects !== undefined) {
    return onlyBy('GET', request, () =>
      aboutType(objects, data, (type) => answerList(query, type, data, toLinks(request))),
    );
  }
  const [, from, to] = ASSOCIATIONS.exec(path) ?? [];
  if (from !== undefined && to !== undefined) {
    const target = findType(TARGET_TYPES, to);
    if (target === undefined) return unknownObjectType(to);
    return onlyBy('POST', request, () =>
      aboutType(from, data, (type) =>
        withBody(request, (body) => answerAssociations(body, type, target, data)),
      ),
    );
  }
  const [, described] = PROPERTIES.exec(path) ?? [];
  if (described !== undefined) {
    return onlyBy('GET', request, () => aboutType(described, data, answerProperties));
  }
  return answerEngagementsV1(request, data);
}

function onlyBy(method: string, request: PortalRequest, answer: () => Answer): Answer {
  return request.method === method ? answer() : methodNotAllowed(method);
}

function aboutType(name: string, data: PortalData, answer: (type: ObjectType) => Answer): Answer {
  const type = findType(OBJECT_TYPES, name);
  if (type === undefined) return unknownObjectType(name);
  const lacked = findLackedScope(data, type.name);
  return lacked === undefined ? answer(type) : missingScopes([lacked]);
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
  return {
    status: 200,
    body: JSON.stringify({
      portalId,
      accountType: 'STANDARD',
      timeZone: 'UTC',
      companyCurrency: 'USD',
      additionalCurrencies: [],
      utcOffset: '+00:00',
      utcOffsetMilliseconds: 0,
      uiDomain: 'app.hubspot.com',
      dataHostingLocation: 'na1',
    }),
  };
}
