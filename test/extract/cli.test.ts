import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readArchiveState } from '../../src/archive/state.ts';
import type { Portal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { countTo, listFiles, readPages, startTestPortal, TOKEN } from './extract-from.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const RECORDS = 2_000;
const LIMIT = 40;
const PAGES = RECORDS / LIMIT;

let dataDir: string;
let portal: Portal;
let children: ChildProcess[];
/** All that any program said. */
let said: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  portal = await startTestPortal(RECORDS);
  children = [];
  said = '';
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await portal.close();
  await rm(dataDir, { recursive: true });
  expect(said).not.toContain(TOKEN);
});

/** Starts `extract`; `ended` tells its exit code (or signal) and what it said on stderr. */
function startExtract(environment: Record<string, string | undefined> = {}) {
  // Node 22 warns that its SQLite is new.
  const node = ['--disable-warning=ExperimentalWarning'];
  const argv = [
    ...node,
    CLI,
    'extract',
    '--settings-file',
    '/dev/null',
    '--page-limit',
    String(LIMIT),
  ];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HUBSPOT_ACCESS_TOKEN: TOKEN,
      HUBSPOT_API_URL: portal.url,
      DATA_DIR: dataDir,
      ...environment,
    },
  });
  children.push(child);
  let stderr = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  child.stderr.on('data', (data) => {
    said += data;
    stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ exit: code ?? signal, stderr }));
  return { child, ended };
}

/** Calls `act` as the `number`th request comes in. */
function atRequest(number: number, act: () => void): void {
  portal.faults.push({
    when: (request) => {
      if (request.number === number) act();
      return false;
    },
  });
}

/** The complete run: its files agree with its journal, and nothing is missing. */
async function expectComplete(): Promise<void> {
  const { runs } = await readArchiveState(dataDir);
  expect(runs).toMatchObject([{ state: 'complete', manifest: { records: RECORDS, pages: PAGES } }]);
  const { pages, ids } = await readPages(runs[0]?.folder ?? '');
  expect(ids).toEqual(countTo(RECORDS));
  const names = Object.keys(await listFiles(runs[0]?.folder ?? '')).sort();
  expect(names).toEqual(
    ['_manifest.json', '_pages.ndjson', '_plan.json', ...pages.map((page) => page.file)].sort(),
  );
}

test('killed at any moment and run again, it is as if nothing had happened', {
  timeout: 120_000,
}, async () => {
  const lastBefore: number[] = [];
  for (let kill = 0; kill < 5; kill++) {
    const seen = portal.requests.length;
    const number = seen + 1 + Math.floor((Math.random() * (PAGES - 8)) / 5);
    const { child, ended } = startExtract();
    // As a request comes in, or a moment later: while a page is being written.
    atRequest(number, () => setTimeout(() => child.kill('SIGKILL'), Math.random() * 6));
    expect((await ended).exit).toBe('SIGKILL');
    lastBefore.push(portal.requests.length - 1);
  }
  const { ended } = startExtract();
  expect((await ended).exit).toBe(0);
  await expectComplete();

  // Only what was under way at a kill may have been asked for again.
  const inFlight = lastBefore.map((index) => portal.requests[index]?.cursor ?? null);
  const cursors = portal.requests.map(({ cursor }) => cursor);
  const repeated = cursors.filter((cursor, index) => cursors.indexOf(cursor) < index);
  for (const cursor of repeated) expect(inFlight).toContain(cursor);
  expect(repeated.length).toBeLessThanOrEqual(lastBefore.length);
  for (const file of Object.keys(await listFiles(dataDir))) {
    expect(await readFile(path.join(dataDir, file), 'latin1')).not.toContain(TOKEN);
  }
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s in mid-run ends it with %d, ready to go on', async (signal, exit) => {
  const { child, ended } = startExtract();
  atRequest(20, () => child.kill(signal));
  const { stderr, ...result } = await ended;
  expect(result.exit).toBe(exit);
  expect(stderr).toContain(`stopped by ${signal}\n  Run the same command again to go on.\n`);
  const { runs } = await readArchiveState(dataDir);
  expect(runs).toMatchObject([{ state: 'interrupted' }]);
  expect((await readPages(runs[0]?.folder ?? '')).pages.length).toBeGreaterThanOrEqual(18);

  expect(await startExtract().ended).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(
      / extract [\d,]+ records of .* \(\d+ pages fetched earlier\) in /,
    ),
  });
  await expectComplete();
  expect(portal.requests.length).toBeLessThanOrEqual(PAGES + 1);
});

