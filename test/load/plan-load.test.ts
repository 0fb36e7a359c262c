import { expect, test } from 'vitest';
import type { NdjsonManifest } from '../../src/archive/manifest.ts';
import { type LoadWishes, planLoad } from '../../src/load/plan-load.ts';

const A = '2026/11/01/010000Z-full';
const B = '2026/11/01/020000Z-changes';
const C = '2026/11/02/010000Z-changes';
const D = '2026/11/03/010000Z-changes';

/** A run written with a star is one that was made anew since it was merged. */
function plan(runs: string[], ledger: string[], wishes?: LoadWishes) {
  const manifest = {} as NdjsonManifest;
  const { suffix, due, continues, missing } = planLoad(
    runs.map((name) => {
      const run = name.replace('*', '');
      return { run, folder: run, manifest, sha256: `sha of ${name}` };
    }),
    ledger.map((run) => ({ run, ndjson_sha256: `sha of ${run}` })),
    wishes,
  );
  return { suffix: suffix.map(({ run }) => run), due: [...due], continues, missing };
}

test('new runs are folded upon the tables', () => {
  const rest = { continues: true, missing: [] };
  expect(plan([A, B, C], [A])).toEqual({ suffix: [B, C], due: [B, C], ...rest });
  expect(plan([A, B], [A, B])).toEqual({ suffix: [], due: [], ...rest });
  expect(plan([A, B], [])).toEqual({ suffix: [A, B], due: [A, B], ...rest });
  expect(plan([], [])).toEqual({ suffix: [], due: [], ...rest });
});

test('pruned runs do not matter to new ones', () => {
  expect(plan([C, D], [A, B, C])).toEqual({
    suffix: [D],
    due: [D],
    continues: true,
    missing: [A, B],
  });
});

test('with a run that appears late, or was made anew, all are folded', () => {
  const rest = { continues: false, missing: [] };
  expect(plan([A, B, C], [A, C])).toEqual({ suffix: [A, B, C], due: [B], ...rest });
  expect(plan([A, `${B}*`, C, D], [A, B, C])).toEqual({
    suffix: [A, B, C, D],
    due: [B, D],
    ...rest,
  });
  expect(plan([A, `${B}*`], [A, B])).toEqual({ suffix: [A, B], due: [B], ...rest });
});

test('where others were pruned, it is folded upon the tables, and what follows it again', () => {
  expect(plan([B, C, D], [A, C, D])).toEqual({
    suffix: [B, C, D],
    due: [B],
    continues: true,
    missing: [A],
  });
});

test.each<[string, string, string[]]>([
  ['a day', '2026/11/02', [C, D]],
  ['a run', B, [B, C, D]],
  ['the beginning', '2026', [A, B, C, D]],
  ['a day without runs', '2026/12/01', []],
])('replays from %s to the newest', (_name, from, suffix) => {
  expect(plan([A, B, C, D], [A, B, C, D], { from })).toEqual({
    suffix,
    due: [],
    continues: true,
    missing: [],
  });
});

test('a replay begins with a new run before it', () => {
  expect(plan([A, B, C, D], [A], { from: C }).suffix).toEqual([B, C, D]);
  expect(plan([A, B, C], [A, B], { from: A }).suffix).toEqual([A, B, C]);
});

test('a rebuild folds all, and says what is missing', () => {
  expect(plan([B, C], [A, B, C], { rebuild: true })).toEqual({
    suffix: [B, C],
    due: [],
    continues: false,
    missing: [A],
  });
});
