import { expect, test } from 'vitest';
import type { RawManifest } from '../../src/archive/manifest.ts';
import { summarizeExtract } from '../../src/commands/extract.ts';
import { summarizeLoad } from '../../src/commands/load.ts';
import { summarizeTransform } from '../../src/commands/transform.ts';

const types = { CALL: 1_257, EMAIL: 26_718, MEETING: 27, NOTE: 1_213, SMS: 9, TASK: 825, X: 3 };
const summarize = (manifest: Partial<RawManifest>, resumedPages = 0) =>
  summarizeExtract({
    manifest: {
      records: 30_167,
      pages: 121,
      bytes: 131e6,
      types,
      demo: false,
      ...manifest,
    } as RawManifest,
    folder: '/srv/job/data/raw/engagements/2026/11/24/015000Z-full',
    resumedPages,
    counts: { requests: 121, limited: 5 },
    durationMs: 5_800,
  });

test('extract tells whose records it has, how many of which types, and where', () => {
  expect(summarize({ portalId: 62515 }, 53)).toBe(`extract: 30,167 records of portal 62515 in 5.8 s
  121 pages (53 from before), 131 MB
  EMAIL 26,718, CALL 1,257, NOTE 1,213, TASK 825, MEETING 27, SMS 9,
  and 1 more type
  121 requests, 5 of them refused by the rate limit
  in /srv/job/data/raw/engagements/2026/11/24/015000Z-full
  next: make load`);
});

test('a run without records names no portal that it does not know, and no types', () => {
  const empty = { records: 0, pages: 1, bytes: 30, types: {}, portalId: null };
  expect(summarize(empty).split('\n').slice(0, 2)).toEqual([
    'extract: 0 records of the portal in 5.8 s',
    '  1 page, 30 B',
  ]);
  expect(summarize({ ...empty, demo: true })).toMatch(/^extract: 0 records of the demo portal in/);
});

test('where nothing is, transform and load say what has to come first', () => {
  const none = { durationMs: 0 };
  expect(summarizeTransform({ ...none, runs: [], skipped: 0 }, '/srv/job/data')).toBe(
    'transform: there is no complete run yet\n  next: make extract',
  );
  const load = { ...none, merged: [], leftOut: [] };
  expect(summarizeLoad({ ...load, alreadyMerged: 0 }, 'here')).toBe(
    'load: nothing to do, as there is no normalized run to load',
  );
  expect(summarizeLoad({ ...load, alreadyMerged: 2 }, 'here')).toBe(
    'load: nothing to do, 2 runs loaded already',
  );
});

test('transform warns of e-mails that came redacted, and only then', () => {
  const summarize = (redacted: number): string =>
    summarizeTransform(
      {
        runs: [
          {
            run: '2026/11/24/015000Z-full',
            records: 2_000,
            rows: 2_000,
            rejects: 0,
            replacedCharacters: 0,
            redacted,
            bytes: 90,
            drift: [],
            durationMs: 10,
          },
        ],
        skipped: 0,
        durationMs: 10,
      },
      '/data/ndjson',
    );
  expect(summarize(0)).not.toContain('warning');
  expect(summarize(1_500)).toContain(
    '\n  warning: 1,500 e-mails came without contents; give the app the scope sales-email-read, then extract --full\n',
  );
});
