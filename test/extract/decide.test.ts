import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawManifest, RunPlan } from '../../src/archive/manifest.ts';
import type { Mode } from '../../src/archive/runs.ts';
import type { RawRun } from '../../src/archive/state.ts';
import {
  coveredUntil,
  decide,
  OVERLAP_MS,
  toReach,
  type Wishes,
} from '../../src/extract/decide.ts';
import { OBJECT_TYPE_NAMES } from '../../src/model/object-types.ts';
import type { Api } from '../../src/model/row.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = new Date('2026-11-24T00:00:00.000Z');

const PLAIN: Wishes = {
  full: false,
  since: null,
  api: null,
  defaultApi: 'v1',
  types: null,
  fullEveryDays: 30,
};

/** An instant so many hours before {@link NOW}. */
const ago = (hours: number): string => new Date(NOW.getTime() - hours * HOUR).toISOString();

interface RunSpec {
  state?: RawRun['state'];
  mode?: Mode;
  api?: Api;
  /** Hours before {@link NOW}. */
  started: number;
  from?: string;
  to?: string | null;
}

/** A run, named by when it started. */
function run({ state = 'complete', mode, api = 'v1', started, from, to = null }: RunSpec): RawRun {
  const window = from === undefined ? null : { from, to };
  const name = `${started} hours ago`;
  const plan = { run: name, mode: mode ?? (window === null ? 'full' : 'changes'), api, window };
  return state === 'complete'
    ? {
        run: name,
        folder: name,
        state,
        manifest: { ...plan, startedAt: ago(started) } as RawManifest,
      }
    : { run: name, folder: name, state, plan: plan as RunPlan };
}

const decideNow = (runs: RawRun[], wishes: Partial<Wishes> = {}) =>
  decide(runs, { ...PLAIN, ...wishes }, NOW);
const changesSince = (from: string) => ({
  kind: 'start',
  mode: 'changes',
  window: { from, to: null },
});

describe('with no options', () => {
  test('an empty archive gets a full run', () => {
    expect(decideNow([])).toEqual({
      kind: 'start',
      mode: 'full',
      api: 'v1',
      window: null,
      abandon: [],
      why: 'there is no complete one yet',
    });
  });

  test('after a full run: the changes since its start, an hour earlier', () => {
    expect(decideNow([run({ started: 24 })])).toMatchObject(changesSince(ago(25)));
  });

  test('changes that join extend what is covered', () => {
    const runs = [run({ started: 48 }), run({ started: 24, from: ago(49) })];
    expect(decideNow(runs)).toMatchObject(changesSince(ago(25)));
  });

  test('changes that leave a hole extend nothing', () => {
    const runs = [run({ started: 48 }), run({ started: 24, from: ago(47) })];
    expect(decideNow(runs)).toMatchObject(changesSince(ago(49)));
  });

  test('a window that ended early covers no more than itself', () => {
    const runs = [run({ started: 48 }), run({ started: 24, from: ago(49), to: ago(40) })];
    expect(decideNow(runs)).toMatchObject(changesSince(ago(41)));
  });

  test('changes alone, without any full run, cover nothing', () => {
    expect(decideNow([run({ started: 24, from: ago(99) })])).toMatchObject({ mode: 'full' });
  });

  test('an interrupted run is gone on with', () => {
    const runs = [run({ started: 48 }), run({ state: 'interrupted', started: 2, from: ago(49) })];
    expect(decideNow(runs)).toEqual({
      kind: 'resume',
      run: '2 hours ago',
      why: 'it was interrupted',
    });
  });

  test('an abandoned run is nothing', () => {
    const runs = [run({ started: 48 }), run({ state: 'abandoned', started: 2 })];
    expect(decideNow(runs)).toMatchObject({ ...changesSince(ago(49)), abandon: [] });
  });

  test('a full run older than --full-every is made anew; never means never', () => {
    const runs = [run({ started: 31 * 24 }), run({ started: 24, from: ago(31 * 24 + 1) })];
    expect(decideNow(runs)).toMatchObject({
      mode: 'full',
      why: 'the last one is older than 30 days',
    });
    expect(decideNow(runs, { fullEveryDays: 32 })).toMatchObject(changesSince(ago(25)));
    expect(decideNow(runs, { fullEveryDays: null })).toMatchObject(changesSince(ago(25)));
  });
});

