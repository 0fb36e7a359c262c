import { Agent, request } from 'undici';
import type { Portal } from './start-portal.ts';

/** Connections of the tests' own, so that none of an earlier portal is used again. */
export const agent = new Agent();

export const PAGED = '/engagements/v1/engagements/paged';

/** Asks a portal with its own token (or other `headers`) and reads the whole answer. */
export async function ask(
  portal: Portal,
  path: string,
  options: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string } = {},
) {
  const { body, headers = { authorization: `Bearer ${portal.token}` } } = options;
  const { method = body === undefined ? 'GET' : 'POST' } = options;
  const answer = await request(portal.url + path, {
    method,
    headers,
    dispatcher: agent,
    ...(body !== undefined && { body }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** Asks for a page and parses it. */
export async function askPage(portal: Portal, query: string) {
  const { text } = await ask(portal, `${PAGED}?${query}`);
  return JSON.parse(text) as {
    results: { engagement: { id: number } }[];
    hasMore: boolean;
    offset: number;
  };
}

/** Asks with a body, when there is one, and parses the answer, whatever its status. */
// biome-ignore lint/suspicious/noExplicitAny: the answers are what is tested
export async function askJson(portal: Portal, path: string, body?: unknown): Promise<any> {
  const options = body === undefined ? {} : { body: JSON.stringify(body) };
  return JSON.parse((await ask(portal, path, options)).text);
}

/** A v1 record with nothing but what every recorded one has. */
export function record(id: unknown, fields: Record<string, unknown> = {}) {
  return {
    engagement: {
      id,
      portalId: 1,
      active: true,
      createdAt: 1_500_000_000_000,
      lastUpdated: 1_500_000_000_000,
      type: 'NOTE',
      timestamp: 1_500_000_000_000,
      ...fields,
    },
    associations: { contactIds: [], companyIds: [], dealIds: [], ownerIds: [], workflowIds: [] },
    metadata: {},
  };
}
