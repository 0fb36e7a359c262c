import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PageEntry, readJournal } from '../../src/archive/journal.ts';
import { readRawManifest, writeRawManifest } from '../../src/archive/manifest.ts';
import { JOURNAL, listRuns, ndjsonRoot, rawRoot } from '../../src/archive/runs.ts';
import { toCounted } from '../../src/terminal/text.ts';
import type { Cost } from './transform-once.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const ONCE = fileURLToPath(new URL('transform-once.ts', import.meta.url));
const TURNS = 5;

/** Memory is compared at so many records. */
const MANY = 1_000_000;

/**
 * `transform` of about `rowCount` records with one and two workers, against a bare loop of JSON.parse and JSON.stringify
 * on one core and against `jq -c '.results[]'`; of half as many records of the objects API with one worker, against the
 * bare loop; and the memory it takes for the demo portal once and for a million records. The records are the demo portal's
 * pages, again and again, under as many names: all jobs read them from the page cache, which a first pass fills. Jobs take
 * turns, each in a process of its own; figures are medians.
 */
export async function benchTransform(rowCount: number): Promise<void> {
  const folders = await Promise.all(
    [1, 2, 3, 4, 5].map(() => mkdtemp(path.join(tmpdir(), 'bench-'))),
  );
  const [small, large, many, smallObjects, objects] = folders as [
    string,
    string,
    string,
    string,
    string,
  ];
  try {
    await extractDemo(small, 'v1');
    await extractDemo(smallObjects, 'objects');
    await repeatRun(smallObjects, objects, rowCount / 2);
    const { records, bytes, files } = await repeatRun(small, large, rowCount);
    console.log(`${records} records, ${(bytes / 1e6).toFixed(0)} MB of pages`);
    const costs = new Map<string, Cost[]>();
    const note = (job: string, cost: Cost): void => {
      costs.set(job, [...(costs.get(job) ?? []), cost]);
    };
    await measureOnce(small, 'bare');
    for (let turn = 0; turn < TURNS; turn++) {
      note('bare loop', await measureOnce(large, 'bare'));
      for (const workers of ['1', '2']) {
        note(
          `transform, ${toCounted(Number(workers), 'workers')}`,
          await measureOnce(large, workers),
        );
      }
      const jq = await measureJq(files);
      if (jq !== null) note('jq', jq);
      note('objects: bare loop', await measureOnce(objects, 'bare'));
      note('objects: 1 worker', await measureOnce(objects, '1'));
    }
    const [one, two, once] = [
      'transform, 1 worker',
      'transform, 2 workers',
      'the demo portal once',
    ];
    note(once, await measureOnce(small, '2'));
    await rm(large, { recursive: true });
    const { records: count } = await repeatRun(small, many, MANY);
    const all = `${count} records`;
    note(all, await measureOnce(many, '2'));
    for (const [job, own] of costs) {
      const [seconds, cpu, rss] = (['seconds', 'cpuSeconds', 'rssMb'] as const).map((key) =>
        median(own.map((cost) => cost[key])),
      );
      console.log(
        job === 'jq'
          ? `${job.padEnd(24)} ${seconds?.toFixed(2)} s`
          : `${job.padEnd(24)} ${seconds?.toFixed(2)} s, ${cpu?.toFixed(2)} s of CPU, ${rss?.toFixed(0)} MiB`,
      );
    }
    ratio('CPU, 1 worker / bare loop', costs, [one, 'bare loop'], 'cpuSeconds');
    ratio('time, 1 worker / bare loop', costs, [one, 'bare loop'], 'seconds');
    ratio('time, 1 worker / 2 workers', costs, [one, two], 'seconds');
    ratio('time, jq / 2 workers', costs, ['jq', two], 'seconds');
    ratio(
      'CPU, 1 worker / bare loop, objects API',
      costs,
      ['objects: 1 worker', 'objects: bare loop'],
      'cpuSeconds',
    );
    ratio(`memory, ${all} / ${once}`, costs, [all, once], 'rssMb');
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

async function extractDemo(dataDir: string, api: string): Promise<void> {
  const env = { ...process.env, HUBSPOT_ACCESS_TOKEN: 'demo', DATA_DIR: dataDir };
  const args = ['extract', '--api', api, '--settings-file', '/dev/null'];
  await run(process.execPath, [CLI, ...args], { env });
}

/** The run in `from`, its pages linked as often as it takes, as one run in `to`. */
async function repeatRun(from: string, to: string, rowCount: number) {
  const [run = ''] = await listRuns(rawRoot(from));
  const source = path.join(rawRoot(from), run);
  const target = path.join(rawRoot(to), run);
  await mkdir(target, { recursive: true });
  const manifest = await readRawManifest(source);
  const { pages } = await readJournal(source);
  const times = Math.max(1, Math.round(rowCount / manifest.records));
  const entries: PageEntry[] = [];
  for (let time = 0; time < times; time++) {
    for (const page of pages) {
      const file = `engagements-${String(entries.length + 1).padStart(6, '0')}.json`;
      await link(path.join(source, page.file), path.join(target, file));
      entries.push({ ...page, file });
    }
  }
  const journal = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  await writeFile(path.join(target, JOURNAL), journal);
  const [records, bytes] = [manifest.records * times, manifest.bytes * times];
  await writeRawManifest(target, {
    ...manifest,
    records,
    bytes,
    pages: entries.length,
    journalSha256: createHash('sha256').update(journal).digest('hex'),
  });
  return { records, bytes, files: entries.map(({ file }) => path.join(target, file)) };
}

async function measureOnce(dataDir: string, workers: string): Promise<Cost> {
  // Removing what another turn made is no part of the job.
  await rm(ndjsonRoot(dataDir), { recursive: true, force: true });
  const { stdout } = await run(process.execPath, [ONCE, dataDir, workers]);
  return JSON.parse(stdout);
}

/** Null where there is no jq; only its time is told. */
async function measureJq(files: string[]): Promise<Cost | null> {
  const began = performance.now();
  try {
    await run('sh', ['-c', 'jq -c ".results[]" "$@" > /dev/null', 'sh', ...files]);
  } catch {
    return null;
  }
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: Number.NaN, rssMb: Number.NaN };
}

function ratio(
  what: string,
  costs: Map<string, Cost[]>,
  [above, below]: [string, string],
  key: keyof Cost,
): void {
  // Turn by turn: what else the machine does then weighs on both.
  const ratios = (costs.get(above) ?? []).map(
    (cost, turn) => cost[key] / (costs.get(below)?.[turn]?.[key] ?? Number.NaN),
  );
  if (ratios.length > 0) console.log(`ratio ${median(ratios).toFixed(2)}: ${what}`);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

const run = promisify(execFile);
