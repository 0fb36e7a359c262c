import { cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal, readJournal } from '../../src/archive/journal.ts';
import { readNdjsonManifest, readPlan, readRawManifest } from '../../src/archive/manifest.ts';
import { JOURNAL, MANIFEST, ndjsonRoot, PLAN, rawRoot } from '../../src/archive/runs.ts';
import { ArchiveError } from '../../src/errors.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const SOUND = fileURLToPath(new URL('../fixtures/archive-format-1', import.meta.url));
const RUN = '2026/11/24/042210Z-full';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
  await cp(SOUND, dataDir, { recursive: true });
});
afterEach(() => rm(dataDir, { recursive: true }));

/** Each kind of file that a stage reads back: where it lies, and how it is read. */
const FILES = {
  plan: { root: rawRoot, name: PLAN, read: readPlan },
  'raw manifest': { root: rawRoot, name: MANIFEST, read: readRawManifest },
  'NDJSON manifest': { root: ndjsonRoot, name: MANIFEST, read: readNdjsonManifest },
  journal: { root: rawRoot, name: JOURNAL, read: readJournal },
} as const;

describe.each(Object.entries(FILES))('a %s', (kind, { root, name, read }) => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = path.join(root(dataDir), RUN);
    file = path.join(folder, name);
  });

  const isJournal = kind === 'journal';
  const readSound = async () => {
    const text = await readFile(file, 'utf8');
    return JSON.parse(isJournal ? (text.split('\n')[0] ?? '') : text) as Record<string, unknown>;
  };
  const write = (text: string) => writeFile(file, isJournal ? `${text}\n` : text);
  const refusal = async (): Promise<ArchiveError> => {
    const error: unknown = await read(folder).then(
      () => new Error('it was read'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ArchiveError)) throw error;
    expect(error.message.startsWith(`${file} is damaged: `)).toBe(true);
    return error;
  };

  test('is read when it is sound', async () => {
    await read(folder);
  });

  test('is refused without any one of its fields', async () => {
    const optional = ['apiVersion', 'objects', 'drift', 'rejectsSha256'];
    const sound = await readSound();
    for (const key of Object.keys(sound).filter((key) => !optional.includes(key))) {
      const { [key]: _, ...rest } = sound;
      await write(JSON.stringify(rest));
      expect((await refusal()).message).toContain(`${key} is missing`);
    }
  });

  test('with anything in place of a field is read or refused, and changes no other object', async () => {
    const sound = await readSound();
    const key = fc.constantFrom(...Object.keys(sound), '__proto__', 'constructor', 'toString');
    await fc.assert(
      fc.asyncProperty(key, fc.jsonValue(), async (field, value) => {
        const entries = Object.entries({ ...sound, [field]: value });
        // Written by hand: an object literal would take `__proto__` for its prototype.
        const text = [...entries, [field, value]]
          .map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`)
          .join(',');
        await write(`{${text}}`);
        const result: unknown = await Promise.resolve(read(folder)).catch((error) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(ArchiveError);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('of 100,000 levels is refused', async () => {
    for (const [start, end] of [
      ['[', ']'],
      ['{"run":', '}'],
    ] as const) {
      // The long number asks for the exact way of parsing.
      await write(`${start.repeat(1e5)}12345678901234567890${end.repeat(1e5)}`);
      await refusal();
    }
  });

  test('of a gigabyte is refused before it is held', async () => {
    const handle = await open(file, 'w');
    await handle.truncate(2 ** 30);
    await handle.close();
    const before = process.memoryUsage().rss;
    await refusal();
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});

test.each([
  '../engagements-000001.json',
  '/etc/passwd',
  '..',
  '.hidden',
  '_pages.ndjson',
  'a/b.json',
  'a\\b.json',
  'a\0.json',
  '',
  'x'.repeat(300),
])('a page or a part named %j is refused: it could be elsewhere', async (name) => {
  const raw = path.join(rawRoot(dataDir), RUN);
  const [line = ''] = (await readFile(path.join(raw, JOURNAL), 'utf8')).split('\n');
  const entry = JSON.parse(line);
  for (const change of [
    { file: name },
    { stream: name },
    { completes: { file: name, part: 'properties', kind: null } },
  ]) {
    await writeFile(path.join(raw, JOURNAL), `${JSON.stringify({ ...entry, ...change })}\n`);
    await expect(readJournal(raw)).rejects.toThrow(ArchiveError);
    await expect(openJournal(raw)).rejects.toThrow(ArchiveError);
  }
  const ndjson = path.join(ndjsonRoot(dataDir), RUN);
  const manifest = await readNdjsonManifest(ndjson);
  const parts = manifest.parts.map((part) => ({ ...part, file: name }));
  await writeFile(path.join(ndjson, MANIFEST), JSON.stringify({ ...manifest, parts }));
  await expect(readNdjsonManifest(ndjson)).rejects.toThrow('parts is wrong');
});

test('a plan or a manifest of another run is refused', async () => {
  const other = path.join(rawRoot(dataDir), '2026/11/24/042211Z-full');
  await mkdir(other);
  for (const [name, read] of [
    [PLAN, readPlan],
    [MANIFEST, readRawManifest],
  ] as const) {
    await cp(path.join(rawRoot(dataDir), RUN, name), path.join(other, name));
    await expect(read(other)).rejects.toThrow(
      `${other}/${name} is damaged: it belongs to run ${RUN}`,
    );
  }
});
