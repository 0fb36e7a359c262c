import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PageGroup } from '../../src/transform/group-pages.ts';
import { planTasks } from '../../src/transform/task.ts';

const toGroup = (bytes: number): PageGroup =>
  ({ page: { file: String(bytes), bytes, sha256: '' }, completing: [] }) as unknown as PageGroup;
const plan = (sizes: number[], partBytes: number) =>
  planTasks(sizes.map(toGroup), { folder: '', partBytes, streamAboveBytes: 0 }).map((task) =>
    task.groups.map(({ page }) => page.bytes),
  );

test.each([
  [[], []],
  [[0], [[0]]],
  [
    [5, 5, 5],
    [[5, 5], [5]],
  ],
  [
    [11, 5, 6],
    [[11], [5], [6]],
  ],
  [
    [100, 0, 0, 3],
    [[100], [0, 0, 3]],
  ],
])('of pages of %j bytes, an eighth of a part being ten, are made %j', (sizes, tasks) => {
  expect(plan(sizes, 80)).toEqual(tasks);
});

test('a large run has some 64 tasks, unless these were larger than a part', () => {
  const thousand = Array.from({ length: 1000 }, () => 1);
  expect(plan(thousand, 100)).toHaveLength(67);
  expect(plan(thousand, 10)).toHaveLength(100);
});

test('all pages are in a task, in their order, and none is larger than a part but by its only page', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 })), fc.integer({ min: 1, max: 300 }), (sizes, part) => {
      const tasks = plan(sizes, part);
      expect(tasks.flat()).toEqual(sizes);
      for (const task of tasks) {
        expect(task.length).toBeGreaterThan(0);
        const sum = task.reduce((total, bytes) => total + bytes, 0);
        if (task.length > 1 && task[0] !== undefined && task[0] <= part)
          expect(sum).toBeLessThanOrEqual(part);
      }
    }),
  );
});
