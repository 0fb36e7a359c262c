import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/clock.ts';
import { extract } from '../../src/extract/extract.ts';
import { createClient, type HubSpotClient } from '../../src/hubspot/client.ts';
import { parsePagedBody, toPagedRequest } from '../../src/hubspot/engagements-v1.ts';
import { keepHeapSmall } from '../../src/keep-heap-small.ts';
import type { Api } from '../../src/model/row.ts';
import { silent } from '../../src/progress.ts';
import type { AccountOptions } from './serve-account.ts';

const SERVER = fileURLToPath(new URL('./serve-account.ts', import.meta.url));
const MAX = 190;
const INTERVAL_MS = 10_000;
const PAGE_SIZES: Record<Api, number> = { v1: 250, objects: 100 };
const PAGES = 1_000;
const SEQUENTIAL_PAGES = 10;

/**
 * A full extract of an account with 190 requests per ten seconds, at latencies of 0.3 and 1 s: how much of the allowance
 * it uses, and what the sequential walk of the same pages would take, extrapolated from its first ten. `rows` are those of
 * a thousand pages, unless given.
 */
export async function benchExtract(api: Api, rows?: string): Promise<void> {
  // As the command does.
  keepHeapSmall();
  const count = Number(rows ?? PAGES * PAGE_SIZES[api]);
  console.log(`${count} rows by ${api}, ${MAX} requests per ten seconds`);
  for (const latencyMs of [300, 1000])
    await benchLatency({ rows: count, latencyMs, max: MAX }, api);
}

async function benchLatency(options: AccountOptions, api: Api): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const account = await startAccount(options);
  const { signal } = new AbortController();
  const client = createClient(account, { clock: systemClock, progress: silent, signal });
  try {
    const pageMs = await measureSequential(client, PAGE_SIZES[api]);
    // The window is to be unused when the run begins.
    await systemClock.sleep(INTERVAL_MS);
    const watch = watchMemory();
    const { counts, durationMs } = await extract(
      {
        dataDir,
        demo: false,
        pageLimit: PAGE_SIZES.v1,
        allowEmpty: false,
        apiVersion: '2026-09',
        wishes: { full: true, since: null, api, defaultApi: api, types: null, fullEveryDays: null },
      },
      { client, clock: systemClock, progress: silent, signal },
    );
    const requests = counts.requests - SEQUENTIAL_PAGES;
    const allowed = (MAX * durationMs) / INTERVAL_MS;
    const least = Math.ceil(options.rows / PAGE_SIZES[api]);
    const figures = [
      `${options.latencyMs} ms: ${(durationMs / 1000).toFixed(1)} s`,
      `${(durationMs / INTERVAL_MS).toFixed(1)} windows`,
      `achieved / allowed rate ${(requests / allowed).toFixed(3)}`,
      `refused (429) ${((100 * counts.limited) / requests).toFixed(2)} %`,
      `requests / (rows / page size) ${(requests / least).toFixed(3)}`,
      `sequential / this ${((least * pageMs) / durationMs).toFixed(1)}`,
      `peak memory ${Math.round(watch.stop() / 2 ** 20)} MiB`,
    ];
    console.log(figures.join(', '));
  } finally {
    await client.close();
    account.child.disconnect();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function startAccount(
  options: AccountOptions,
): Promise<{ apiUrl: string; token: string; child: ChildProcess }> {
  const child = fork(SERVER, [JSON.stringify(options)], {
    execArgv: ['--max-old-space-size=4096'],
  });
  const [{ url, token }] = await once(child, 'message');
  return { apiUrl: url, token, child };
}

/** Milliseconds a page takes when one is asked for after the other. */
async function measureSequential(client: HubSpotClient, limit: number): Promise<number> {
  const began = performance.now();
  let cursor: string | null = null;
  for (let page = 0; page < SEQUENTIAL_PAGES; page++) {
    const answer = await client.fetchPage(() => toPagedRequest(cursor, limit), parsePagedBody);
    cursor = answer.page.nextCursor;
  }
  return (performance.now() - began) / SEQUENTIAL_PAGES;
}

/** The most memory that this process has at any time until `stop`, in bytes. */
function watchMemory(): { stop(): number } {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      clearInterval(timer);
      look();
      return most;
    },
  };
}
