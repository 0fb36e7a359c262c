import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Portal } from '../portal/start-portal.ts';
import { toSha256 } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import {
  countTo,
  extractFrom,
  FULL,
  readPages,
  startTestPortal,
  TOKEN,
  toRecord,
} from './extract-from.ts';

let dataDir: string;
let portal: Portal;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(async () => {
  await portal.close();
  await rm(dataDir, { recursive: true });
});

test('a run, file by file', async () => {
  const engagements = [toRecord(4, 'TASK'), toRecord(5, 'CALL'), toRecord(9, 'TASK')];
  portal = await startTestPortal(0, { engagements });
  const { manifest, folder, resumedPages, durationMs } = await extractFrom(portal, dataDir, {
    pageLimit: 2,
  });

  expect(folder).toBe(path.join(dataDir, 'raw/engagements/2026/11/24/015000Z-full'));
  expect((await readdir(folder)).sort()).toEqual([
    '_manifest.json',
    '_pages.ndjson',
    '_plan.json',
    'engagements-000001.json',
    'engagements-000002.json',
  ]);
  const read = (name: string) => readFile(path.join(folder, name), 'utf8');
  const bodies = [
    `{"results":[${JSON.stringify(engagements[0])},${JSON.stringify(engagements[1])}],"hasMore":true,"offset":5}`,
    `{"results":[${JSON.stringify(engagements[2])}],"hasMore":false,"offset":9}`,
  ] as const;
  expect(await read('engagements-000001.json')).toBe(bodies[0]);
  expect(await read('engagements-000002.json')).toBe(bodies[1]);

  const plan = {
    format: 1,
    run: '2026/11/24/015000Z-full',
    demo: false,
    mode: 'full',
    api: 'v1',
    window: null,
  };
  expect(await read('_plan.json')).toBe(`${JSON.stringify(plan, null, 2)}\n`);

  const journal = [
    {
      file: 'engagements-000001.json',
      stream: 'engagements',
      walk: 'ids',
      completes: null,
      request: {
        method: 'GET',
        path: '/engagements/v1/engagements/paged',
        query: { limit: '2' },
        body: null,
      },
      status: 200,
      requestedAt: '2026-11-24T01:50:00.035Z',
      answeredAt: '2026-11-24T01:49:59.000Z',
      durationMs: 20,
      bytes: Buffer.byteLength(bodies[0]),
      sha256: toSha256(bodies[0]),
      records: 2,
      types: { CALL: 1, TASK: 1 },
      portalId: 7,
      newestUpdate: '1970-01-01T00:00:00.005Z',
      cursor: null,
      nextCursor: '5',
      hasMore: true,
      firstId: 4,
      lastId: 5,
    },
    {
      file: 'engagements-000002.json',
      stream: 'engagements',
      walk: 'ids',
      completes: null,
      request: {
        method: 'GET',
        path: '/engagements/v1/engagements/paged',
        query: { limit: '2', offset: '5' },
        body: null,
      },
      status: 200,
      requestedAt: '2026-11-24T01:50:00.100Z',
      answeredAt: '2026-11-24T01:49:59.000Z',
      durationMs: 20,
      bytes: Buffer.byteLength(bodies[1]),
      sha256: toSha256(bodies[1]),
      records: 1,
      types: { TASK: 1 },
      portalId: 7,
      newestUpdate: '1970-01-01T00:00:00.009Z',
      cursor: '5',
      nextCursor: '9',
      hasMore: false,
      firstId: 9,
      lastId: 9,
    },
  ];
  const lines = journal.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  expect(await read('_pages.ndjson')).toBe(lines);

  const tally = { pages: 2, records: 3, bytes: bodies[0].length + bodies[1].length + 6 };
  const expected = {
    ...plan,
    portalId: 7,
    startedAt: '2026-11-24T01:49:58.980Z',
    finishedAt: '2026-11-24T01:49:59.000Z',
    newestUpdate: '1970-01-01T00:00:00.009Z',
    types: { CALL: 1, TASK: 2 },
    associationKinds: 'all',
    streams: { engagements: tally },
    ...tally,
    journalSha256: toSha256(lines),
  };
  expect(await read('_manifest.json')).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  expect({ manifest, resumedPages, durationMs }).toEqual({
    manifest: expected,
    resumedPages: 0,
    durationMs: expect.any(Number),
  });
});

