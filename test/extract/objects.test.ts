import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal } from '../../src/archive/journal.ts';
import { readArchiveState } from '../../src/archive/state.ts';
import type { ExtractOptions, ExtractResult } from '../../src/extract/extract.ts';
import { OBJECT_TYPE_NAMES } from '../../src/model/object-types.ts';
import { missingScopes } from '../portal/faults.ts';
import { type Portal, type PortalOptions, startPortal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { extractFrom, TOKEN, toRecord } from './extract-from.ts';

const WISHES: ExtractOptions['wishes'] = {
  full: false,
  since: null,
  api: 'objects',
  defaultApi: 'v1',
  types: null,
  fullEveryDays: null,
};
const START = Date.parse('2026-11-24T01:00:00.000Z');

let dataDir: string;
let portal: Portal;
let now: number;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  now = START;
});
afterEach(async () => {
  await portal.close();
  await rm(dataDir, { recursive: true });
});

async function start(engagements: unknown[], options: PortalOptions = {}): Promise<void> {
  portal = await startPortal({
    token: TOKEN,
    engagements,
    clock: { now: () => new Date(now) },
    rateLimit: { max: 1_000_000, searchesPerSecond: 1_000_000 },
    keepRequests: true,
    ...options,
  });
}

const run = (wishes: Partial<ExtractOptions['wishes']> = {}): Promise<ExtractResult> =>
  extractFrom(portal, dataDir, { wishes: { ...WISHES, ...wishes } }, new Date(now).toISOString());

/** The ids of the run's records by stream, each page checked against its journal line. */
async function readIds(folder: string): Promise<Record<string, string[]>> {
  const ids: Record<string, string[]> = {};
  const { pages } = await readJournal(folder);
  for (const { file, stream, completes } of pages) {
    if (completes !== null) continue;
    const { results } = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    ids[stream] = [...(ids[stream] ?? []), ...results.map(({ id }: { id: string }) => id)];
  }
  return ids;
}

const associated = (id: number, type: string, contacts: number[]) => ({
  ...toRecord(id, type),
  associations: {
    contactIds: contacts,
    companyIds: [8],
    dealIds: [],
    ownerIds: [],
    workflowIds: [],
  },
});

test('a full run has every type and the archived, with properties, associations and the portal', async () => {
  await start(
    [
      ...Array.from({ length: 230 }, (_, index) => associated(index + 1, 'CALL', [5])),
      associated(500, 'EMAIL', [7, 6, 5, 4, 3]),
      associated(501, 'INCOMING_EMAIL', []),
      toRecord(600, 'PUBLISHING_TASK'),
      toRecord(700, 'NOTE'),
    ],
    { inlineAssociations: 2, batchAssociations: 2 },
  );
  portal.store.remove(700n);
  const { manifest, folder } = await run();
  expect(manifest).toMatchObject({
    mode: 'full',
    api: 'objects',
    apiVersion: '2026-09',
    portalId: 7,
    records: 233,
    types: { CALL: 230, EMAIL: 1, INCOMING_EMAIL: 1, NOTE: 1 },
    associationKinds: ['company', 'contact', 'deal', 'ticket'],
  });
  expect(Object.keys(manifest.objects?.properties ?? {})).toEqual(OBJECT_TYPE_NAMES);
  const ids = await readIds(folder);
  expect(ids['calls']).toEqual(Array.from({ length: 230 }, (_, index) => String(index + 1)));
  expect(ids['emails']).toEqual(['500', '501']);
  expect(ids['notes']).toEqual([]);
  expect(ids['notes-archived']).toEqual(['700']);
  // Two contacts inline, then two answers of two and one.
  const { pages } = await readJournal(folder);
  const rest = pages.filter(({ stream }) => stream === 'emails.contacts');
  expect(rest.map(({ completes }) => completes)).toEqual([
    { file: 'emails-000001.json', part: 'associations', kind: 'contacts' },
    { file: 'emails-000001.json', part: 'associations', kind: 'contacts' },
  ]);
  expect(pages.findIndex(({ file }) => file === 'emails-000001.json')).toBeGreaterThan(
    pages.indexOf(rest[1] as (typeof pages)[number]),
  );
  // What the pages hold is what was sent.
  const sent = new Set(portal.requests.map(({ sha256 }) => sha256));
  for (const { sha256 } of pages) expect(sent).toContain(sha256);
});

