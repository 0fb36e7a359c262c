import { randomUUID } from 'node:crypto';

/** An HTTP answer before it is encoded and sent. */
export interface Answer {
  status: number;
  /** Besides those that every answer has; a name given here wins. */
  headers?: Record<string, string>;
  body: string | Buffer;
  /** Which of HubSpot's limit headers it has: all by default, `daily` for search, `none` when a gateway answers. */
  limits?: 'all' | 'daily' | 'none';
  /** The cursor that it returns, where the body does not end with an `offset`; for the log of requests. */
  nextCursor?: string;
}

/** 429 of the 10-second limit; recorded. */
export function tenSecondlyLimit(): Answer {
  return hubspotError(429, {
    message: 'You have reached your ten_secondly_rolling limit.',
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
  });
}

/** 429 of the day's allowance. */
export function dailyLimit(): Answer {
  return hubspotError(429, {
    message: 'You have reached your daily limit.',
    errorType: 'RATE_LIMIT',
    policyName: 'DAILY',
  });
}

/** 429 of search, which has no policyName and only the daily headers. */
export function secondlyLimit(): Answer {
  const answer = hubspotError(429, {
    message: 'You have reached your secondly limit.',
    category: 'RATE_LIMITS',
  });
  return { ...answer, limits: 'daily' };
}

/** 401 as answered to a missing and to a wrong token alike; recorded. */
export function unauthorized(): Answer {
  return hubspotError(401, {
    message:
      'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
    category: 'INVALID_AUTHENTICATION',
  });
}

/** 403 that names the scopes of which one is needed; recorded. */
export function missingScopes(
  scopes: readonly string[] = ['crm.objects.contacts.read', 'sales-email-read'],
): Answer {
  return hubspotError(403, {
    message:
      "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: scopes },
      },
    ],
    links: { scopes: 'https://developers.hubspot.com/scopes' },
    category: 'MISSING_SCOPES',
  });
}

/** 400 for a query parameter that is no number. */
export function invalidParameter(name: string, value: string): Answer {
  return hubspotError(400, {
    message: `Invalid value for query parameter ${name}: '${value}' is not a valid long`,
    category: 'VALIDATION_ERROR',
  });
}

/** 400 for a request that is understood and refused. */
export function invalidRequest(message: string): Answer {
  return hubspotError(400, { message, category: 'VALIDATION_ERROR' });
}

/** 400 for an object type that HubSpot does not know; recorded, without a category. */
export function unknownObjectType(name: string): Answer {
  return hubspotError(400, { message: `Unable to infer object type from: ${name}` });
}

/** 404 of an unknown path or id. */
export function notFound(): Answer {
  return hubspotError(404, { message: 'resource not found', category: 'OBJECT_NOT_FOUND' });
}

/** 405; `allow` as in the header of that name. */
export function methodNotAllowed(allow: string): Answer {
  const answer = hubspotError(405, { message: 'HTTP 405 Method Not Allowed' });
  return { ...answer, headers: { ...answer.headers, Allow: allow } };
}

/** 423: HubSpot asks for a pause of two seconds or more, without a header. */
export function locked(): Answer {
  return hubspotError(423, {
    message: 'The resource is locked, try again later',
    category: 'LOCKED',
  });
}

/** 477: the account moves between data centers, for up to 24 hours. */
export function migrating(retryAfterSeconds = 86_400): Answer {
  const answer = hubspotError(477, {
    message: 'This account is being migrated to another Hublet',
    category: 'MIGRATION_IN_PROGRESS',
  });
  return { ...answer, headers: { ...answer.headers, 'Retry-After': String(retryAfterSeconds) } };
}

/** A plain 500, as during maintenance. */
export function internalError(): Answer {
  return hubspotError(500, { message: 'internal error' });
}

/** 503 in HubSpot's own words. */
export function unavailable(): Answer {
  return hubspotError(503, { message: 'Service unavailable, please try again later' });
}

/** 502 of the gateway in front of HubSpot: HTML, and none of HubSpot's headers. */
export function badGateway(): Answer {
  return gatewayPage(502, '502 Bad Gateway');
}

/** 414 of the gateway for an URL that is too long: HTML, and none of HubSpot's headers. */
export function uriTooLong(): Answer {
  return gatewayPage(414, '414 Request-URI Too Large');
}

/** 200 with a page of HTML where JSON was promised, as some proxies answer. */
export function htmlPage(): Answer {
  return gatewayPage(200, 'Please sign in to the network');
}

/** 200 with JSON that is no page. */
export function otherJson(body: unknown = { status: 'ok' }): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

/** A redirect; `location` may be on another host. */
export function redirectTo(location: string): Answer {
  return { status: 307, headers: { Location: location }, body: '' };
}

function hubspotError(status: number, fields: Record<string, unknown>): Answer {
  const correlationId = randomUUID();
  const { message, ...rest } = fields;
  return {
    status,
    headers: { 'X-HubSpot-Correlation-Id': correlationId },
    body: JSON.stringify({ status: 'error', message, correlationId, ...rest }),
  };
}

function gatewayPage(status: number, title: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`,
    limits: 'none',
  };
}
