import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PageEntry, readJournal } from '../../src/archive/journal.ts';
import { readArchiveState } from '../../src/archive/state.ts';
import type { Wishes } from '../../src/extract/decide.ts';
import { OBJECT_TYPE_NAMES } from '../../src/model/object-types.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { extractFrom, TOKEN } from './extract-from.ts';

/** A call with its associated contacts, by label (null: plain). */
interface Call {
  id: number;
  modifiedAt: number;
  contacts?: Record<string, (string | null)[]>;
}

interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  body: {
    inputs?: { id: string }[];
    properties?: string[];
    limit?: number;
    filterGroups?: [{ filters: Filter[] }];
  };
  length: number;
}

interface Filter {
  propertyName: string;
  operator: string;
  value: string;
  highValue?: string;
}

/** How the server deviates from what the demo portal does. */
interface Manners {
  /** Properties of each type besides the usual ones. */
  customProperties?: number;
  /** Refuses bodies of searches beyond 3,000 characters. */
  refusesLong?: boolean;
  /** What it makes of the rows found by a search, before it cuts them into pages. */
  order?: (rows: Call[]) => Call[];
  /** The answer to a request, instead of the usual one. */
  instead?: (asked: Asked) => { status: number; body?: unknown } | undefined;
  /** Answers of associations leave labels to their definitions. */
  hidesLabels?: boolean;
}

const START = '2026-11-24T02:00:00.000Z';
const SINCE = '2026-11-24T00:00:00.000Z';
const CHANGES: Wishes = {
  full: false,
  since: SINCE,
  api: 'objects',
  defaultApi: 'objects',
  types: ['calls'],
  fullEveryDays: null,
};
const FULL: Wishes = { ...CHANGES, full: true, since: null };

let dataDir: string;
let server: Server;
let requests: Asked[];
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  requests = [];
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dataDir, { recursive: true });
});

