import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readNdjsonManifest, writeNdjsonManifest } from '../../src/archive/manifest.ts';
import { JOURNAL, MANIFEST, ndjsonRoot, rawRoot } from '../../src/archive/runs.ts';
import { ArchiveError, GuardRefused } from '../../src/errors.ts';
import { silent } from '../../src/progress.ts';
import { type TransformOptions, transform } from '../../src/transform/transform.ts';
import { NORMALIZER } from '../../src/transform/transform-run.ts';
import { REQUESTED_AT, toPage, toSha256, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const RUN = '2026/11/05/101500Z-full';
const LATER = '2026/11/06/101500Z-changes';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

const run = (options: Partial<TransformOptions> = {}, things = {}) =>
  transform({ dataDir, ...options }, { progress: silent, ...things });
const ndjson = (name = RUN) => path.join(ndjsonRoot(dataDir), name);
const read = (file: string, name = RUN) => readFile(path.join(ndjson(name), file), 'utf8');
const note = (id: number, body = 'text') => ({
  engagement: { id, type: 'NOTE' },
  metadata: { body },
});
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Every file below the NDJSON folder and its content. */
async function snapshot(): Promise<Record<string, string>> {
  const names = await readdir(ndjsonRoot(dataDir), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
        .map(async (file) => [
          path.relative(ndjsonRoot(dataDir), file),
          await readFile(file, 'utf8'),
        ]),
    ),
  );
}

test('a run becomes rows, rejects and a manifest', async () => {
  const folder = await writeRawRun(dataDir, RUN, [
    toPage([note(1), { engagement: { type: 'NOTE' } }]),
    toPage([]),
    toPage([note(2, 'a\0b')]),
  ]);
  const result = await run();
  const line = (id: number, body: string, hash: string, page: string) =>
    `{"portal_id":62515,"id":${id},"type":"NOTE","active":null,"created_at":null,"updated_at":null,"occurred_at":null,"owner_id":null,"team_id":null,"created_by":null,"modified_by":null,"source":null,"source_id":null,"activity_type":null,"title":null,"body_preview":null,"associations":{},"association_labels":{},"attachments":[],"metadata":{"body":"${body}"},"extra":{},"archived_at":null,"api":"v1","content_hash":"${hash}","extracted_at":"${REQUESTED_AT}","raw_page":"${RUN}/${page}"}\n`;
  const rows =
    line(1, 'text', '3356bfc9398bd1499d5d98d804534d44', 'engagements-000001.json#0') +
    line(2, 'a\ufffdb', 'da5c680a6bc428f611f55ec96eed666e', 'engagements-000003.json#0');
  const rejects = `{"page":"${RUN}/engagements-000001.json","index":1,"reason":"no id","record":{"engagement":{"type":"NOTE"}}}\n`;
  expect(await snapshot()).toMatchObject({
    [`${RUN}/engagements-0001.ndjson`]: rows,
    [`${RUN}/_rejects.ndjson`]: rejects,
  });
  expect((await readdir(ndjson())).sort()).toEqual([
    MANIFEST,
    '_rejects.ndjson',
    'engagements-0001.ndjson',
  ]);
  const bytes = Buffer.byteLength(rows);
  expect(await readNdjsonManifest(ndjson())).toEqual({
    format: 1,
    normalizer: NORMALIZER,
    run: RUN,
    mode: 'full',
    api: 'v1',
    demo: false,
    portalId: 62515,
    startedAt: '2026-11-05T10:15:00.000Z',
    finishedAt: '2026-11-05T10:16:00.000Z',
    window: null,
    types: {},
    associationKinds: 'all',
    rawManifestSha256: toSha256(await readFile(path.join(folder, MANIFEST))),
    records: 3,
    rows: 2,
    rejects: 1,
    replacedCharacters: 1,
    invalidUtf8: 0,
    redacted: 0,
    fields: {
      NOTE: {
        metadata: { object: { rows: 2, example: `${RUN}/engagements-000001.json#0` } },
        'metadata.body': { string: { rows: 2, example: `${RUN}/engagements-000001.json#0` } },
      },
    },
    drift: [],
    parts: [{ file: 'engagements-0001.ndjson', rows: 2, bytes, sha256: toSha256(rows) }],
    rejectsSha256: toSha256(rejects),
  });
  expect(result).toEqual({
    runs: [
      {
        run: RUN,
        records: 3,
        rows: 2,
        rejects: 1,
        replacedCharacters: 1,
        invalidUtf8: 0,
        redacted: 0,
        drift: [],
        unknownStreams: {},
        bytes,
        durationMs: expect.any(Number),
      },
    ],
    skipped: 0,
    durationMs: expect.any(Number),
  });
});

