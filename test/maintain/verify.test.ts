import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writePlan } from '../../src/archive/manifest.ts';
import { JOURNAL, MANIFEST, ndjsonRoot, PLAN, REJECTS, rawRoot } from '../../src/archive/runs.ts';
import { type VerifyResult, verify } from '../../src/maintain/verify.ts';
import { silent } from '../../src/progress.ts';
import { transform } from '../../src/transform/transform.ts';
import { compressRun } from '../support/compress-run.ts';
import { readFiles } from '../support/list-files.ts';
import { toPage, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const RUN = '2026/11/05/101500Z-full';
const LATER = '2026/11/06/101500Z-changes';

let dataDir: string;
let raw: string;
let ndjson: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  raw = path.join(rawRoot(dataDir), RUN);
  ndjson = path.join(ndjsonRoot(dataDir), RUN);
  const note = (id: number) => ({ engagement: { id, type: 'NOTE' }, metadata: { body: 'é' } });
  await writeRawRun(dataDir, RUN, [toPage([note(1), note(2)]), toPage([note(3), null])]);
  await writeRawRun(dataDir, LATER, [toPage([note(4)])]);
  await transform({ dataDir }, { progress: silent });
});
afterEach(() => rm(dataDir, { recursive: true }));

const look = (): Promise<VerifyResult> =>
  verify(dataDir, { progress: silent, signal: new AbortController().signal });

/** The problems, their paths as seen from the data folder. */
async function problems(): Promise<string[]> {
  const found = (await look()).problems;
  for (const { path: file, problem } of found) expect(problem).toContain(file);
  return found.map(({ kind, path: file }) => `${kind} ${path.relative(dataDir, file)}`);
}

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  await writeFile(file, bytes);
}

async function edit(file: string, before: string, after: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(before);
  await writeFile(file, text.replace(before, after));
}

test('a run that lies elsewhere behind a link is a run', async () => {
  await rename(raw, path.join(dataDir, 'elsewhere'));
  await symlink(path.join(dataDir, 'elsewhere'), raw);
  expect(await problems()).toEqual([]);
  await rm(path.join(dataDir, 'elsewhere', 'engagements-000001.json'));
  expect(await problems()).toEqual([`missing raw/engagements/${RUN}/engagements-000001.json`]);
});

test('a sound archive has no problems, and is not changed', async () => {
  const before = await readFiles(dataDir);
  expect(await look()).toEqual({
    rawRuns: 2,
    ndjsonRuns: 2,
    problems: [],
    files: 7,
    bytes: expect.any(Number),
  });
  expect(await readFiles(dataDir)).toEqual(before);
});

test('no archive is sound', async () => {
  await rm(path.join(dataDir, 'raw'), { recursive: true });
  await rm(path.join(dataDir, 'ndjson'), { recursive: true });
  expect(await look()).toMatchObject({ rawRuns: 0, ndjsonRuns: 0, problems: [] });
});