test('everything is private', async () => {
  portal = await startTestPortal(3);
  const { folder } = await extractFrom(portal, dataDir);
  for (const name of await readdir(folder)) {
    expect([name, (await stat(path.join(folder, name))).mode & 0o777]).toEqual([name, 0o600]);
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('every page is what the server sent, byte for byte, and the cursors join', async () => {
  portal = await startTestPortal(1_234);
  const { folder, manifest } = await extractFrom(portal, dataDir, { pageLimit: 100 });
  const { pages, ids } = await readPages(folder);
  expect(pages.map(({ sha256, bytes }) => ({ sha256, bytes }))).toEqual(
    portal.requests.map(({ sha256, bytes }) => ({ sha256, bytes })),
  );
  expect(pages.map((page) => page.cursor)).toEqual([
    null,
    ...pages.slice(0, -1).map((page) => page.nextCursor),
  ]);
  expect(pages.map((page) => page.file)).toEqual(
    countTo(13).map((n) => `engagements-${String(n).padStart(6, '0')}.json`),
  );
  expect(pages.at(-1)?.hasMore).toBe(false);
  expect(ids).toEqual(countTo(1_234));
  expect(manifest.records).toBe(1_234);
});

describe('portals around the size of a page', () => {
  test.each([
    [0, 1, null],
    [1, 1, 7],
    [249, 1, 7],
    [250, 1, 7],
    [251, 2, 7],
    [500, 2, 7],
    [501, 3, 7],
  ])('%d engagements make %d pages', async (records, pageCount, portalId) => {
    portal = await startTestPortal(records);
    const { folder, manifest } = await extractFrom(portal, dataDir);
    expect(manifest).toMatchObject({ pages: pageCount, records, portalId });
    expect(manifest.types).toEqual(records === 0 ? {} : { NOTE: records });
    expect((await readPages(folder)).ids).toEqual(countTo(records));
    expect(portal.requests).toHaveLength(pageCount);
  });
});

test('a promise of more that comes to nothing is the end', async () => {
  portal = await startTestPortal(4);
  portal.faults.push({
    when: ({ number }) => number === 2,
    changeBody: (body) => body.replace('"hasMore":false', '"hasMore":true'),
  });
  const { folder, manifest } = await extractFrom(portal, dataDir, { pageLimit: 2 });
  expect(manifest).toMatchObject({ pages: 3, records: 4 });
  expect((await readPages(folder)).ids).toEqual([1, 2, 3, 4]);
});

test('what is created meanwhile behind the cursor is seen', async () => {
  portal = await startTestPortal(4);
  portal.faults.push({
    when: ({ number }) => {
      if (number === 2) portal.store.add(toRecord(5));
      return false;
    },
  });
  const { folder } = await extractFrom(portal, dataDir, { pageLimit: 2 });
  expect((await readPages(folder)).ids).toEqual([1, 2, 3, 4, 5]);
});

test('trouble in mid-run is absorbed, and leaves no trace in the files', async () => {
  portal = await startTestPortal(60);
  const undisturbed = path.join(dataDir, 'undisturbed');
  const { folder: expected } = await extractFrom(portal, undisturbed, { pageLimit: 10 });
  portal.requests.length = 0;
  const at = (page: string) => ({
    when: ({ query }: { query: Record<string, string> }) => query['offset'] === page,
  });
  portal.faults.push(
    { ...at('10'), answer: { status: 500, body: 'maintenance' } },
    { ...at('20'), cutAfterBytes: 100 },
    { ...at('30'), noAnswer: 'reset' },
    { ...at('40'), answer: { status: 200, body: '<html>' } },
    { ...at('50'), changeBody: (body) => body.slice(0, -20) },
  );
  const { folder, manifest } = await extractFrom(portal, dataDir, { pageLimit: 10 });
  expect(portal.faults).toHaveLength(0);
  expect(portal.requests).toHaveLength(6 + 5);
  expect((await readPages(folder)).pages.map((page) => page.sha256)).toEqual(
    (await readPages(expected)).pages.map((page) => page.sha256),
  );
  expect(manifest).toMatchObject({ pages: 6, records: 60 });
});

test('a page that is too heavy is asked for smaller and smaller, and later pages grow back', async () => {
  portal = await startTestPortal(500);
  // Whatever holds engagement 105 together with more than 5 others.
  portal.faults.push({
    times: Number.POSITIVE_INFINITY,
    when: ({ query: { offset = '0', limit } }) =>
      Number(offset) < 105 && Number(offset) + Number(limit) >= 105 && Number(limit) > 6,
    answer: { status: 500, body: 'internal error' },
  });
  const { folder, manifest } = await extractFrom(portal, dataDir, { pageLimit: 20 });
  const { pages, ids } = await readPages(folder);
  expect(ids).toEqual(countTo(500));
  expect(manifest.records).toBe(500);
  const limits = pages.map(({ request }) => Number(request.query['limit']));
  expect(limits.slice(0, 17)).toEqual([...Array(5).fill(20), ...Array(10).fill(5), 10, 10]);
  expect(limits.at(-1)).toBe(20);
  const failed = portal.requests.filter(({ status }) => status === 500);
  expect(failed.map(({ query }) => Number(query['limit']))).toEqual([20, 20, 10]);
});

describe('the end of v1', () => {
  const notesAt = async (start: string, api: 'v1' | 'objects'): Promise<string[]> => {
    portal = await startTestPortal(3);
    const notes: string[] = [];
    const note = (message: string) => void notes.push(message);
    await extractFrom(portal, dataDir, { wishes: { ...FULL, api } }, start, note);
    return notes.filter((each) => each.includes('v1 API'));
  };

  test.each([
    [
      '2026-11-24T01:50:00.000Z',
      'v1',
      [
        'HubSpot supports its v1 API until September 2027. To change over, add --api objects or set HUBSPOT_API=objects: the next run then goes on with the changes, and nothing is reloaded (docs/commands.md: Two API generations)',
      ],
    ],
    [
      '2027-09-01T00:00:00.000Z',
      'v1',
      [expect.stringMatching(/^HubSpot has not supported its v1 API since September 2027, /)],
    ],
    ['2027-09-01T00:00:00.000Z', 'objects', []],
  ] as const)('a run of %s by %s', async (start, api, expected) => {
    expect(await notesAt(start, api)).toEqual(expected);
  });
});

test('the token is in no file', async () => {
  portal = await startTestPortal(50);
  const { folder } = await extractFrom(portal, dataDir, { pageLimit: 10 });
  for (const name of await readdir(folder)) {
    expect(await readFile(path.join(folder, name), 'utf8')).not.toContain(TOKEN);
  }
});