test('an empty run has no part', async () => {
  await writeRawRun(dataDir, RUN, [toPage([])]);
  await run();
  expect(await readdir(ndjson())).toEqual([MANIFEST, '_rejects.ndjson']);
  expect((await readNdjsonManifest(ndjson())).parts).toEqual([]);
});

test('no archive and incomplete runs are nothing to do', async () => {
  expect(await run()).toMatchObject({ runs: [], skipped: 0 });
  const folder = await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
  await rm(path.join(folder, MANIFEST));
  expect(await run()).toMatchObject({ runs: [], skipped: 0 });
});

test('the files are private', async () => {
  await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
  await run();
  const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);
  expect(await modeOf(ndjson())).toBe('700');
  expect(await modeOf(path.dirname(ndjson()))).toBe('700');
  for (const file of await readdir(ndjson())) {
    expect(await modeOf(path.join(ndjson(), file))).toBe('600');
  }
});

describe('what is transformed', () => {
  beforeEach(async () => {
    await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    await writeRawRun(dataDir, LATER, [toPage([note(2)])]);
    expect((await run()).runs.map((one) => one.run)).toEqual([RUN, LATER]);
  });

  test('is skipped', async () => {
    expect(await run()).toMatchObject({ runs: [], skipped: 2 });
  });

  test('is made again by force, with the same bytes', async () => {
    const before = await snapshot();
    expect(await run({ force: true })).toMatchObject({
      runs: [{ run: RUN }, { run: LATER }],
      skipped: 0,
    });
    expect(await snapshot()).toEqual(before);
  });

  test('is made again when another normalizer made it', async () => {
    const before = await snapshot();
    const manifest = await readNdjsonManifest(ndjson());
    await writeNdjsonManifest(ndjson(), { ...manifest, normalizer: NORMALIZER + 1 });
    expect(await run()).toMatchObject({ runs: [{ run: RUN }], skipped: 1 });
    expect(await snapshot()).toEqual(before);
  });

  test('is made again when the raw run is another', async () => {
    await rm(path.join(rawRoot(dataDir), RUN), { recursive: true });
    await writeRawRun(dataDir, RUN, [toPage([note(3)])]);
    expect(await run()).toMatchObject({ runs: [{ run: RUN }], skipped: 1 });
    expect(JSON.parse(await read('engagements-0001.ndjson'))['id']).toBe(3);
  });

  test('is made again when its manifest is damaged or gone', async () => {
    await writeFile(path.join(ndjson(), MANIFEST), '{');
    await rm(path.join(ndjson(LATER), MANIFEST));
    expect(await run()).toMatchObject({ runs: [{ run: RUN }, { run: LATER }], skipped: 0 });
  });
});

