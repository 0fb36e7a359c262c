import { randomUUID } from 'node:crypto';

/** An HTTP answer before it is encoded and sent. */
export interface Answer {
  status: number;
  /** Besides the headers that every answer has; a name given here wins. */
  headers?: Record<string, string>;
  body: string | Buffer;
  /** Which limit headers it has: all by default, `daily` for search, `none` when the gateway in front answers. */
  limits?: 'all' | 'daily' | 'none';
}

/**
 * 200 with a JSON object whose first list is `items`: `head` goes before them, `tail` behind. It is written record by
 * record, because a page as one string would stay in memory until the next full garbage collection.
 */
export function pageOf(items: Iterable<unknown>, tail: string, head = '{"results":['): Answer {
  const parts = [Buffer.from(head)];
  for (const item of items) {
    parts.push(Buffer.from((parts.length > 1 ? ',' : '') + JSON.stringify(item)));
  }
  return { status: 200, body: Buffer.concat([...parts, Buffer.from(tail)]) };
}

/** 200 with a JSON body. */
export function answerOf(body: unknown): Answer {
  return { status: 200, body: JSON.stringify(body) };
}

/** An error with HubSpot's usual fields: a status, a message, a category, an id for HubSpot's support, and `more`. */
export function hubspotError(
  status: number,
  category: string,
  message: string,
  more: Record<string, unknown> = {},
): Answer {
  const correlationId = randomUUID();
  return {
    status,
    headers: { 'X-HubSpot-Correlation-Id': correlationId },
    body: JSON.stringify({ status: 'error', message, correlationId, category, ...more }),
  };
}

/** 429 of the 10-second limit. */
export function tenSecondlyLimit(): Answer {
  return hubspotError(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling limit.', {
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
  });
}

/** 429 of the day's allowance. */
export function dailyLimit(): Answer {
  return hubspotError(429, 'RATE_LIMITS', 'You have reached your daily limit.', {
    errorType: 'RATE_LIMIT',
    policyName: 'DAILY',
  });
}

/** 429 of search, which has no policyName and only the daily headers. */
export function secondlyLimit(): Answer {
  const message = 'You have reached your secondly limit.';
  return { ...hubspotError(429, 'RATE_LIMITS', message), limits: 'daily' };
}

/** 401, the same for a missing and for a wrong token. */
export function unauthorized(): Answer {
  return hubspotError(
    401,
    'INVALID_AUTHENTICATION',
    'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
  );
}

/** 400 for a query parameter that is no number. */
export function invalidParameter(name: string, value: string): Answer {
  return invalidRequest(
    `Invalid value for query parameter ${name}: '${value}' is not a valid long`,
  );
}

/** 400 for a request that is understood and refused. */
export function invalidRequest(message: string): Answer {
  return hubspotError(400, 'VALIDATION_ERROR', message);
}

/** 400 for an object type that HubSpot does not know. */
export function unknownObjectType(name: string): Answer {
  return invalidRequest(`Unable to infer object type from: ${name}`);
}

/** 404 of an unknown path or id. */
export function notFound(): Answer {
  return hubspotError(404, 'OBJECT_NOT_FOUND', 'resource not found');
}

/** 405; `allow` as in the header of that name. */
export function methodNotAllowed(allow: string): Answer {
  const answer = hubspotError(405, 'METHOD_NOT_ALLOWED', 'HTTP 405 Method Not Allowed');
  return { ...answer, headers: { ...answer.headers, Allow: allow } };
}

/** An HTML page of the gateway in front of HubSpot, with none of HubSpot's headers. */
export function gatewayPage(status: number, title: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`,
    limits: 'none',
  };
}