describe('what is asked for', () => {
  const done = run({ started: 24 });
  const half = run({ state: 'interrupted', started: 2, from: ago(25) });

  test('--full makes a full run, and abandons interrupted changes', () => {
    expect(decideNow([done, half], { full: true })).toMatchObject({
      kind: 'start',
      mode: 'full',
      abandon: ['2 hours ago'],
    });
  });

  test('--full goes on with an interrupted full run', () => {
    const runs = [done, run({ state: 'interrupted', started: 2 })];
    expect(decideNow(runs, { full: true })).toMatchObject({ kind: 'resume', run: '2 hours ago' });
  });

  test('--since asks for these changes, and goes on with them alone', () => {
    const since = ago(100);
    expect(decideNow([done, half], { since })).toMatchObject({
      ...changesSince(since),
      abandon: ['2 hours ago'],
    });
    const runs = [done, run({ state: 'interrupted', started: 2, from: since })];
    expect(decideNow(runs, { since })).toMatchObject({ kind: 'resume' });
  });

  test('--since does so in an empty archive, too', () => {
    expect(decideNow([], { since: ago(5) })).toMatchObject(changesSince(ago(5)));
  });

  test('--api abandons an interrupted run of the other', () => {
    expect(decideNow([done, half], { api: 'objects' })).toMatchObject({
      kind: 'start',
      api: 'objects',
      abandon: ['2 hours ago'],
    });
    expect(decideNow([done, half], { api: 'v1' })).toMatchObject({ kind: 'resume' });
  });

  test('the default API does not abandon an interrupted run of the other', () => {
    expect(decideNow([done, half], { defaultApi: 'objects' })).toMatchObject({ kind: 'resume' });
  });
});

describe('with two APIs', () => {
  test('by objects goes on where v1 stopped', () => {
    expect(decideNow([run({ started: 24 })], { api: 'objects' })).toMatchObject({
      ...changesSince(ago(25)),
      api: 'objects',
    });
  });

  test('v1 sees what objects does not: its changes begin where v1 stopped', () => {
    const runs = [run({ started: 48 }), run({ started: 24, from: ago(49), api: 'objects' })];
    expect(decideNow(runs, { api: 'v1' })).toMatchObject(changesSince(ago(49)));
    expect(decideNow(runs, { api: 'objects' })).toMatchObject(changesSince(ago(25)));
  });

  /** A run by the objects API that asked for these types alone. */
  const runOf = (types: string[], spec: RunSpec): RawRun => {
    const made = run({ ...spec, api: 'objects' });
    const objects = {
      portalId: 7,
      properties: Object.fromEntries(types.map((type) => [type, []])),
    };
    return made.state === 'complete'
      ? { ...made, manifest: { ...made.manifest, objects } }
      : { ...made, plan: { ...made.plan, objects } };
  };

  test('a type that was left out is not forgotten: its changes since then are due', () => {
    const runs = [
      run({ started: 48, api: 'objects' }),
      runOf(['calls'], { started: 24, from: ago(49) }),
    ];
    expect(decideNow(runs, { api: 'objects' })).toMatchObject(changesSince(ago(49)));
    expect(decideNow(runs, { api: 'objects', types: ['calls'] })).toMatchObject(
      changesSince(ago(25)),
    );
  });

  test('a type that was never fetched makes the next run a full one', () => {
    const runs = [runOf(['calls', 'notes'], { started: 48 })];
    expect(decideNow(runs, { api: 'objects' })).toMatchObject({ mode: 'full' });
    expect(decideNow(runs, { api: 'objects', types: ['notes'] })).toMatchObject(
      changesSince(ago(49)),
    );
    expect(decideNow(runs, { api: 'v1' })).toMatchObject({ mode: 'full' });
  });

  test('an interrupted run of other types is not gone on with', () => {
    const runs = [runOf(['calls', 'emails'], { started: 1, state: 'interrupted' })];
    const abandon = [runs[0]?.run];
    expect(decideNow(runs, { types: ['calls'], defaultApi: 'objects' })).toMatchObject({
      kind: 'start',
      abandon,
    });
    const byV1 = [run({ started: 1, state: 'interrupted' })];
    expect(decideNow(byV1, { types: ['calls'], defaultApi: 'objects' })).toMatchObject({
      kind: 'resume',
    });
    for (const types of [null, ['emails', 'calls']] as Wishes['types'][]) {
      expect(decideNow(runs, { types })).toMatchObject({ kind: 'resume' });
    }
  });

  test('after objects alone, v1 begins in full', () => {
    const runs = [run({ started: 48, api: 'objects' })];
    expect(decideNow(runs, { api: 'v1' })).toMatchObject({ mode: 'full', api: 'v1' });
  });

  test('a full run by objects does not make the last one by v1 younger', () => {
    const runs = [run({ started: 40 * 24 }), run({ started: 24, api: 'objects' })];
    expect(decideNow(runs, { api: 'v1' })).toMatchObject({ mode: 'full' });
    expect(decideNow(runs, { api: 'objects' })).toMatchObject({ mode: 'changes' });
  });
});

test('covered is nothing in an empty archive', () => {
  expect(coveredUntil([], toReach('v1', null))).toBeNull();
});

/** What an edited engagement is: of a type of the objects API, or of one that only v1 returns. */
type Kind = 'v1' | 'calls' | 'emails';

/** An edit of an engagement, and the ms when it was made. */
interface Edit {
  kind: Kind;
  at: number;
}

/** What the operator does next. */
interface Act {
  /** Hours since the act before. */
  later: number;
  full: boolean;
  /** Hours back; null: not given. */
  since: number | null;
  api: Api | null;
  defaultApi: Api;
  types: Wishes['types'];
  fullEveryDays: number | null;
  /** Whether the run is killed before it is complete. */
  killed: boolean;
  /** Edits since the act before: the share of the time between when each is made. */
  edits: { kind: Kind; when: number }[];
}