describe('a killed transform', () => {
  const day = () => path.dirname(ndjson());

  test('leaves nothing behind the next one', async () => {
    await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    await mkdir(path.join(day(), '_101500Z-full.building'), { recursive: true });
    await writeFile(path.join(day(), '_101500Z-full.building', 'engagements-0001.ndjson'), 'half');
    await run();
    expect(await readdir(day())).toEqual(['101500Z-full']);
  });

  test('between two renames loses nothing', async () => {
    await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    await run();
    await rename(ndjson(), path.join(day(), '_101500Z-full.replaced'));
    expect(await run()).toMatchObject({ runs: [], skipped: 1 });
    expect(await readdir(day())).toEqual(['101500Z-full']);
  });

  test('after the second rename leaves the old version to be removed', async () => {
    await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    await run();
    await mkdir(path.join(day(), '_101500Z-full.replaced'));
    expect(await run()).toMatchObject({ runs: [], skipped: 1 });
    expect(await readdir(day())).toEqual(['101500Z-full']);
  });
});

test('a stop leaves nothing half made', async () => {
  await writeRawRun(dataDir, RUN, [toPage([note(1)]), toPage([note(2)])]);
  const controller = new AbortController();
  const reason = new Error('stop');
  const progress = { ...silent, update: () => controller.abort(reason) };
  expect(await failure(run({}, { progress, signal: controller.signal }))).toBe(reason);
  expect(await readdir(path.dirname(ndjson()))).toEqual([]);
});

describe('parts', () => {
  const pages = [
    toPage([1, 2, 3].map((id) => note(id))),
    toPage([note(4, 'x'.repeat(5000)), note(5), note(6)]),
  ];

  test('hold whole lines, as many as fit', async () => {
    await writeRawRun(dataDir, RUN, pages);
    await run();
    const whole = await read('engagements-0001.ndjson');
    const lines = whole.split(/(?<=\n)/);
    await run({ force: true, partBytes: Buffer.byteLength(`${lines[0]}${lines[1]}`) });
    const { parts } = await readNdjsonManifest(ndjson());
    expect(parts.map(({ file, rows }) => [file, rows])).toEqual([
      ['engagements-0001.ndjson', 2],
      ['engagements-0002.ndjson', 1],
      ['engagements-0003.ndjson', 1],
      ['engagements-0004.ndjson', 2],
    ]);
    const texts = await Promise.all(parts.map(({ file }) => read(file)));
    expect(texts.join('')).toBe(whole);
    for (const [n, { bytes, sha256 }] of parts.entries()) {
      expect({ bytes, sha256 }).toEqual({
        bytes: Buffer.byteLength(texts[n] as string),
        sha256: toSha256(texts[n] as string),
      });
    }
  });

  test('are the same when the pages are streamed', async () => {
    await writeRawRun(dataDir, RUN, pages);
    await run({ partBytes: 1000 });
    const before = await snapshot();
    await run({ partBytes: 1000, force: true, streamAboveBytes: 10 });
    expect(await snapshot()).toEqual(before);
  });
});