test('changes: more rows in one millisecond than a search may return', {
  timeout: 120_000,
}, async () => {
  const count = 1_500;
  await start(
    Array.from({ length: count }, (_, index) => toRecord(index + 1)),
    { searchCap: 600 },
  );
  await run();
  now += 7_200_000;
  for (let id = 1; id <= count; id++) portal.store.update(BigInt(id), { metadata: { body: 'x' } });
  const task = toRecord(9_999, 'TASK');
  portal.store.add({ ...task, engagement: { ...task.engagement, lastUpdated: now } });
  now += 60_000;
  const { manifest, folder } = await run();
  expect(manifest).toMatchObject({ mode: 'changes', records: count + 1 });
  expect(manifest.window?.to).toBe(new Date(now).toISOString());
  expect(Date.parse(manifest.window?.from ?? '')).toBeLessThanOrEqual(START - 3_600_000);
  const ids = await readIds(folder);
  expect(ids['notes']).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)));
  expect(ids['tasks']).toEqual(['9999']);
});

test('a row that enters the index late is found by a later run', async () => {
  const lag = 600_000;
  await start([toRecord(1), toRecord(2)]);
  const { living } = portal.store;
  portal.store.living = () => [...living()].filter(({ lastUpdated }) => lastUpdated + lag <= now);
  await run();
  now += 7_200_000;
  portal.store.update(1n, { metadata: { body: 'late' } });
  now += 1_000;
  expect((await run()).manifest.records).toBe(0);
  now += lag;
  expect((await readIds((await run()).folder))['notes']).toEqual(['1']);
});

test('interrupted between the types, it goes on with what is missing', async () => {
  await start([
    ...Array.from({ length: 120 }, (_, index) => associated(index + 1, 'CALL', [5])),
    ...Array.from({ length: 120 }, (_, index) => associated(index + 500, 'TASK', [5])),
  ]);
  portal.faults.push({
    when: ({ path: asked }) => asked === '/crm/objects/2026-09/tasks',
    answer: missingScopes(['crm.objects.contacts.read']),
    times: 1,
  });
  await expect(run()).rejects.toThrow(/HTTP 403/);
  const before = await readArchiveState(dataDir);
  expect(before.runs).toMatchObject([{ state: 'interrupted', plan: { api: 'objects' } }]);
  const known = new Set(portal.requests.filter(({ status }) => status === 200).map(toKey));
  portal.requests.length = 0;
  const { manifest, folder, resumedPages } = await run({ api: null });
  expect(manifest.records).toBe(240);
  expect(resumedPages).toBeGreaterThan(0);
  const { pages } = await readJournal(folder);
  const kept = pages.slice(0, resumedPages).map(({ request }) => toKey(request));
  const again = portal.requests.map(toKey).filter((key) => kept.includes(key));
  expect(again).toEqual([]);
  expect(known.size).toBeGreaterThan(0);
});

function toKey(request: { method: string; path: string; query: unknown; body?: unknown }): string {
  const { method, path: asked, query, body } = request;
  return JSON.stringify([method, asked, query, body ?? null]);
}

test('a type that is suddenly empty is not believed, unless told so', async () => {
  await start([toRecord(1, 'CALL'), toRecord(2, 'NOTE')]);
  await run();
  portal.store.remove(1n);
  await expect(run({ full: true })).rejects.toThrow(/none of the calls/);
  await expect(run({ full: true })).rejects.toThrow(/none of the calls/);
  const allowed = { wishes: { ...WISHES, full: true }, allowEmpty: true };
  const { manifest } = await extractFrom(portal, dataDir, allowed, new Date(now).toISOString());
  expect(manifest.records).toBe(2);
});

test('when the scope of a type is back, the refused run goes on and has all', async () => {
  await start([toRecord(1, 'CALL'), toRecord(2, 'NOTE'), toRecord(3, 'CALL')]);
  await run();
  portal.faults.push({
    when: ({ path: asked, query }) => asked.endsWith('/notes') && query['archived'] === 'false',
    answer: { status: 200, body: '{"results":[]}' },
  });
  await expect(run({ full: true })).rejects.toThrow(/none of the notes/);
  const { manifest, folder, resumedPages } = await run();
  expect(resumedPages).toBeGreaterThan(0);
  expect(manifest).toMatchObject({ mode: 'full', records: 3 });
  expect((await readIds(folder))['notes']).toEqual(['2']);
});

test('an archive that began with v1 goes on by objects, with the changes alone', async () => {
  await start([toRecord(1, 'CALL'), toRecord(2, 'PUBLISHING_TASK')]);
  expect((await run({ api: 'v1' })).manifest).toMatchObject({ api: 'v1', mode: 'full' });
  now += 7_200_000;
  portal.store.update(1n, { metadata: { title: 'changed' } });
  now += 1_000;
  const { manifest, folder } = await run();
  expect(manifest).toMatchObject({ api: 'objects', mode: 'changes', records: 1 });
  expect((await readIds(folder))['calls']).toEqual(['1']);
});
