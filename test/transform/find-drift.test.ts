import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readNdjsonManifest } from '../../src/archive/manifest.ts';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { summarizeDrift } from '../../src/commands/transform.ts';
import { silent } from '../../src/progress.ts';
import { createKnownFields } from '../../src/transform/find-drift.ts';
import { transform } from '../../src/transform/transform.ts';
import { toPage, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

describe('between runs', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await makeTemporaryFolder();
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  const note = (id: number, metadata: object, more = {}) => ({
    engagement: { id, type: 'NOTE' },
    metadata,
    ...more,
  });

  test('what no earlier run has is told, the same however often', async () => {
    await writeRawRun(dataDir, '2026/11/05/101500Z-full', [
      toPage([note(1, { body: 'x' }), note(2, { from: {} })]),
    ]);
    await writeRawRun(dataDir, '2026/11/06/101500Z-changes', [toPage([note(1, { body: 'x' })])]);
    const last = '2026/11/07/101500Z-changes';
    await writeRawRun(dataDir, last, [
      toPage([note(1, { body: 7, from: {} }), note(3, { body: 'é' })]),
      toPage([
        note(4, { body: 8 }, { associations: { cartIds: [1] } }),
        { engagement: { id: 5, type: 'SMS', uid: null }, é: 1 },
      ]),
    ]);
    const drift = [
      {
        what: 'field',
        type: 'NOTE',
        field: 'associations.cart',
        kind: 'array',
        rows: 1,
        example: `${last}/engagements-000002.json#0`,
      },
      {
        what: 'kind',
        type: 'NOTE',
        field: 'metadata.body',
        kind: 'number',
        rows: 2,
        example: `${last}/engagements-000001.json#0`,
      },
      {
        what: 'type',
        type: 'SMS',
        field: null,
        kind: null,
        rows: 1,
        example: `${last}/engagements-000002.json#1`,
      },
    ];
    const first = await transform({ dataDir }, { progress: silent });
    expect(first.runs.map((run) => run.drift)).toEqual([[], [], drift]);
    expect((await readNdjsonManifest(path.join(ndjsonRoot(dataDir), last))).drift).toEqual(drift);
    const again = await transform({ dataDir, force: true }, { progress: silent });
    expect(again.runs.map((run) => run.drift)).toEqual([[], [], drift]);
    expect(summarizeDrift(first)).toBe(
      [
        `transform: new in ${last}, and kept:`,
        `    NOTE associations.cart (array): 1 row, as in ${last}/engagements-000002.json#0`,
        `    NOTE metadata.body is number now: 2 rows, as in ${last}/engagements-000001.json#0`,
        `    type SMS: 1 row, as in ${last}/engagements-000002.json#1`,
      ].join('\n'),
    );
  });

  test('a type with the name of a JavaScript property is a type like any other', async () => {
    await writeRawRun(dataDir, '2026/11/05/101500Z-full', [toPage([note(1, { body: 'x' })])]);
    const last = '2026/11/07/101500Z-changes';
    await writeRawRun(dataDir, last, [toPage([{ engagement: { id: 5, type: '__proto__' } }])]);
    const { runs } = await transform({ dataDir }, { progress: silent });
    expect(runs[1]?.drift).toMatchObject([{ what: 'type', type: '__proto__', rows: 1 }]);
    expect(Object.hasOwn(Object.prototype, 'metadata')).toBe(false);
  });
});

test('nothing is new where all is known', () => {
  const fields = { NOTE: { 'metadata.body': { string: { rows: 1, example: 'p#0' } } } };
  const known = createKnownFields();
  known.add({});
  known.add(fields);
  expect(known.compare(fields)).toEqual([]);
});