test('of two at once, the second is refused and told of the first', async () => {
  portal.faults.push({ when: ({ number }) => number === 3, noAnswer: 'stall' });
  const first = startExtract();
  while (portal.requests.length < 3) await sleep(10);
  const before = await listFiles(dataDir);
  const { exit, stderr } = await startExtract().ended;
  expect(exit).toBe(6);
  expect(stderr).toMatch(
    new RegExp(
      `error: another program is at work on ${dataDir}/raw/engagements: extract, process ${first.child.pid} on ${hostname()}, since `,
    ),
  );
  expect(await listFiles(dataDir)).toEqual(before);
  expect(portal.requests).toHaveLength(3);

  first.child.kill('SIGKILL');
  await first.ended;
  expect((await startExtract().ended).exit).toBe(0);
  await expectComplete();
});

test('a wrong token is exit 3 and leaves no run', async () => {
  const { exit, stderr } = await startExtract({ HUBSPOT_ACCESS_TOKEN: 'pat-wrong' }).ended;
  expect(exit).toBe(3);
  expect(stderr).toMatch(/Z error: HubSpot does not accept the token \(HTTP 401: /m);
  expect(stderr).toContain('\n  Check HUBSPOT_ACCESS_TOKEN: it may be mistyped');
  expect(stderr).not.toContain('pat-wrong');
  expect((await readArchiveState(dataDir)).runs).toEqual([]);
  expect(Object.keys(await listFiles(dataDir))).toEqual(['raw/engagements/_lock']);
});

test('an OAuth app extracts, and its secrets are in no file and no output', async () => {
  const app = { HUBSPOT_CLIENT_SECRET: 'secret-5555', HUBSPOT_REFRESH_TOKEN: 'refresh-7777' };
  const rotated = 'refresh-8888';
  portal.faults.push({
    when: ({ path: asked }) => asked === '/oauth/2026-09/token',
    answer: {
      status: 200,
      body: JSON.stringify({ access_token: TOKEN, expires_in: 1800, refresh_token: rotated }),
    },
  });
  const { exit, stderr } = await startExtract({
    HUBSPOT_ACCESS_TOKEN: undefined,
    HUBSPOT_CLIENT_ID: 'client-1234',
    ...app,
  }).ended;
  expect(exit).toBe(0);
  expect(stderr).toMatch(
    /another refresh token.*store its refresh token as HUBSPOT_REFRESH_TOKEN/s,
  );
  await expectComplete();
  for (const secret of [TOKEN, rotated, ...Object.values(app)]) {
    expect(said).not.toContain(secret);
    for (const file of Object.keys(await listFiles(dataDir))) {
      expect(await readFile(path.join(dataDir, file), 'latin1')).not.toContain(secret);
    }
  }
});

test("another portal's archive is exit 6", async () => {
  expect((await startExtract().ended).exit).toBe(0);
  const { exit, stderr } = await startExtract({
    HUBSPOT_ACCESS_TOKEN: 'demo',
    HUBSPOT_API_URL: portal.url,
  }).ended;
  expect(exit).toBe(6);
  expect(stderr).toContain("holds a real portal's data, which never mixes with the demo portal's");
});

describe('a data folder that cannot be written is exit 4', () => {
  test('because a part of its path is a file', async () => {
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    const { exit, stderr } = await startExtract({ DATA_DIR: path.join(file, 'data') }).ended;
    expect(exit).toBe(4);
    expect(stderr).toContain(
      ` error: cannot write ${file}/data: a part of its path is not a folder\n` +
        '  Make it writable, or set DATA_DIR to a folder that is.\n',
    );
    expect(portal.requests).toHaveLength(0);
  });

  test('because it is read-only', async ({ skip }) => {
    const folder = path.join(dataDir, 'read-only');
    await mkdir(folder);
    const root = process.getuid?.() === 0;
    const run = promisify(execFile);
    if (root) {
      const mount = run('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder]);
      await mount.catch(() => skip('root writes everywhere, and cannot mount here'));
    } else {
      await chmod(folder, 0o500);
    }
    try {
      const { exit, stderr } = await startExtract({ DATA_DIR: folder }).ended;
      expect(exit).toBe(4);
      expect(stderr).toMatch(
        /^\S+Z error: cannot write .*: (the file system is read-only|permission denied)\n/,
      );
    } finally {
      if (root) await run('umount', [folder]);
    }
  });
});
