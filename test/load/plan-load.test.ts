import { expect, test } from 'vitest';
import type { NdjsonManifest } from '../../src/archive/manifest.ts';
import { planLoad, type RunRange } from '../../src/load/plan-load.ts';

const A = '2026/11/01/010000Z-full';
const B = '2026/11/01/020000Z-changes';
const C = '2026/11/02/010000Z-changes';
const D = '2026/11/03/010000Z-changes';

function plan(runs: string[], ledger: string[], replay?: RunRange) {
  const manifest = {} as NdjsonManifest;
  const { merge, alreadyMerged, leftOut } = planLoad(
    runs.map((run) => ({ run, folder: run, manifest, sha256: `sha of ${run}` })),
    ledger.map((run) => ({ run, ndjson_sha256: `sha of ${run}` })),
    replay,
  );
  return { merge: merge.map(({ run }) => run), alreadyMerged, leftOut };
}

test('takes what the ledger lacks, oldest first', () => {
  expect(plan([A, B, C], [A])).toEqual({ merge: [B, C], alreadyMerged: 1, leftOut: [] });
  expect(plan([], [A])).toEqual({ merge: [], alreadyMerged: 0, leftOut: [] });
  expect(plan([A, B], [A, B])).toEqual({ merge: [], alreadyMerged: 2, leftOut: [] });
});

test('leaves out an unmerged run that is older than a merged one', () => {
  expect(plan([A, B, C], [B])).toEqual({ merge: [C], alreadyMerged: 1, leftOut: [A] });
});

test('takes a run again that was transformed anew, however old', () => {
  const manifest = {} as NdjsonManifest;
  const again = { run: A, folder: A, manifest, sha256: 'another' };
  const ledger = [A, C].map((run) => ({ run, ndjson_sha256: `sha of ${run}` }));
  expect(planLoad([again], ledger)).toEqual({
    merge: [again],
    remade: 1,
    alreadyMerged: 0,
    leftOut: [],
  });
});

test.each<[string, RunRange, string[]]>([
  ['from a day', { from: '2026/11/02' }, [C, D]],
  ['from a run', { from: B }, [B, C, D]],
  ['to a day, the whole of it', { from: '2026/11/01', to: '2026/11/01' }, [A, B]],
  ['to a run', { from: '2026/11/01', to: B }, [A, B]],
  ['one run', { from: C, to: C }, [C]],
  ['from a run to its day', { from: B, to: '2026/11/01' }, [B]],
  ['days without runs', { from: '2026/12/01' }, []],
])('replays %s', (_name, replay, merge) => {
  expect(plan([A, B, C, D], [A, B, C, D], replay)).toEqual({
    merge,
    alreadyMerged: 0,
    leftOut: [],
  });
});

test('a replay leaves out older unmerged runs, and takes the unmerged ones before those asked for', () => {
  expect(plan([A, B], [B], { from: A })).toEqual({ merge: [B], alreadyMerged: 0, leftOut: [A] });
  expect(plan([A, B, C, D], [A], { from: C, to: C })).toEqual({
    merge: [B, C],
    alreadyMerged: 0,
    leftOut: [],
  });
});
