import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunPlan, readRawManifest, writePlan } from '../../src/archive/manifest.ts';
import { type RunId, rawRoot, runMode } from '../../src/archive/runs.ts';
import {
  type ArchiveState,
  assertSamePortal,
  readArchiveState,
  toPlan,
} from '../../src/archive/state.ts';
import { GuardRefused } from '../../src/errors.ts';
import { toPage, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

const toFolder = (run: RunId): string => path.join(rawRoot(dataDir), run);

async function makeFolder(run: RunId): Promise<string> {
  await mkdir(toFolder(run), { recursive: true });
  return toFolder(run);
}

async function writeInterrupted(run: RunId, change: Partial<RunPlan> = {}): Promise<RunPlan> {
  const folder = await makeFolder(run);
  const base = { format: 1, api: 'v1', demo: false, window: null } as const;
  const plan: RunPlan = { ...base, run, mode: runMode(run), ...change };
  await writePlan(folder, plan);
  return plan;
}

test('an archive that is not there has no runs and belongs to nobody', async () => {
  const state = { runs: [], portalId: null, demo: null };
  expect(await readArchiveState(dataDir)).toEqual(state);
  await makeFolder('2026/11/01/000000Z-full');
  expect(await readArchiveState(dataDir)).toEqual(state);
});

test('each run and where it stands, oldest first', async () => {
  const complete = '2026/11/02/000000Z-full';
  await writeRawRun(dataDir, complete, [toPage([])]);
  const interrupted = await writeInterrupted('2026/11/04/000000Z-changes', {
    window: { from: '2026-11-01T23:00:00.000Z', to: null },
  });
  const abandoned = await writeInterrupted('2026/11/03/000000Z-full');
  await writeFile(path.join(toFolder(abandoned.run), '_abandoned.json'), '{}');
  await makeFolder('2026/11/05/000000Z-full');

  const state = await readArchiveState(dataDir);
  const manifest = await readRawManifest(toFolder(complete));
  expect(state).toEqual({
    runs: [
      { run: complete, folder: toFolder(complete), state: 'complete', manifest },
      { run: abandoned.run, folder: toFolder(abandoned.run), state: 'abandoned', plan: abandoned },
      {
        run: interrupted.run,
        folder: toFolder(interrupted.run),
        state: 'interrupted',
        plan: interrupted,
      },
    ],
    portalId: 62515,
    demo: false,
  });
  expect(state.runs.map(toPlan)).toEqual([manifest, abandoned, interrupted]);
});

test('a complete run that saw no record does not tell the portal; a later one does', async () => {
  await writeRawRun(dataDir, '2026/11/02/000000Z-full', [toPage([])], { portalId: null });
  expect((await readArchiveState(dataDir)).portalId).toBeNull();
  await writeRawRun(dataDir, '2026/11/03/000000Z-full', [toPage([])], { portalId: 7 });
  expect((await readArchiveState(dataDir)).portalId).toBe(7);
});

test('an interrupted run tells whether it is the demo portal', async () => {
  await writeInterrupted('2026/11/04/000000Z-full', { demo: true });
  expect(await readArchiveState(dataDir)).toMatchObject({ portalId: null, demo: true });
});

describe('damage is named', () => {
  const run = '2026/11/04/000000Z-full';
  test.each([
    ['_plan.json', '', 'is damaged: it is not JSON'],
    ['_plan.json', '[]', 'is damaged: it is not an object'],
    ['_manifest.json', '{"format":1', 'is damaged: it is not JSON'],
    ['_manifest.json', 'null', 'is damaged: it is not an object'],
    ['_manifest.json', '{"format":1}', 'is damaged: run is missing'],
    ['_manifest.json', `{"run":"${run}"}`, 'is damaged: format is missing'],
    ['_manifest.json', `{"format":2,"run":"x"}`, 'has format 2; this version reads format 1'],
  ])('%s with %j', async (name, content, message) => {
    const file = path.join(await makeFolder(run), name);
    await writeFile(file, content);
    await expect(readArchiveState(dataDir)).rejects.toMatchObject({
      exitCode: 4,
      message: `${file} ${message}`,
    });
  });
});

describe('an archive belongs to one portal', () => {
  const state = (portalId: number | null, demo: boolean | null): ArchiveState => ({
    runs: [],
    portalId,
    demo,
  });
  test.each<[ArchiveState, { demo: boolean; portalId: number | null }]>([
    [state(null, null), { demo: true, portalId: null }],
    [state(null, null), { demo: false, portalId: 7 }],
    [state(null, false), { demo: false, portalId: 7 }],
    [state(7, false), { demo: false, portalId: null }],
    [state(7, false), { demo: false, portalId: 7 }],
    [state(62515, true), { demo: true, portalId: 62515 }],
  ])('%j takes %j', (archive, source) => {
    expect(() => assertSamePortal(archive, source, '/data')).not.toThrow();
  });
  test.each<[ArchiveState, { demo: boolean; portalId: number | null }, string]>([
    [
      state(62515, true),
      { demo: false, portalId: null },
      "the archive in /data holds the demo portal's data, which never mixes with real data",
    ],
    [
      state(null, false),
      { demo: true, portalId: null },
      "the archive in /data holds a real portal's data, which never mixes with the demo portal's",
    ],
    [
      state(7, false),
      { demo: false, portalId: 8 },
      'the archive in /data belongs to portal 7; this token is for portal 8',
    ],
  ])('%j refuses %j', (archive, source, message) => {
    const refuse = () => assertSamePortal(archive, source, '/data');
    expect(refuse).toThrow(GuardRefused);
    expect(refuse).toThrow(expect.objectContaining({ message, exitCode: 6 }));
  });
});
