import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArchiveState } from '../../src/archive/state.ts';
import { dailyLimit } from '../../src/demo/answers.ts';
import { GuardRefused, HubSpotRefused, HubSpotUnavailable } from '../../src/errors.ts';
import { stuckCursor } from '../portal/faults.ts';
import type { Portal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import {
  countTo,
  extractFrom,
  FULL,
  listFiles,
  readPages,
  startTestPortal,
  toRecord,
} from './extract-from.ts';

let dataDir: string;
let portals: Portal[];
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  portals = [];
});
afterEach(async () => {
  for (const portal of portals) await portal.close();
  await rm(dataDir, { recursive: true });
});

async function start(count: number, portalId = 7): Promise<Portal> {
  const engagements = countTo(count).map((id) => toRecord(id, 'NOTE', portalId));
  const portal = await startTestPortal(0, { engagements });
  portals.push(portal);
  return portal;
}

const options = { pageLimit: 10 };

/** Expects `work` to be refused, and the archive to stay as it is. */
async function expectRefused(
  work: () => Promise<unknown>,
  kind: typeof GuardRefused | typeof HubSpotRefused | typeof HubSpotUnavailable,
  message: string,
): Promise<void> {
  const before = await listFiles(dataDir);
  const error: unknown = await work().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).toContain(message);
  expect(await listFiles(dataDir)).toEqual(before);
}

test('a wrong token leaves nothing behind', async () => {
  const { url } = await start(5);
  await expectRefused(
    () => extractFrom({ url, token: 'wrong' }, dataDir),
    HubSpotRefused,
    'HubSpot does not accept the token (HTTP 401: ',
  );
  expect(await listFiles(dataDir)).toEqual({});
});

test('a token that is revoked in mid-run keeps what is there', async () => {
  const portal = await start(30);
  portal.faults.push({
    when: ({ number }) => number === 3,
    answer: { status: 401, body: '{"category":"INVALID_AUTHENTICATION"}' },
  });
  await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotRefused);
  const { manifest, resumedPages } = await extractFrom(portal, dataDir, options);
  expect([resumedPages, manifest.records]).toEqual([2, 30]);
});

describe("another portal's data is refused before anything is written", () => {
  const message = 'belongs to portal 7; this token is for portal 8';

  test('when there is a complete run', async () => {
    await extractFrom(await start(5, 7), dataDir);
    const other = await start(5, 8);
    await expectRefused(() => extractFrom(other, dataDir), GuardRefused, message);
  });

  test('when there is only an interrupted run', async () => {
    const portal = await start(30, 7);
    portal.faults.push({ when: ({ number }) => number === 2, answer: dailyLimit() });
    await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
    const other = await start(30, 8);
    await expectRefused(() => extractFrom(other, dataDir, options), GuardRefused, message);
    expect((await extractFrom(portal, dataDir, options)).manifest.records).toBe(30);
  });

  test('when it begins within a run', async () => {
    const engagements = countTo(20).map((id) => toRecord(id, 'NOTE', id > 10 ? 8 : 7));
    const portal = await startTestPortal(0, { engagements });
    portals.push(portal);
    await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(message);
    expect((await readArchiveState(dataDir)).runs).toMatchObject([{ state: 'interrupted' }]);
  });

  test.each([
    [true, "holds the demo portal's data"],
    [false, "holds a real portal's data"],
  ])('demo and real data never mix; nobody is even asked (demo first: %s)', async (demo, said) => {
    const portal = await start(5);
    await extractFrom(portal, dataDir, { demo });
    portal.requests.length = 0;
    await expectRefused(() => extractFrom(portal, dataDir, { demo: !demo }), GuardRefused, said);
    expect(portal.requests).toHaveLength(0);
  });
});

describe('a portal that is empty all of a sudden', () => {
  test('is refused, and nothing is written', async () => {
    const { manifest } = await extractFrom(await start(5), dataDir);
    const emptied = await start(0);
    await expectRefused(
      () => extractFrom(emptied, dataDir),
      GuardRefused,
      `HubSpot returned no engagement at all, but run ${manifest.run} of this archive has some`,
    );
  });

  test('is believed when that is asked for; and then again refused', async () => {
    await extractFrom(await start(5), dataDir);
    const emptied = await start(0);
    const { manifest } = await extractFrom(emptied, dataDir, { allowEmpty: true });
    expect(manifest).toMatchObject({ pages: 1, records: 0, portalId: null, types: {} });
    await expectRefused(() => extractFrom(emptied, dataDir), GuardRefused, 'no engagement at all');
    expect((await extractFrom(await start(5), dataDir)).manifest.records).toBe(5);
  });

  test('is fine when it has been so from the beginning', async () => {
    const portal = await start(0);
    await extractFrom(portal, dataDir);
    expect((await extractFrom(portal, dataDir)).manifest.records).toBe(0);
  });
});

