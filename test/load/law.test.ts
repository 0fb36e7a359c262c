import { rm } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import type { RowSpec } from '../support/ndjson-run.ts';
import { createWorkbench, toCounts, type Workbench } from './workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await createWorkbench();
});
afterAll(() => bench.close());

interface Copy {
  id: number;
  /** Day of November; null: unknown. */
  day: number | null;
  title: string;
  contacts: number[];
}
interface Run {
  api: 'v1' | 'objects';
  copies: Copy[];
}

const run: fc.Arbitrary<Run> = fc.record({
  api: fc.constantFrom('v1', 'objects'),
  copies: fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      day: fc.option(fc.integer({ min: 1, max: 3 })),
      title: fc.constantFrom('a', 'b'),
      contacts: fc.subarray([1, 2]),
    }),
    { maxLength: 6 },
  ),
});

const runName = (n: number): string => `2026/11/${String(n + 11)}/101500Z-changes`;
const askedAt = (n: number, index: number): string =>
  `2026-11-${n + 11}T10:15:${String(index).padStart(2, '0')}.000Z`;

async function write(runs: Run[], n: number): Promise<void> {
  const { api, copies } = runs[n] as Run;
  const rows = copies.map(
    ({ id, day, title, contacts }, index): RowSpec => ({
      id,
      api,
      title,
      updated_at: day === null ? null : `2026-11-0${day}T00:00:00.000Z`,
      associations: contacts.length === 0 ? {} : { contact: contacts },
      extracted_at: askedAt(n, index),
    }),
  );
  await bench.write(runName(n), rows, { portalId: 62515, api });
}

/** The law in other words: each engagement's copies in the order they were asked for, one taking the other's place. */
function fold(runs: Run[]): string[] {
  const table = new Map<number, Copy & { api: string; page: string }>();
  for (const [n, { api, copies }] of runs.entries()) {
    const winners = new Map<number, Copy & { api: string; page: string }>();
    for (const [index, copy] of copies.entries()) {
      const before = winners.get(copy.id);
      if (before === undefined || (copy.day ?? 0) >= (before.day ?? 0)) {
        winners.set(copy.id, {
          ...copy,
          api,
          page: `${runName(n)}/engagements-000001.json#${index}`,
        });
      }
    }
    for (const copy of winners.values()) {
      const old = table.get(copy.id);
      const isNewer =
        old === undefined ||
        (copy.day ?? 0) > (old.day ?? 0) ||
        (copy.day === old.day &&
          copy.api === old.api &&
          (copy.title !== old.title || copy.contacts.join() !== old.contacts.join()));
      if (isNewer) table.set(copy.id, copy);
    }
  }
  return [...table.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, title, contacts, api, page }) => [id, title, contacts.join(), api, page].join(' '));
}

async function readTables(): Promise<unknown[]> {
  const rows = await bench.rows(`select concat_ws(' ', id, title,
      coalesce((select string_agg(object_id::text, ',' order by object_id)
        from engagement_associations where engagement_id = id), ''), api, raw_page)
    from engagements order by id`);
  return rows.map(([row]) => row);
}

test('the tables are the fold of the runs, loaded one by one, at once, or replayed', async () => {
  const law = async (runs: Run[], from: number, count: number): Promise<void> => {
    await bench.client.query('truncate engagements, engagement_associations, load_runs');
    const expected = fold(runs);
    for (const n of runs.keys()) {
      await write(runs, n);
      const { merged } = await bench.load();
      const sum = merged
        .flatMap((entry) => toCounts(entry).split(' '))
        .reduce((a, b) => a + Number(b), 0);
      expect(sum).toBe(runs[n]?.copies.length);
    }
    expect(await readTables()).toEqual(expected);
    const first = from % runs.length;
    const replay = { from: runName(first), to: runName(first + count) };
    const { merged } = await bench.load({ replay });
    expect(merged.reduce((sum, entry) => sum + entry.inserted + entry.updated, 0)).toBe(0);
    expect(await readTables()).toEqual(expected);
    await bench.client.query('truncate engagements, engagement_associations, load_runs');
    await bench.load();
    expect(await readTables()).toEqual(expected);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(run, { minLength: 1, maxLength: 4 }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 3 }),
      async (runs, from, count) => {
        for (const n of [0, 1, 2, 3]) await remove(n);
        await law(runs, from, count);
      },
    ),
    { numRuns: 25 },
  );
});

async function remove(n: number): Promise<void> {
  await rm(path.join(ndjsonRoot(bench.dataDir), runName(n)), { recursive: true, force: true });
}
