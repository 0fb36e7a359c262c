import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { ArchiveError } from '../../src/errors.ts';
import { silent } from '../../src/progress.ts';
import { type TransformOptions, transform } from '../../src/transform/transform.ts';
import { compressRun } from '../support/compress-run.ts';
import { readFiles } from '../support/list-files.ts';
import { toPage, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const RUN = '2026/11/05/101500Z-full';
const LATER = '2026/11/06/101500Z-changes';
/** What the manifest says decides how many threads are started. */
const LARGE = { bytes: 2 ** 40 };

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

const run = (options: Partial<TransformOptions> = {}) =>
  transform({ dataDir, force: true, partBytes: 20_000, ...options }, { progress: silent });
const ndjson = () => readFiles(ndjsonRoot(dataDir));

/** Pages of very different sizes: whoever is done first is not the one before. */
const pages = Array.from({ length: 30 }, (_, page) =>
  toPage(
    Array.from({ length: page % 3 === 0 ? 40 : 1 }, (_, n) => ({
      engagement: n % 17 === 16 ? { id: 'x' } : { id: 1 + page * 100 + n, type: `T${page % 4}` },
      metadata: { body: `é😀\u0000${'x'.repeat((page * 37) % 500)}`, threadId: 2 ** 60 + n },
    })),
  ),
);

test('one worker or eight, whole or streamed, compressed or not, give identical bytes', async () => {
  await writeRawRun(dataDir, RUN, pages);
  await run();
  const { [`${RUN}/_manifest.json`]: manifest, ...alone } = await ndjson();
  expect(Object.keys(alone).length).toBeGreaterThan(3);

  await rm(path.join(dataDir, 'raw'), { recursive: true });
  const folder = await writeRawRun(dataDir, RUN, pages, LARGE);
  for (const options of [{ workers: 1 }, { workers: 8 }, { workers: 2, streamAboveBytes: 2_000 }]) {
    await run(options);
    const { [`${RUN}/_manifest.json`]: other, ...files } = await ndjson();
    expect(files).toEqual(alone);
    const { rawManifestSha256: a, ...same } = JSON.parse(manifest as string);
    const { rawManifestSha256: b, ...again } = JSON.parse(other as string);
    expect([again, a === b]).toEqual([same, false]);
  }

  await compressRun(folder);
  const renamed = Object.entries(alone).map(([file, text]) => [
    file,
    text.replaceAll('.json#', '.json.gz#').replaceAll('.json",', '.json.gz",'),
  ]);
  for (const options of [{ workers: 3 }, { workers: 1, streamAboveBytes: 2_000 }]) {
    await run({ ...options, partBytes: 1 << 30 });
    const { [`${RUN}/_manifest.json`]: _, ...files } = await ndjson();
    expect(toLines(files)).toEqual(toLines(Object.fromEntries(renamed)));
  }
});

/** All lines of all parts, in their order, and the rejects. */
function toLines(files: Record<string, string>): Record<string, string[]> {
  const names = Object.keys(files).sort();
  const of = (part: boolean) =>
    names
      .filter((name) => name.includes('/engagements-') === part)
      .flatMap((name) => (files[name] as string).split('\n').slice(0, -1));
  return { rows: of(true), rejects: of(false) };
}

test('damage that a worker meets is told by name, and the other runs are made', async () => {
  const folder = await writeRawRun(dataDir, RUN, pages, LARGE);
  await writeRawRun(dataDir, LATER, pages.slice(0, 2));
  const file = path.join(folder, 'engagements-000017.json');
  await writeFile(file, (pages[16] as string).replace('T0', 'T9'));
  const error = await run({ workers: 2 }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ArchiveError);
  expect(error).toMatchObject({
    exitCode: 4,
    message: expect.stringContaining(`${file} is damaged: its sha256 is `),
  });
  expect(Object.keys(await ndjson()).every((name) => name.startsWith(LATER))).toBe(true);
  expect(await ndjson()).toHaveProperty([`${LATER}/_manifest.json`]);
});

test('a page that a worker streams and that is no JSON is told with the byte', async () => {
  const folder = await writeRawRun(dataDir, RUN, [pages[0] as string, '{"results":[{},x]}'], LARGE);
  const error = await run({ workers: 2, streamAboveBytes: 10 }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ArchiveError);
  expect(error).toMatchObject({
    message: `${folder}/engagements-000002.json is damaged: it is not JSON (at byte 15 of 18)`,
  });
});

test('a stop in the midst of a page that a worker streams leaves nothing half made', async () => {
  const page = toPage(
    Array.from({ length: 20_000 }, (_, n) => ({ engagement: { id: n + 1, type: 'T' } })),
  );
  await writeRawRun(dataDir, RUN, [page], LARGE);
  const controller = new AbortController();
  const progress = { ...silent, update: () => controller.abort(new Error('stop')) };
  const options = { dataDir, workers: 2, streamAboveBytes: 10 };
  await expect(transform(options, { progress, signal: controller.signal })).rejects.toThrow('stop');
  expect(await ndjson()).toEqual({});
});