describe('a cursor of an earlier program that HubSpot has forgotten', () => {
  const forgets = { answer: { status: 400, body: '{"category":"VALIDATION_ERROR"}' } };

  test('the changes begin anew, once', async () => {
    const portal = await start(2_500);
    await extractFrom(portal, dataDir);
    const changes = { wishes: { ...FULL, full: false, since: '1970-01-01T00:00:00.000Z' } };
    portal.requests.length = 0;
    portal.faults.push({ when: ({ query }) => query['after'] !== '1000', answer: dailyLimit() });
    await expect(extractFrom(portal, dataDir, changes)).rejects.toThrow(HubSpotUnavailable);
    portal.faults.push({ when: ({ query }) => query['after'] !== '1000', ...forgets });
    const notes: string[] = [];
    const { folder, resumedPages } = await extractFrom(
      portal,
      dataDir,
      changes,
      undefined,
      (said) => notes.push(said),
    );
    expect(resumedPages).toBe(1);
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^engagements: HubSpot no longer accepts the cursor of the interrupted run \(HubSpot rejects/,
      ),
    );
    const { pages, ids } = await readPages(folder);
    // Those from a second after the epoch on.
    expect([...new Set(ids)].sort((a, b) => a - b)).toEqual(countTo(2_500).slice(999));
    expect(pages).toHaveLength(3);
  });

  test('a cursor of this very run is refused for good', async () => {
    const portal = await start(2_500);
    const changes = { wishes: { ...FULL, full: false, since: '1970-01-01T00:00:00.000Z' } };
    portal.faults.push({ when: ({ query }) => query['after'] !== '1000', ...forgets });
    await expect(extractFrom(portal, dataDir, changes)).rejects.toThrow(HubSpotRefused);
    expect(portal.requests).toHaveLength(2);
  });

  test('a walk by ids goes on as a chain, and begins anew', async () => {
    const portal = await start(40);
    portal.faults.push({ when: ({ number }) => number === 3, answer: dailyLimit() });
    await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
    portal.faults.push({ when: ({ query }) => query['offset'] === '20', times: 2, ...forgets });
    const { folder } = await extractFrom(portal, dataDir, options);
    const { ids } = await readPages(folder);
    expect([...new Set(ids)].sort((a, b) => a - b)).toEqual(countTo(40));
  });
});

describe('a cursor that leads nowhere', () => {
  test('stays: an error that keeps the pages before it', async () => {
    const portal = await start(40);
    portal.faults.push({ ...stuckCursor, when: ({ number }) => number === 3 });
    await expect(extractFrom(portal, dataDir, options)).rejects.toMatchObject({
      message:
        'HubSpot promises more of engagements but its cursor does not move on from 20: it returned 20 once more',
      exitCode: 3,
    });
    expect(portal.requests).toHaveLength(3);
    const { folder, resumedPages } = await extractFrom(portal, dataDir, options);
    expect(resumedPages).toBe(2);
    expect((await readPages(folder)).ids).toEqual(countTo(40));
  });

  test.each(['in one go', 'after an interruption'])('goes back, %s', async (how) => {
    const portal = await start(40);
    if (how === 'after an interruption') {
      portal.faults.push({ when: ({ number }) => number === 3, answer: dailyLimit() });
      await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(HubSpotUnavailable);
    }
    portal.faults.push({
      when: ({ query }) => query['offset'] === '20',
      changeBody: (body) => body.replace('"offset":30}', '"offset":10}'),
    });
    await expect(extractFrom(portal, dataDir, options)).rejects.toThrow(
      'HubSpot promises more of engagements but its cursor does not move on from 20: it returned 10 once more',
    );
    const { folder } = await extractFrom(portal, dataDir, options);
    expect((await readPages(folder)).ids).toEqual(countTo(40));
  });
});
