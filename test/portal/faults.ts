import { type Answer, hubspotError } from '../../src/demo/answers.ts';
import type { PortalRequest } from '../../src/demo/serve.ts';

/** A request of the log: its place, 1 for the first since the portal started. */
export interface NumberedRequest extends PortalRequest {
  number: number;
}

/** An order to answer some requests wrongly. Several effects in one order combine. */
export interface Fault {
  /** Which requests it is for; all by default. */
  when?: (request: NumberedRequest) => boolean;
  /** For how many of them; 1 by default, Infinity for good. */
  times?: number;
  /** Sent instead of the true answer. */
  answer?: Answer;
  /** Changes the body of the answer. */
  changeBody?: (body: string, request: NumberedRequest) => string;
  /** The socket is destroyed after so many bytes of the (encoded) body; the headers promise all of it. */
  cutAfterBytes?: number;
  /** Nothing more comes after so many bytes of the (encoded) body. */
  stallAfterBytes?: number;
  /** Not even headers come: silence, or a reset of the connection. */
  noAnswer?: 'stall' | 'reset';
}

/** The faults ordered and not yet used up, first come, first served. */
export interface Faults {
  /** How many orders are left: 0 means that everything ordered has happened. */
  readonly length: number;
  push(...faults: Fault[]): void;
  /** Takes back all orders. */
  clear(): void;
  /** The fault that this request gets, one of whose times is thereby used. */
  take(request: NumberedRequest): Fault | undefined;
}

/** 403 that names the scopes of which one is needed, as recorded. */
export function missingScopes(scopes: readonly string[]): Answer {
  return hubspotError(
    403,
    'MISSING_SCOPES',
    "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    {
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: scopes },
        },
      ],
      links: { scopes: 'https://developers.hubspot.com/scopes' },
    },
  );
}

/** A full page of any endpoint that promises more and returns the cursor it was asked with. */
export const stuckCursor: Fault = { changeBody: promiseMore };

function promiseMore(body: string, { path, query, body: asked }: PortalRequest): string {
  if (path.endsWith('/paged')) {
    const tail = `"hasMore":true,"offset":${query['offset'] ?? 0}}`;
    return body.replace(/"hasMore":\w+,"offset":\d+\}$/, tail);
  }
  const { results, paging: _, ...page } = JSON.parse(body);
  const after = query['after'] ?? (asked === '' ? undefined : JSON.parse(asked).after) ?? '0';
  return path.endsWith('/modified/after')
    ? JSON.stringify({ results, hasMore: true, after })
    : JSON.stringify({ ...page, results, paging: { next: { after: String(after) } } });
}

export function createFaults(): Faults {
  let orders: { fault: Fault; left: number }[] = [];
  return {
    get length() {
      return orders.length;
    },
    push(...faults) {
      orders.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
    },
    clear() {
      orders = [];
    },
    take(request) {
      const order = orders.find(({ fault }) => fault.when?.(request) ?? true);
      if (order === undefined) return undefined;
      order.left--;
      if (order.left <= 0) orders = orders.filter((other) => other !== order);
      return order.fault;
    },
  };
}