describe('a damaged run', () => {
  const damages: [string, (folder: string) => Promise<unknown>, (folder: string) => string][] = [
    [
      'a page is missing',
      (folder) => rm(path.join(folder, 'engagements-000002.json')),
      (folder) => `cannot read ${folder}/engagements-000002.json: no such file or folder`,
    ],
    [
      'a page is cut short',
      (folder) => truncate(path.join(folder, 'engagements-000002.json'), 5),
      (folder) =>
        `${folder}/engagements-000002.json is damaged: it has 5 bytes, the journal says ${toPage([note(2)]).length}`,
    ],
    [
      'a page was edited',
      (folder) => writeFile(path.join(folder, 'engagements-000002.json'), toPage([note(9)])),
      (folder) =>
        `${folder}/engagements-000002.json is damaged: its sha256 is ${toSha256(toPage([note(9)]))}, the journal says ${toSha256(toPage([note(2)]))}`,
    ],
    [
      'a page was added',
      (folder) => writeFile(path.join(folder, 'engagements-000003.json'), toPage([note(9)])),
      (folder) => `${folder}/engagements-000003.json is no page of its run's journal`,
    ],
    [
      'the manifest is empty',
      (folder) => writeFile(path.join(folder, MANIFEST), ''),
      (folder) => `${folder}/${MANIFEST} is damaged: it is not JSON`,
    ],
    [
      'the journal is missing',
      (folder) => rm(path.join(folder, JOURNAL)),
      (folder) => `cannot read ${folder}/${JOURNAL}: no such file or folder`,
    ],
    [
      'the journal is cut short',
      async (folder) =>
        truncate(path.join(folder, JOURNAL), (await stat(path.join(folder, JOURNAL))).size - 3),
      (folder) => `${folder}/${JOURNAL} is damaged: line 2 is cut short`,
    ],
    [
      'the journal has lost a line',
      async (folder) => {
        const [first] = (await readFile(path.join(folder, JOURNAL), 'utf8')).split('\n');
        await writeFile(path.join(folder, JOURNAL), `${first}\n`);
      },
      (folder) => `${folder}/${JOURNAL} is damaged: its sha256 is `,
    ],
    [
      'the manifest is damaged',
      (folder) => writeFile(path.join(folder, MANIFEST), '{"format":1'),
      (folder) => `${folder}/${MANIFEST} is damaged: it is not JSON`,
    ],
  ];

  describe.each([8 * 1024 * 1024, 10])('with pages above %i bytes streamed', (streamAboveBytes) => {
    test.each(damages)(
      'where %s is told by name, and the others are made',
      async (_, damage, toMessage) => {
        const folder = await writeRawRun(dataDir, RUN, [toPage([note(1)]), toPage([note(2)])]);
        await writeRawRun(dataDir, LATER, [toPage([note(3)])]);
        await damage(folder);
        const error = (await failure(run({ streamAboveBytes }))) as ArchiveError;
        expect(error).toBeInstanceOf(ArchiveError);
        expect(error.exitCode).toBe(4);
        expect(error.message.startsWith(toMessage(folder))).toBe(true);
        expect(Object.keys(await snapshot())).toEqual([
          `${LATER}/_manifest.json`,
          `${LATER}/_rejects.ndjson`,
          `${LATER}/engagements-0001.ndjson`,
        ]);
      },
    );
  });

  test('whose page was no page when it came is told by name', async () => {
    const folder = await writeRawRun(dataDir, RUN, ['{"results":{}}']);
    const other = await writeRawRun(dataDir, LATER, ['{"results":[{"a":1}']);
    const error = (await failure(run())) as ArchiveError;
    expect(error.message).toBe(
      `${folder}/engagements-000001.json is damaged: "results" is not an array\n${other}/engagements-000001.json is damaged: it is not JSON (cut short after 19 bytes)`,
    );
  });

  test('cannot reach a file outside its folder', async () => {
    await writeFile(path.join(dataDir, 'secret.json'), toPage([note(1)]));
    const folder = await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    const journal = await readFile(path.join(folder, JOURNAL), 'utf8');
    const forged = journal.replace('"engagements-000001.json"', '"../../../../../../secret.json"');
    await writeFile(path.join(folder, JOURNAL), forged);
    const manifest = JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8'));
    const resealed = { ...manifest, journalSha256: toSha256(forged) };
    await writeFile(path.join(folder, MANIFEST), JSON.stringify(resealed));
    await expect(run()).rejects.toThrow(
      `${folder}/${JOURNAL} is damaged: line 1 is not a page entry: file is wrong`,
    );
  });

  test('keeps the version that was made before', async () => {
    const folder = await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
    await run();
    const before = await snapshot();
    await truncate(path.join(folder, 'engagements-000001.json'), 3);
    expect(await run()).toMatchObject({ skipped: 1 });
    await expect(run({ force: true })).rejects.toThrow(ArchiveError);
    expect(await snapshot()).toEqual(before);
  });
});

