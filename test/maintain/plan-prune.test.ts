import { describe, expect, test } from 'vitest';
import { type PrunableRun, planPrune } from '../../src/maintain/plan-prune.ts';

/** `05-full` is a loaded, complete run by v1 of that day. */
const toRun = (name: string, change: Partial<PrunableRun> = {}): PrunableRun => {
  const [day, mode] = name.split('-') as [string, PrunableRun['mode']];
  const run = `2026/11/${day}/000000Z-${mode}`;
  return { run, mode, api: 'v1', complete: true, loaded: true, ...change };
};
const names = (runs: readonly string[]) =>
  runs.map((run) => `${run.slice(8, 10)}-${run.slice(19)}`);
const ALL = { before: '2027/01/01' };

describe('removed are', () => {
  const usual = ['01-full', '02-changes', '03-full', '04-changes', '05-full', '06-changes'];

  test('loaded runs before the last full run that is loaded', () => {
    const plan = planPrune(
      usual.map((name) => toRun(name)),
      ALL,
    );
    expect(names(plan.remove)).toEqual(usual.slice(0, 4));
    expect(plan.keep.map(({ run, why }) => [names([run])[0], why])).toEqual([
      ['05-full', 'no later full run that is loaded supersedes it'],
      ['06-changes', 'no later full run that is loaded supersedes it'],
    ]);
  });

  test.each([
    [{ keepRuns: 1 }, 4],
    [{ keepRuns: 3 }, 3],
    [{ keepRuns: 4 }, 2],
    [{ keepRuns: 6 }, 0],
    [{ keepRuns: 60 }, 0],
    [{ before: '2026/11/03' }, 2],
    [{ before: '2026/11/04' }, 3],
    [{ before: '2020/01/01' }, 0],
  ])('of these, as %j asks, %i', (range, count) => {
    const { remove } = planPrune(
      usual.map((name) => toRun(name)),
      range,
    );
    expect(names(remove)).toEqual(usual.slice(0, count));
  });

  test.each<[string, Partial<PrunableRun>]>([
    ['not complete', { complete: false }],
    ['not loaded', { loaded: false }],
  ])('none for the sake of a full run that is %s', (_, change) => {
    const runs = [toRun('01-full'), toRun('02-changes'), toRun('03-full', change)];
    expect(planPrune(runs, ALL).remove).toEqual([]);
  });

  test.each<[string, Partial<PrunableRun>, string]>([
    ['is not complete', { complete: false, loaded: false }, 'it is not complete'],
    ['is not loaded', { loaded: false }, 'it is not loaded'],
  ])('no run that %s', (_, change, why) => {
    const plan = planPrune([toRun('01-full', change), toRun('03-full')], ALL);
    expect(plan).toMatchObject({ remove: [], keep: [{ why }, {}] });
  });

  test('no run by v1 for the sake of one by the objects API, which lacks types', () => {
    const objects = { api: 'objects' } as const;
    const runs = (last: Partial<PrunableRun>, first: Partial<PrunableRun>) =>
      planPrune([toRun('01-full', first), toRun('03-full', last)], ALL).remove.length;
    expect([runs(objects, {}), runs({}, objects), runs(objects, objects)]).toEqual([0, 1, 1]);
  });
});
