import { expect, test } from 'vitest';
import type { NdjsonManifest } from '../../src/archive/manifest.ts';
import { coveredTypes } from '../../src/load/covered-types.ts';
import type { NdjsonRun } from '../../src/load/read-runs.ts';

const run = (name: string, manifest: Partial<NdjsonManifest>) =>
  ({ run: name, manifest: { types: {}, ...manifest } }) as NdjsonRun;

test('by the objects API, the types that the run asked for, whatever other runs returned', () => {
  const all = run('1', { api: 'objects', types: { EMAIL: 7, CALL: 1 } });
  const some = run('2', { api: 'objects', objectTypes: ['calls', 'communications'] });
  expect(coveredTypes(some, [all, some])).toEqual([
    'CALL',
    'COMMUNICATION',
    'LINKEDIN_MESSAGE',
    'SMS',
    'WHATS_APP',
  ]);
  // Runs of before types could be chosen asked for all.
  expect(coveredTypes(all, [all, some])).toHaveLength(12);
});

test('by v1, the types that runs by v1 returned, up to this one', () => {
  const runs = [
    run('1', { api: 'v1', types: { NOTE: 1 } }),
    run('2', { api: 'objects', types: { CALL: 1 } }),
    run('3', { api: 'v1', types: { TASK: 1 } }),
    run('4', { api: 'v1', types: { PUBLISHING_TASK: 1 } }),
  ];
  expect(coveredTypes(runs[2] as NdjsonRun, runs)).toEqual(['NOTE', 'TASK']);
});
