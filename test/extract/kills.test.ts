import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal } from '../../src/archive/journal.ts';
import { readArchiveState } from '../../src/archive/state.ts';
import { seededRandom } from '../../src/demo/random.ts';
import type { Portal } from '../portal/start-portal.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { readPages, startTestPortal, TOKEN, toRecord } from './extract-from.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const RECORDS = 5_000;
const LIMIT = 40;
const PAGES = RECORDS / LIMIT;
const KILLS = Number(process.env['KILLS'] ?? 8);
const random = seededRandom(KILLS);

const ids = Array.from({ length: RECORDS }, (_, n) => n * 100 + random.int(1, 100));

let dataDir: string;
let portal: Portal;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  // Six requests under way use this allowance, twenty use it 3.4 times as fast.
  portal = await startTestPortal(0, {
    engagements: ids.map((id) => toRecord(id)),
    latencyMs: 60,
    rateLimit: { max: 1_000, intervalMs: 10_000 },
    clock: { now: () => new Date() },
  });
});
afterEach(async () => {
  await portal.close();
  await rm(dataDir, { recursive: true });
});

/** Runs `extract`; with `requests`, until the portal has seen so many more. Returns what ended it. */
async function extract(requests = Number.POSITIVE_INFINITY): Promise<number | string> {
  const argv = [CLI, 'extract', '--settings-file', '/dev/null', '--page-limit', String(LIMIT)];
  const env = { HUBSPOT_ACCESS_TOKEN: TOKEN, HUBSPOT_API_URL: portal.url, DATA_DIR: dataDir };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...argv], {
    stdio: 'ignore',
    env,
  });
  const last = portal.requests.length + requests;
  portal.faults.push({
    times: Number.POSITIVE_INFINITY,
    when: () => {
      // Those before it are answered within the latency, and written down meanwhile.
      if (portal.requests.length + 1 === last)
        setTimeout(() => child.kill('SIGKILL'), random.int(0, 70));
      return false;
    },
  });
  const [code, signal] = await once(child, 'close');
  portal.faults.clear();
  return code ?? signal;
}

async function countJournaled(): Promise<number> {
  const { runs } = await readArchiveState(dataDir);
  const [run] = runs;
  return run === undefined ? 0 : (await readJournal(run.folder)).pages.length;
}

test('killed again and again while many pages are under way: nothing is missing, and only those are fetched again', {
  timeout: 60_000 + KILLS * 5_000,
}, async () => {
  let lost = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const exit = await extract(random.int(2, Math.floor((1.8 * PAGES) / KILLS)));
    if (exit === 0) break;
    expect(exit).toBe('SIGKILL');
    const underWay = portal.requests.length - lost - (await countJournaled());
    // As many as may be under way at most; answers of a slow machine take longer, and more are.
    expect(underWay).toBeLessThanOrEqual(64);
    lost += underWay;
  }
  expect(await extract()).toBe(0);
  const { runs } = await readArchiveState(dataDir);
  expect(runs).toMatchObject([{ state: 'complete' }]);
  const { pages, ids: fetched } = await readPages(runs[0]?.folder ?? '');
  expect([...new Set(fetched)].sort((a, b) => a - b)).toEqual(ids);
  // A page that another one overtook is not taken; that is rare.
  expect(portal.requests.length - pages.length - lost).toBeLessThanOrEqual(0.1 * PAGES);
  // While the allowance lies idle, a third more than full pages are well spent; and a few for each kill.
  expect(pages.length).toBeLessThanOrEqual((4 / 3) * PAGES + 2 * KILLS);
});
