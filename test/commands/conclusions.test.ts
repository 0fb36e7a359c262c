import { expect, test } from 'vitest';
import type { RawManifest } from '../../src/archive/manifest.ts';
import { concludeExtract } from '../../src/commands/extract.ts';
import { concludeLoad } from '../../src/commands/load.ts';
import { concludeTransform } from '../../src/commands/transform.ts';
import { toLogLines, toSummary } from '../../src/terminal/conclusion.ts';

const run = '2026/11/24/015000Z-full';
const types = { CALL: 1_257, EMAIL: 26_718, MEETING: 27, NOTE: 1_213, SMS: 9, TASK: 825, X: 3 };
const conclude = (manifest: Partial<RawManifest>, { resumedPages = 0, limited = 0 } = {}) =>
  concludeExtract({
    manifest: {
      mode: 'full',
      run,
      records: 30_167,
      pages: 121,
      bytes: 131e6,
      types,
      demo: false,
      ...manifest,
    } as RawManifest,
    folder: `/srv/job/data/raw/engagements/${run}`,
    resumedPages,
    counts: { requests: 121, limited },
    durationMs: 5_800,
  });

test('a terminal is told whose records there are, how many of which types, and where', () => {
  const conclusion = conclude({ portalId: 62515 }, { resumedPages: 53, limited: 5 });
  expect(
    toSummary(conclusion, 'make load'),
  ).toBe(`extract: 30,167 records of portal 62515 (53 pages fetched earlier) in 5.8 s
  121 pages, 131 MB
  EMAIL 26,718, CALL 1,257, NOTE 1,213, TASK 825, MEETING 27, SMS 9,
  and 1 more type
  121 requests, 5 rate-limited
  in /srv/job/data/raw/engagements/2026/11/24/015000Z-full
  next: make load`);
  expect(toSummary(conclude({}), undefined)).toMatch(
    /\n {2}121 requests, none rate-limited\n.*-full$/,
  );
});

test('a log gets one line: what changed, how long it took, the run', () => {
  expect(toLogLines(conclude({ mode: 'changes', records: 302 }))).toEqual([
    'extract 302 changed in 5.8 s, run 2026/11/24/015000Z-full',
  ]);
});

test('a run without records names no portal that it does not know, and no types', () => {
  const empty = { records: 0, pages: 1, bytes: 30, types: {}, portalId: null };
  expect(toSummary(conclude(empty), undefined).split('\n').slice(0, 3)).toEqual([
    'extract: 0 records of the portal in 5.8 s',
    '  1 page, 30 B',
    '  121 requests, none rate-limited',
  ]);
  expect(conclude({ ...empty, demo: true }).done).toBe('0 records of the demo portal');
});

test('where nothing is to do, transform and load say so, and what comes first', () => {
  const none = { durationMs: 0 };
  const nothing = concludeTransform({ ...none, runs: [], skipped: 0 }, '/srv/job/data');
  expect(nothing).toMatchObject({
    done: 'nothing to do, as no run is complete yet',
    next: 'extract',
  });
  expect(toLogLines(nothing)).toEqual(['transform nothing to do, as no run is complete yet']);
  const written = { rows: 0, deletions: 0, links: 0, removed: 0 };
  const load = { ...none, merged: [], replayed: 0, written };
  expect(concludeLoad({ ...load, alreadyMerged: 0 }, 'here')).toMatchObject({
    done: 'nothing to do, as no run is normalized yet',
    next: 'transform',
  });
  expect(concludeLoad({ ...load, alreadyMerged: 2 }, 'here').done).toBe(
    'nothing to do, 2 runs loaded already',
  );
});

test('transform warns of redacted e-mails and of bytes that are not UTF-8, and only then, in logs as well', () => {
  const concludeOf = (redacted: number, invalidUtf8 = 0) =>
    concludeTransform(
      {
        runs: [
          {
            run,
            records: 2_000,
            rows: 1_999,
            rejects: 1,
            replacedCharacters: 0,
            invalidUtf8,
            redacted,
            bytes: 90,
            drift: [],
            unknownStreams: {},
            durationMs: 10,
          },
        ],
        skipped: 0,
        durationMs: 10,
      },
      '/data/ndjson',
    );
  expect(toLogLines(concludeOf(0))).toEqual([
    `transform 1,999 rows of 1 run, 1 rejected in 0.0 s, run ${run}`,
  ]);
  const warning =
    'warning: 1,500 e-mails came without contents; give the app the scope sales-email-read, then extract --full';
  expect(toLogLines(concludeOf(1_500))[1]).toBe(`transform ${warning}`);
  expect(toSummary(concludeOf(1_500), undefined)).toContain(`\n  ${warning}`);
  expect(toLogLines(concludeOf(0, 2))[1]).toBe(
    'transform warning: 2 characters came in bytes that are not UTF-8 and became U+FFFD; the raw pages keep the bytes',
  );
});
