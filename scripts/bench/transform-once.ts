/**
 * Run by the bench in a process of its own, so that time and memory are those of one job: `<folder> <workers>` is
 * `transform`; with `bare` for workers it is the loop that every such job has to do, JSON.parse and JSON.stringify, over
 * the same pages. Prints what it took as JSON.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rawRoot } from '../../src/archive/runs.ts';
import { keepHeapSmall } from '../../src/keep-heap-small.ts';
import { silent } from '../../src/progress.ts';
import { transform } from '../../src/transform/transform.ts';

/** What a job took. */
export interface Cost {
  seconds: number;
  /** Of all threads. */
  cpuSeconds: number;
  /** The most memory it had at a time. */
  rssMb: number;
}

function runBare(dataDir: string): void {
  const root = rawRoot(dataDir);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.json') || entry.name.startsWith('_')) continue;
    const text = readFileSync(path.join(entry.parentPath, entry.name), 'utf8');
    for (const record of JSON.parse(text).results) JSON.stringify(record);
  }
}

if (import.meta.main) {
  const [dataDir = '', workers = ''] = process.argv.slice(2);
  const began = performance.now();
  const before = process.cpuUsage();
  if (workers === 'bare') runBare(dataDir);
  else {
    // As the command does.
    keepHeapSmall();
    await transform({ dataDir, force: true, workers: Number(workers) }, { progress: silent });
  }
  const { user, system } = process.cpuUsage(before);
  const cost: Cost = {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
    rssMb: process.resourceUsage().maxRSS / 1024,
  };
  console.log(JSON.stringify(cost));
}