async function serve(
  calls: Call[],
  manners: Manners = {},
): Promise<{ url: string; token: string }> {
  server = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const piece of incoming.setEncoding('utf8')) text += piece;
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://localhost');
    const asked = {
      method: incoming.method ?? '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      body: text === '' ? {} : JSON.parse(text),
      length: text.length,
    };
    requests.push(asked);
    const { status, body } = manners.instead?.(asked) ?? answer(asked, calls, manners);
    const headers = { date: new Date(START).toUTCString() };
    outgoing.writeHead(status, headers).end(JSON.stringify(body ?? { message: 'no' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: TOKEN };
}

function answer(asked: Asked, calls: Call[], manners: Manners): { status: number; body?: unknown } {
  const { path: asks, query, body } = asked;
  const { customProperties = 0, refusesLong = false, order = (rows) => rows } = manners;
  if (asks.startsWith('/account-info/')) return { status: 200, body: { portalId: 7 } };
  if (asks.startsWith('/crm/properties/')) {
    const names = [
      ...['hs_object_id', 'hs_lastmodifieddate', 'hs_call_title'],
      ...Array.from({ length: customProperties }, (_, n) => `custom_property_${n}__c`),
    ];
    return { status: 200, body: { results: names.map((name) => ({ name })) } };
  }
  if (asks.endsWith('/labels')) {
    return {
      status: 200,
      body: { results: [{ category: 'USER_DEFINED', typeId: 37, label: 'Boss' }] },
    };
  }
  if (asks.startsWith('/crm/associations/')) {
    const inputs = body.inputs ?? [];
    const results = inputs.flatMap(({ id }) => {
      const contacts = asks.includes('/contacts/')
        ? calls.find((call) => call.id === +id)?.contacts
        : undefined;
      if (contacts === undefined) return [];
      const to = Object.entries(contacts).map(([toObjectId, labels]) => ({
        toObjectId,
        associationTypes: labels.map((label) => ({
          category: label === null ? 'HUBSPOT_DEFINED' : 'USER_DEFINED',
          typeId: label === null ? 194 : 37,
          ...(manners.hidesLabels ? {} : { label }),
        })),
      }));
      return [{ from: { id }, to }];
    });
    return { status: 200, body: { status: 'COMPLETE', results } };
  }
  if (asks.endsWith('/batch/read')) {
    const ids = (body.inputs ?? []).map(({ id }) => +id);
    if (ids.length > 100) return { status: 400 };
    const found = calls.filter((call) => ids.includes(call.id));
    return {
      status: 200,
      body: { results: found.map((call) => toObject(call, body.properties ?? [])) },
    };
  }
  if (asks.endsWith('/search')) {
    if (refusesLong && asked.length > 3_000) return { status: 400 };
    const filters = body.filterGroups?.[0].filters ?? [];
    const rows = order(calls.filter((call) => filters.every((filter) => matches(call, filter))));
    const limit = body.limit ?? 10;
    const results = rows.slice(0, limit).map((call) => toObject(call, body.properties ?? []));
    const paging = rows.length > limit ? { paging: { next: { after: String(limit) } } } : {};
    return { status: 200, body: { total: rows.length, results, ...paging } };
  }
  if (query['archived'] === 'true') return { status: 200, body: { results: [] } };
  const from = calls.findIndex(({ id }) => id >= Number(query['after'] ?? 0));
  const rows = from < 0 ? [] : calls.slice(from, from + Number(query['limit']));
  const next = from < 0 ? undefined : calls[from + rows.length];
  const results = rows.map((call) => ({
    ...toObject(call, query['properties']?.split(',') ?? []),
    ...(call.contacts && { associations: { contacts: { results: toInline(call.contacts) } } }),
  }));
  const paging = next && { paging: { next: { after: String(next.id) } } };
  return { status: 200, body: { results, ...paging } };
}

const toObject = ({ id, modifiedAt }: Call, properties: string[]) => ({
  id: String(id),
  properties: Object.fromEntries(properties.map((name) => [name, `${name} of ${id}`])),
  createdAt: SINCE,
  updatedAt: new Date(modifiedAt).toISOString(),
  archived: false,
});

const toInline = (contacts: NonNullable<Call['contacts']>) =>
  Object.entries(contacts).flatMap(([id, labels]) =>
    labels.map((label) => ({ id, type: label === null ? 'call_to_contact' : 'boss' })),
  );

function matches({ id, modifiedAt }: Call, { propertyName, operator, value, highValue }: Filter) {
  const own = propertyName === 'hs_object_id' ? id : modifiedAt;
  if (operator === 'GT') return own > +value;
  if (operator === 'LTE') return own <= +value;
  return own >= +value && own <= Number(highValue);
}

/** Calls with ids 1 to `count`, all modified within the window. */
const makeCalls = (count: number): Call[] =>
  Array.from({ length: count }, (_, n) => ({
    id: n + 1,
    modifiedAt: Date.parse(SINCE) + 1_000 + n,
  }));

const run = (portal: { url: string; token: string }, wishes = CHANGES, notes: string[] = []) =>
  extractFrom(portal, dataDir, { wishes }, START, (message) => void notes.push(message));

interface Page {
  entry: PageEntry;
  results: { id: string; properties: Record<string, string> }[];
}

async function readAll(folder: string): Promise<Page[]> {
  const { pages } = await readJournal(folder);
  return Promise.all(
    pages.map(async (entry) => {
      const { results } = JSON.parse(await readFile(path.join(folder, entry.file), 'utf8'));
      return { entry, results };
    }),
  );
}

const idsOf = (pages: Page[]): Set<number> =>
  new Set(
    pages
      .filter(({ entry }) => entry.stream === 'calls')
      .flatMap(({ results }) => results.map(({ id }) => Number(id))),
  );

const allIds = (count: number) => new Set(Array.from({ length: count }, (_, n) => n + 1));

describe('a refusal ends the run at once, with nothing said after it', () => {
  const OTHER_TYPES = OBJECT_TYPE_NAMES.length - 1;

  test.each([
    ['a token that is refused', 401, /does not accept the token/],
    ['a version that is not there', 404, /rejects the request/],
    ['a missing scope', 403, /refuses access/],
  ])('%s', async (_name, status, message) => {
    const portal = await serve(makeCalls(3), {
      instead: ({ path: asks }) => {
        if (!asks.startsWith('/crm/properties/')) return undefined;
        // The others are told to come back, or get no answer at all.
        return asks.endsWith('/notes') ? { status } : { status: 503 };
      },
    });
    const notes: string[] = [];
    await expect(run(portal, { ...FULL, types: null }, notes)).rejects.toThrow(message);
    const said = notes.length;
    // Those that were on their way may still arrive.
    const sent = requests.length + OTHER_TYPES;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(notes.length).toBe(said);
    expect(requests.length).toBeLessThanOrEqual(sent);
    expect(notes.join()).not.toMatch(/destroyed|closed/);
  });
});

describe('more properties than a search may ask for', () => {
  test.each([true, false])('when HubSpot refuses them: %s', async (refusesLong) => {
    const portal = await serve(makeCalls(250), { customProperties: 200, refusesLong });
    const { folder, manifest } = await run(portal);
    const pages = await readAll(folder);
    expect(manifest).toMatchObject({ records: 250, types: { CALL: 250 } });
    expect(idsOf(pages)).toEqual(allIds(250));
    const searches = pages.filter(({ entry }) => entry.stream === 'calls');
    const reads = pages.filter(({ entry }) => entry.stream === 'calls.properties');
    expect(searches.map(({ results }) => results.length)).toEqual([100, 100, 50]);
    // Each has the properties of all records of its page, and comes before it.
    expect(reads.map(({ entry }) => entry.completes)).toEqual(
      searches.map(({ entry: { file } }) => ({ file, part: 'properties', kind: null })),
    );
    for (const [n, { results }] of reads.entries()) {
      expect(results.map(({ id }) => id)).toEqual(searches[n]?.results.map(({ id }) => id));
      expect(results[0]?.properties).toHaveProperty('custom_property_199__c');
    }
    for (const { path: asks, length } of requests) {
      if (asks.endsWith('/search')) expect(length).toBeLessThanOrEqual(3_000);
    }
  });

  test('few of them are asked for in the search itself', async () => {
    const { folder } = await run(await serve(makeCalls(250), { customProperties: 20 }));
    const streams = (await readAll(folder)).map(({ entry }) => entry.stream);
    expect(streams).not.toContain('calls.properties');
    expect(streams.filter((stream) => stream === 'calls')).toHaveLength(2);
  });

  test('a list reads those that its URL has no room for', async () => {
    const portal = await serve(makeCalls(150), { customProperties: 900 });
    const { folder } = await run(portal, FULL);
    const pages = await readAll(folder);
    const reads = pages.filter(({ entry }) => entry.stream === 'calls.properties');
    const lists = pages.filter(({ entry }) => entry.stream === 'calls');
    expect(reads.map(({ entry }) => entry.completes?.file)).toEqual(
      lists.map(({ entry }) => entry.file),
    );
    const names = [...lists, ...reads].flatMap(({ results }) =>
      Object.keys(results.find(({ id }) => id === '1')?.properties ?? {}),
    );
    expect(names).toHaveLength(903);
    expect(new Set(names).size).toBe(903);
  });
});

describe('a search whose rows are not as promised leaves no hole and comes to an end', () => {
  const swap = (rows: Call[]): Call[] =>
    rows.map((row, n) => (n % 2 === 0 ? (rows[n + 1] ?? row) : (rows[n - 1] as Call)));
  const shuffle = (rows: Call[]): Call[] =>
    rows.toSorted((a, b) => ((a.id * 7919) % 1009) - ((b.id * 7919) % 1009));
  // As many as a page holds are the right ones, but in another order.
  const shufflePages = (rows: Call[]): Call[] => [
    ...shuffle(rows.slice(0, 200)),
    ...rows.slice(200),
  ];

  test.each([
    ['neighbours change places', swap],
    ['backwards', (rows: Call[]) => rows.toReversed()],
    ['pages in any order', shufflePages],
    ['any order', shuffle],
  ])('%s', async (_name, order) => {
    const notes: string[] = [];
    const { folder, manifest } = await run(await serve(makeCalls(900), { order }), CHANGES, notes);
    expect(idsOf(await readAll(folder))).toEqual(allIds(900));
    expect(manifest.records).toBeGreaterThanOrEqual(900);
    expect(notes.join()).toMatch(/not in the order of their ids; asking again/);
  });

  test('rows just outside of the window are kept', async () => {
    const early = { id: 1_000, modifiedAt: Date.parse(SINCE) - 1 };
    const late = { id: 1_001, modifiedAt: Date.parse(START) + 5 };
    const { folder } = await run(
      await serve(makeCalls(5), { order: (rows) => [...rows, early, late] }),
    );
    expect(idsOf(await readAll(folder))).toEqual(new Set([1, 2, 3, 4, 5, 1_000, 1_001]));
  });

  test('rows that were there already, again and again, end it', async () => {
    const old = makeCalls(400);
    const portal = await serve(old, { order: () => old });
    await expect(run(portal)).rejects.toMatchObject({ exitCode: 3, retryable: true });
  });
});

describe('labels', () => {
  const calls: Call[] = [
    { id: 1, modifiedAt: Date.parse(SINCE) + 1, contacts: { 5: [null], 6: [null] } },
    { id: 2, modifiedAt: Date.parse(SINCE) + 2, contacts: { 5: [null, 'Boss'] } },
    { id: 3, modifiedAt: Date.parse(SINCE) + 3, contacts: { 6: ['Boss'] } },
    ...makeCalls(250).slice(3),
  ];

  test('a list completes the labelled associations alone', async () => {
    const { folder } = await run(await serve(calls), FULL);
    const pages = await readAll(folder);
    const [completed, ...others] = pages.filter(({ entry }) => entry.stream === 'calls.contacts');
    expect(others).toEqual([]);
    expect(completed?.entry.request.body).toEqual({ inputs: [{ id: '2' }, { id: '3' }] });
    expect(completed?.entry.completes).toMatchObject({ part: 'associations', kind: 'contacts' });
    expect(pages.map(({ entry }) => entry.stream)).not.toContain('labels.calls.contacts');
  });

  test.each([
    ['list', FULL],
    ['search', CHANGES],
  ])(
    'definitions are fetched once, when an answer leaves labels to them: %s',
    async (_name, wishes) => {
      const labelled = calls.map((call) => ({ ...call, contacts: { 6: ['Boss'] } }));
      const { folder, manifest } = await run(await serve(labelled, { hidesLabels: true }), wishes);
      const pages = await readAll(folder);
      const definitions = pages.filter(({ entry }) => entry.stream === 'labels.calls.contacts');
      expect(definitions.map(({ entry }) => entry)).toMatchObject([
        {
          file: 'labels.calls.contacts-000001.json',
          completes: null,
          records: 0,
          request: { path: '/crm/associations/2026-09/calls/contacts/labels' },
        },
      ]);
      expect(manifest.records).toBe(250);
      // Before any page that needs them.
      const first = pages.findIndex(({ entry }) => entry.stream === 'calls');
      expect(pages.findIndex(({ entry }) => entry.stream === 'labels.calls.contacts')).toBeLessThan(
        first,
      );
    },
  );

  test('a run that goes on does not fetch them again', async () => {
    const labelled = calls.map((call) => ({ ...call, contacts: { 6: ['Boss'] } }));
    let isDown = true;
    const portal = await serve(labelled, {
      hidesLabels: true,
      instead: ({ path: asks, body }) =>
        isDown && asks.endsWith('/search') && JSON.stringify(body).includes('"GT"')
          ? { status: 477 }
          : undefined,
    });
    await expect(run(portal)).rejects.toThrow(/another data centre/);
    isDown = false;
    const { folder } = await run(portal, { ...CHANGES, since: null });
    const streams = (await readAll(folder)).map(({ entry }) => entry.stream);
    expect(streams.filter((stream) => stream === 'labels.calls.contacts')).toHaveLength(1);
    expect(streams.filter((stream) => stream === 'calls')).toHaveLength(2);
  });
});

describe('types', () => {
  test('those that are chosen are asked for, and nothing else', async () => {
    const { manifest } = await run(await serve(makeCalls(3)), {
      ...FULL,
      types: ['calls', 'notes'],
    });
    expect(Object.keys(manifest.objects?.properties ?? {})).toEqual(['calls', 'notes']);
    expect(manifest.objects?.associationKinds).toEqual([
      'contacts',
      'companies',
      'deals',
      'tickets',
    ]);
    expect(Object.keys(manifest.streams).sort()).toEqual([
      'calls',
      'calls-archived',
      'notes',
      'notes-archived',
    ]);
    expect(requests.filter(({ path: asks }) => asks.includes('emails'))).toEqual([]);
  });

  test('going on asks for the types and kinds of the plan', async () => {
    let isDown = true;
    const portal = await serve(makeCalls(250), {
      instead: ({ query }) => (isDown && query['after'] ? { status: 477 } : undefined),
    });
    await expect(run(portal, FULL)).rejects.toThrow(/another data centre/);
    isDown = false;
    const [interrupted] = (await readArchiveState(dataDir)).runs;
    requests = [];
    const { manifest } = await run(portal, { ...FULL, types: null });
    expect(manifest.run).toBe(interrupted?.run);
    expect(Object.keys(manifest.streams)).not.toContain('notes');
    expect(requests.every(({ path: asks }) => asks.startsWith('/crm/objects/2026-09/calls'))).toBe(
      true,
    );
  });

  test('by v1 they are refused, and nothing is asked', async () => {
    const portal = await serve([]);
    await expect(run(portal, { ...FULL, api: 'v1' })).rejects.toMatchObject({
      message: 'the v1 API returns all types: --types (HUBSPOT_TYPES) cannot choose',
      exitCode: 2,
    });
    expect(requests).toEqual([]);
  });

  test('e-mails that are refused are named, with the way to leave them out', async () => {
    const portal = await serve([], {
      instead: ({ path: asks }) =>
        asks.endsWith('/objects/2026-09/emails') ? { status: 403 } : undefined,
    });
    await expect(run(portal, { ...FULL, types: null })).rejects.toMatchObject({
      message: 'HubSpot refuses access to emails (HTTP 403: no)',
      next: 'Give the token the scopes crm.objects.contacts.read and sales-email-read, then run extract again; or leave the e-mails out with --types calls,communications,meetings,notes,postal_mail,tasks.',
    });
  });
});