const anyApi = fc.constantFrom<Api>('v1', 'objects');
const act: fc.Arbitrary<Act> = fc.record({
  later: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 5, max: 1_000 })),
  full: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
  since: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 3 }),
  api: fc.option(anyApi, { freq: 2 }),
  defaultApi: anyApi,
  types: fc.constantFrom<Wishes['types']>(null, null, ['calls'], ['calls', 'emails']),
  fullEveryDays: fc.constantFrom(30, 3, null),
  killed: fc.boolean(),
  edits: fc.array(
    fc.record({
      kind: fc.constantFrom<Kind>('v1', 'calls', 'emails'),
      when: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    {
      maxLength: 4,
    },
  ),
});

/** Whether a complete run was bound to see an edit. An edit is in the index an hour later, at the latest. */
function saw({ manifest }: { manifest: RawManifest }, { kind, at }: Edit): boolean {
  if (manifest.api === 'objects' && !manifest.objects?.properties[kind]) return false;
  const started = Date.parse(manifest.startedAt);
  if (manifest.window === null) return at <= started;
  return at >= Date.parse(manifest.window.from) && at <= started - OVERLAP_MS;
}

test('whatever was done before, after a plain extract that begins a run no edit is missing', () => {
  fc.assert(
    fc.property(
      fc.array(act, { minLength: 2, maxLength: 14, size: 'max' }),
      anyApi,
      fc.constantFrom<Wishes['types']>(null, ['calls']),
      (acts, api, last) => {
        let now = NOW.getTime();
        const edits: Edit[] = [];
        let runs: RawRun[] = [];

        /** Does it, and returns the run that is complete by now. */
        const extract = (
          wishes: Wishes,
          killed: boolean,
        ): (RawRun & { state: 'complete' }) | undefined => {
          const decision = decide(runs, wishes, new Date(now));
          if (decision.kind === 'start') {
            const { mode, window, api, abandon } = decision;
            const name = String(runs.length);
            const startedAt = new Date(now).toISOString();
            const properties = (wishes.types ?? OBJECT_TYPE_NAMES).map((type) => [type, []]);
            const objects = api === 'objects' && { properties: Object.fromEntries(properties) };
            const plan = { run: name, mode, api, window, startedAt } as unknown as RunPlan;
            if (objects) Object.assign(plan, { objects });
            runs = runs.map((each) =>
              each.state === 'interrupted' && abandon.includes(each.run)
                ? { ...each, state: 'abandoned' }
                : each,
            );
            runs = [...runs, { run: name, folder: name, state: 'interrupted', plan }];
          }
          if (killed) return undefined;
          const name = decision.kind === 'resume' ? decision.run : String(runs.length - 1);
          runs = runs.map((each) =>
            each.run === name && each.state !== 'complete'
              ? { run: name, folder: name, state: 'complete', manifest: each.plan as RawManifest }
              : each,
          );
          const done = runs.find((each) => each.run === name);
          return decision.kind === 'start' && done?.state === 'complete' ? done : undefined;
        };

        const final: Act = {
          ...(acts[0] as Act),
          full: false,
          since: null,
          api: null,
          defaultApi: api,
          types: last,
          killed: false,
        };
        // The last but one goes on with what may be interrupted.
        for (const { later, killed, edits: made, since, ...wishes } of [...acts, final, final]) {
          edits.push(
            ...made.map(({ kind, when }) => ({
              kind,
              at: now + Math.floor(when * later * HOUR),
            })),
          );
          now += later * HOUR;
          const from = since === null ? null : new Date(now - since * HOUR).toISOString();
          const plain = !wishes.full && since === null && wishes.api === null;
          const done = extract({ ...wishes, since: from }, killed);
          if (!plain || done === undefined) continue;
          const complete = runs.filter((each) => each.state === 'complete');
          const { api: doneBy, objects } = done.manifest;
          const due = edits.filter(
            ({ kind, at }) =>
              (doneBy === 'v1' || objects?.properties[kind] !== undefined) &&
              at <= Date.parse(done.manifest.startedAt) - OVERLAP_MS,
          );
          for (const edit of due) expect(complete.some((each) => saw(each, edit))).toBe(true);
        }
        // The very last one began a run, or the property would be empty.
        expect(runs.some(({ state }) => state === 'complete')).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a full run is never older than --full-every when a plain extract is done', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 40, size: 'max' }),
      (daysLater) => {
        let hours = 5_000 * 24;
        const runs: RawRun[] = [];
        for (const days of daysLater) {
          hours -= days * 24;
          const now = new Date(NOW.getTime() - hours * HOUR);
          const decision = decide(runs, PLAIN, now);
          if (decision.kind !== 'start') throw new Error('nothing was interrupted');
          const from = decision.window?.from;
          runs.push(run({ started: hours, ...(from === undefined ? {} : { from }) }));
          const fulls = runs.flatMap((each) =>
            each.state === 'complete' && each.manifest.mode === 'full' ? [each.manifest] : [],
          );
          const age = now.getTime() - Date.parse(fulls.at(-1)?.startedAt ?? '');
          expect(age).toBeLessThanOrEqual(30 * DAY);
        }
      },
    ),
  );
});