describe('each of these is found, and nothing else', () => {
  const cases: [string, () => Promise<unknown>, string[]][] = [
    [
      'one flipped byte in a page',
      () => flipByte(`${raw}/engagements-000002.json`),
      [`damaged raw/engagements/${RUN}/engagements-000002.json`],
    ],
    [
      'a page deleted',
      () => rm(`${raw}/engagements-000001.json`),
      [`missing raw/engagements/${RUN}/engagements-000001.json`],
    ],
    [
      'a page cut short',
      () => truncate(`${raw}/engagements-000001.json`, 7),
      [`damaged raw/engagements/${RUN}/engagements-000001.json`],
    ],
    [
      'a page added',
      () => writeFile(`${raw}/engagements-000003.json`, '{"results":[]}'),
      [`foreign raw/engagements/${RUN}/engagements-000003.json`],
    ],
    [
      'a journal line cut',
      () => truncate(`${raw}/${JOURNAL}`, 100),
      [`damaged raw/engagements/${RUN}/${JOURNAL}`],
    ],
    [
      'a journal line added',
      async () =>
        appendFile(
          `${raw}/${JOURNAL}`,
          `${(await readFile(`${raw}/${JOURNAL}`, 'utf8')).split('\n')[0]}\n`,
        ),
      [`damaged raw/engagements/${RUN}/${JOURNAL}`],
    ],
    [
      'a manifest emptied',
      () => truncate(`${raw}/${MANIFEST}`),
      [
        `damaged raw/engagements/${RUN}/${MANIFEST}`,
        `damaged ndjson/engagements/${RUN}/${MANIFEST}`,
      ],
    ],
    [
      'a raw run gone',
      () => rm(raw, { recursive: true }),
      [`damaged ndjson/engagements/${RUN}/${MANIFEST}`],
    ],
    [
      'a flipped byte in a part',
      () => flipByte(`${ndjson}/engagements-0001.ndjson`),
      [`damaged ndjson/engagements/${RUN}/engagements-0001.ndjson`],
    ],
    [
      'a part deleted',
      () => rm(`${ndjson}/engagements-0001.ndjson`),
      [`missing ndjson/engagements/${RUN}/engagements-0001.ndjson`],
    ],
    [
      'a part added',
      () => writeFile(`${ndjson}/engagements-0002.ndjson`, ''),
      [`foreign ndjson/engagements/${RUN}/engagements-0002.ndjson`],
    ],
    [
      'an emptied journal',
      () => truncate(`${raw}/${JOURNAL}`),
      [`damaged raw/engagements/${RUN}/${JOURNAL}`],
    ],
    [
      'two pages swapped',
      async () => {
        await rename(`${raw}/engagements-000001.json`, `${raw}/x`);
        await rename(`${raw}/engagements-000002.json`, `${raw}/engagements-000001.json`);
        await rename(`${raw}/x`, `${raw}/engagements-000002.json`);
      },
      [
        `damaged raw/engagements/${RUN}/engagements-000001.json`,
        `damaged raw/engagements/${RUN}/engagements-000002.json`,
      ],
    ],
    [
      'a count changed in a manifest',
      () => edit(`${raw}/${MANIFEST}`, '"pages": 2', '"pages": 3'),
      [
        `damaged raw/engagements/${RUN}/${MANIFEST}`,
        `damaged ndjson/engagements/${RUN}/${MANIFEST}`,
      ],
    ],
    [
      'a plan that is not that of the manifest',
      async () =>
        writePlan(raw, {
          format: 1,
          run: RUN,
          mode: 'full',
          api: 'objects',
          demo: false,
          window: null,
        }),
      [`damaged raw/engagements/${RUN}/${PLAN}`],
    ],
    [
      'a file that hides behind an underscore',
      () => writeFile(`${raw}/_pages.ndjson.bak`, ''),
      [`foreign raw/engagements/${RUN}/_pages.ndjson.bak`],
    ],
    [
      'a count changed in an NDJSON manifest',
      () => edit(`${ndjson}/${MANIFEST}`, '"rejects": 1', '"rejects": 2'),
      [`damaged ndjson/engagements/${RUN}/${MANIFEST}`],
    ],
    [
      'an NDJSON manifest that is not that of the raw run',
      () => edit(`${ndjson}/${MANIFEST}`, '"mode": "full"', '"mode": "changes"'),
      [`damaged ndjson/engagements/${RUN}/${MANIFEST}`],
    ],
    [
      'rejects added',
      () => appendFile(`${ndjson}/${REJECTS}`, ' '),
      [`damaged ndjson/engagements/${RUN}/${REJECTS}`],
    ],
    [
      'rejects gone',
      () => rm(`${ndjson}/${REJECTS}`),
      [`missing ndjson/engagements/${RUN}/${REJECTS}`],
    ],
    [
      'an NDJSON manifest gone',
      () => rm(`${ndjson}/${MANIFEST}`),
      [`missing ndjson/engagements/${RUN}/${MANIFEST}`],
    ],
    [
      'an NDJSON manifest of another run',
      async () =>
        writeFile(
          `${ndjson}/${MANIFEST}`,
          await readFile(path.join(ndjsonRoot(dataDir), LATER, MANIFEST)),
        ),
      [`damaged ndjson/engagements/${RUN}/${MANIFEST}`],
    ],
    [
      'strangers among the folders',
      async () => {
        await writeFile(path.join(rawRoot(dataDir), '2026', 'notes.txt'), 'x');
        await mkdir(path.join(ndjsonRoot(dataDir), '2026/11/05/copy-of-run'));
      },
      [
        'foreign raw/engagements/2026/notes.txt',
        'foreign ndjson/engagements/2026/11/05/copy-of-run',
      ],
    ],
    [
      'what a killed transform left',
      () => mkdir(path.join(ndjsonRoot(dataDir), '2026/11/05/_101500Z-full.building')),
      ['half-written ndjson/engagements/2026/11/05/_101500Z-full.building'],
    ],
  ];
  test.each(cases)('%s', async (_, damage, expected) => {
    await damage();
    expect(await problems()).toEqual(expected);
  });
});