describe('rejects', () => {
  const records = (good: number, bad: number) => [
    ...Array.from({ length: good }, (_, n) => note(n + 1)),
    ...Array.from({ length: bad }, () => ({ engagement: { type: 'NOTE' } })),
  ];

  test.each([
    [undefined, 0, 100, true],
    [undefined, 0, 101, false],
    [undefined, 10_000, 101, true],
    [{ count: 0 }, 5, 0, true],
    [{ count: 0 }, 5, 1, false],
    [{ count: 3 }, 0, 3, true],
    [{ percent: 10 }, 9, 1, true],
    [{ percent: 10 }, 8, 2, false],
    [{ percent: 0 }, 1000, 1, false],
    [{ percent: 100 }, 0, 500, true],
  ])(
    'allowed %j: with %i rows and %i rejects the run is published: %s',
    async (maxRejects, good, bad, published) => {
      await writeRawRun(dataDir, RUN, [toPage(records(good, bad))]);
      const error = await failure(run({ maxRejects }));
      expect(error === undefined).toBe(published);
      expect((await readdir(path.dirname(ndjson()))).includes('101500Z-full')).toBe(published);
    },
  );

  test('beyond the limit are told with their reasons and kept to look at', async () => {
    const page = toPage([...records(1, 2), null, { engagement: { id: 5 } }, 7, 8]);
    await writeRawRun(dataDir, RUN, [page]);
    await writeRawRun(dataDir, LATER, [toPage([note(1)])]);
    const error = (await failure(run({ maxRejects: { count: 5 } }))) as GuardRefused;
    expect(error).toBeInstanceOf(GuardRefused);
    expect(error.exitCode).toBe(6);
    const example = `${RUN}/engagements-000001.json`;
    expect(error.message).toBe(
      `${RUN} has 6 rejects in 7 records, more than the 5 allowed (not an object: 3, as in ${example}#3; no id: 2, as in ${example}#1; no type: 1, as in ${example}#4)`,
    );
    const file = path.join(path.dirname(ndjson()), '_101500Z-full.rejects.ndjson');
    expect(error.next).toBe(`Look at ${file}; if they are rightly left out, raise --max-rejects.`);
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(7);
    expect(await readdir(path.dirname(ndjson()))).toEqual(['_101500Z-full.rejects.ndjson']);
    expect((await readNdjsonManifest(ndjson(LATER))).rows).toBe(1);

    expect(await run({ maxRejects: { count: 6 } })).toMatchObject({
      runs: [{ run: RUN }],
      skipped: 1,
    });
    expect(await readdir(path.dirname(ndjson()))).toEqual(['101500Z-full']);
  });

  test('matter less than damage', async () => {
    await writeRawRun(dataDir, RUN, [toPage(records(0, 1))]);
    await writeRawRun(dataDir, LATER, ['{}']);
    const error = (await failure(run({ maxRejects: { count: 0 } }))) as ArchiveError;
    expect(error).toBeInstanceOf(ArchiveError);
    expect(error.message).toContain(`${RUN} has 1 rejects in 1 records`);
    expect(error.message).toContain(`${LATER}/engagements-000001.json is damaged`);
  });
});

test.skipIf(process.getuid?.() === 0)('what cannot be written stops the stage', async () => {
  await writeRawRun(dataDir, RUN, [toPage([note(1)])]);
  await mkdir(path.dirname(ndjson()), { recursive: true });
  await chmod(path.dirname(ndjson()), 0o500);
  await expect(run()).rejects.toThrow(`cannot write ${path.dirname(ndjson())}`);
  await chmod(path.dirname(ndjson()), 0o700);
});

test('progress counts records of all runs', async () => {
  await writeRawRun(dataDir, RUN, [toPage([note(1)]), toPage([note(2), null])], { records: 3 });
  await writeRawRun(dataDir, LATER, [toPage([note(3)])], { records: 1 });
  const updates: unknown[] = [];
  const progress = { ...silent, update: (state: unknown) => updates.push(state) };
  await run({}, { progress });
  expect(updates).toEqual([1, 3, 4].map((done) => ({ done, total: 4, unit: 'records' })));
});