describe('an interrupted run', () => {
  beforeEach(async () => {
    await rm(`${raw}/${MANIFEST}`);
    await rm(ndjson, { recursive: true });
    await writePlan(raw, {
      format: 1,
      run: RUN,
      mode: 'full',
      api: 'v1',
      demo: false,
      window: null,
    });
  });

  test('is sound', async () => {
    expect(await problems()).toEqual([]);
    await rm(`${raw}/${JOURNAL}`);
    await rm(`${raw}/engagements-000001.json`);
    await rm(`${raw}/engagements-000002.json`);
    expect(await problems()).toEqual([]);
  });

  test('may hold what a kill left half-written', async () => {
    await appendFile(`${raw}/${JOURNAL}`, '{"file":"engagements-000003');
    await writeFile(`${raw}/engagements-000003.json`, '{}');
    await writeFile(`${raw}/engagements-000004.json.tmp`, '{');
    const place = `half-written raw/engagements/${RUN}`;
    expect(await problems()).toEqual([
      `${place}/${JOURNAL}`,
      `${place}/engagements-000003.json`,
      `${place}/engagements-000004.json.tmp`,
    ]);
  });

  test('has pages to be proven all the same', async () => {
    await flipByte(`${raw}/engagements-000001.json`);
    await rm(`${raw}/${PLAN}`);
    const place = `raw/engagements/${RUN}`;
    expect(await problems()).toEqual([
      `foreign ${place}/${JOURNAL}`,
      `foreign ${place}/engagements-000001.json`,
      `foreign ${place}/engagements-000002.json`,
    ]);
  });
});

describe('compressed pages', () => {
  beforeEach(async () => {
    await compressRun(raw);
    await transform({ dataDir }, { progress: silent });
  });

  test('are proven by their content', async () => {
    expect(await problems()).toEqual([]);
    const file = `${raw}/engagements-000001.json.gz`;
    await writeFile(file, gzipSync(gunzipSync(await readFile(file)), { level: 1 }));
    expect(await problems()).toEqual([]);
  });

  test.each([
    ['flipped', flipByte],
    ['cut', (file: string) => truncate(file, 30)],
    ['another', (file: string) => writeFile(file, gzipSync('{}'))],
    ['far too large', (file: string) => writeFile(file, gzipSync(Buffer.alloc(1e7)))],
    ['no gzip', (file: string) => writeFile(file, '{"results":[]}')],
  ])('are found when %s, and refused by transform', async (_, damage) => {
    const file = `${raw}/engagements-000001.json.gz`;
    await damage(file);
    expect(await problems()).toEqual([`damaged raw/engagements/${RUN}/engagements-000001.json.gz`]);
    await expect(transform({ dataDir, force: true }, { progress: silent })).rejects.toThrow(
      `${file} is damaged: `,
    );
  });
});
