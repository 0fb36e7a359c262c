import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { DatabaseFailed } from '../../src/errors.ts';
import type { RowSpec } from '../support/ndjson-run.ts';
import { createWorkbench, hashTables, type Workbench } from './workbench.ts';

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
  /** Of v1's copies alone: the objects API does not tell. */
  owners: number[];
  files: number[];
  /** A deletion notice: so many days before the evening before the run. */
  archived: number | null;
  redacted: boolean;
}
interface Run {
  mode: 'full' | 'changes';
  api: 'v1' | 'objects';
  copies: Copy[];
  /** Ids of rejects, null where one has none. */
  rejects: (number | null)[];
  /** After how many milliseconds the backend of a first attempt is terminated. */
  crashAfterMs: number | null;
}
interface Row extends Copy {
  api: string;
  page: string;
  /** The content of the copy that last changed the row. */
  content: string;
  deletedAt: string | null;
}

// More: LAW_RUNS=500 make test ARGS=test/load/law.test.ts; those of a failure: LAW_SEED, with the number it printed.
const MOST_RUNS = 5;
const LAW_RUNS = Number(process.env['LAW_RUNS'] ?? 12);
const LAW_SEED = process.env['LAW_SEED'];
/** Shrinking a failure takes minutes, and says more. */
const OPTIONS = {
  numRuns: LAW_RUNS,
  endOnFailure: process.env['LAW_SHRINK'] === undefined,
  ...(LAW_SEED !== undefined && { seed: Number(LAW_SEED) }),
};
const TIMEOUT_MS = LAW_RUNS * 25_000;

const oneInFive = fc.nat({ max: 4 }).map((n) => n === 0);

const run: fc.Arbitrary<Run> = fc.record({
  mode: fc.constantFrom('full', 'changes'),
  api: fc.constantFrom('v1', 'objects'),
  copies: fc.array(
    fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      day: fc.option(fc.integer({ min: 1, max: 3 })),
      title: fc.constantFrom('a', 'b'),
      contacts: fc.subarray([1, 2]),
      owners: fc.subarray([7]),
      files: fc.subarray([9, 10]),
      archived: fc.option(fc.nat({ max: 3 }), { freq: 1 }).map((days) => days),
      redacted: oneInFive,
    }),
    { maxLength: 6 },
  ),
  rejects: fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { freq: 9 }), { maxLength: 2 }),
  crashAfterMs: fc.option(fc.nat({ max: 60 })),
});

const runName = (n: number, mode: string): string => `2026/11/${n + 11}/101500Z-${mode}`;
const startOf = (n: number): string => `2026-11-${n + 11}T10:15:00.000Z`;
/** HubSpot's own word for when an engagement that run `n` has as archived was deleted. */
const archivedAt = (n: number, { archived }: Copy): string | null =>
  archived === null ? null : `2026-11-${String(n + 10 - archived).padStart(2, '0')}T20:00:00.000Z`;

async function write(runs: Run[], n: number, rowsPerPart?: number): Promise<void> {
  const { mode, api, copies, rejects } = runs[n] as Run;
  const rows = copies.map((copy, index): RowSpec => {
    const { id, day, title, contacts, owners, files, redacted } = copy;
    return {
      id,
      type: 'EMAIL',
      api,
      title,
      updated_at: day === null ? null : `2026-11-0${day}T00:00:00.000Z`,
      associations: {
        ...(contacts.length > 0 && { contact: contacts }),
        ...(api === 'v1' && owners.length > 0 && { owner: owners }),
      },
      attachments: files,
      archived_at: archivedAt(n, copy),
      metadata: { html: redacted ? 'The content of this email has been redacted.' : 'x' },
      extracted_at: startOf(n).replace('00.000', `0${index}.000`),
    };
  });
  const change: Parameters<typeof bench.write>[2] = {
    portalId: 62515,
    api,
    types: { EMAIL: 1 },
    rejected: rejects.map((id) => (id === null ? {} : { id })),
    associationKinds: api === 'v1' ? 'all' : ['contact'],
  };
  await bench.write(runName(n, mode), rows, {
    ...change,
    ...(rowsPerPart === undefined ? {} : { rowsPerPart }),
  });
}

/** The law in other words: each engagement's copies in the order they were asked for, one taking the other's place. */
function fold(runs: Run[]): string[] {
  const table = new Map<number, Row>();
  for (const [n, { mode, api, copies, rejects }] of runs.entries()) {
    const winners = new Map<number, Row>();
    for (const [index, copy] of copies.entries()) {
      const before = winners.get(copy.id);
      if (before !== undefined && (copy.day ?? 0) < (before.day ?? 0)) continue;
      const page = `${runName(n, mode)}/engagements-000001.json#${index}`;
      const { id, owners, archived, ...others } = copy;
      const deletedAt = archivedAt(n, copy);
      const content = JSON.stringify([others, api === 'v1' ? owners : [], deletedAt]);
      winners.set(id, { ...copy, api, page, content, deletedAt });
    }
    for (const copy of winners.values()) {
      const old = table.get(copy.id);
      const row = old === undefined ? onlyKnown(copy) : replace(old, copy);
      table.set(copy.id, { ...row, deletedAt: copy.deletedAt });
    }
    for (const row of mode === 'full' && !rejects.includes(null) ? table.values() : []) {
      if (!winners.has(row.id) && !rejects.includes(row.id)) row.deletedAt ??= startOf(n);
    }
  }
  return [...table.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, title, contacts, owners, files, redacted, api, page, deletedAt }) =>
      [id, title, contacts, owners, files, redacted, api, page, deletedAt].join(' '),
    );
}

const onlyKnown = (copy: Row): Row => (copy.api === 'v1' ? copy : { ...copy, owners: [] });

/** The row after a later run's copy of it. */
function replace(old: Row, copy: Row): Row {
  const [oldDay, day] = [old.day ?? 0, copy.day ?? 0];
  if (day < oldDay || (copy.content === old.content && copy.api === old.api)) return old;
  const owners = copy.api === 'v1' ? copy.owners : old.owners;
  const spoils = copy.redacted && !old.redacted;
  const restores = !copy.redacted && old.redacted;
  if (
    day === oldDay &&
    copy.api !== old.api &&
    (copy.archived === null) === (old.archived === null) &&
    !restores
  ) {
    // The words stay; who and what it is about are those of the later copy.
    const isSame = [copy.contacts, owners, copy.files].join(';') === toLinks(old);
    if (isSame) return old;
    const { contacts, files, api, page, content } = copy;
    return { ...old, contacts, owners, files, api, page, content };
  }
  return spoils ? old : { ...copy, owners };
}

const toLinks = ({ contacts, owners, files }: Row): string => [contacts, owners, files].join(';');

async function readTables(): Promise<unknown[]> {
  const rows = await bench.rows(`select concat_ws(' ', id, title,
      coalesce((select string_agg(object_id::text, ',' order by object_id)
        from engagement_associations where engagement_id = id and object_type = 'contact'), ''),
      coalesce((select string_agg(object_id::text, ',' order by object_id)
        from engagement_associations where engagement_id = id and object_type = 'owner'), ''),
      coalesce((select string_agg(file_id::text, ',' order by file_id)
        from engagement_attachments where engagement_id = id), ''),
      metadata ->> 'html' <> 'x', api, raw_page,
      coalesce(to_char(deleted_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ''))
    from engagements order by id`);
  return rows.map(([row]) =>
    String(row)
      .replace(/ t (?=v1|objects)/, ' true ')
      .replace(/ f (?=v1|objects)/, ' false '),
  );
}

async function clear(): Promise<void> {
  await bench.client.query(
    'truncate engagements, engagement_associations, engagement_attachments, engagement_returns, load_runs',
  );
}

/** A load whose backend is terminated after a moment, unless it is through by then. */
async function crash(afterMs: number | null, chunkBytes: number): Promise<void> {
  if (afterMs === null) return;
  const loading = bench.load({ chunkBytes }).catch((error: unknown) => {
    expect(error).toBeInstanceOf(DatabaseFailed);
  });
  await sleep(afterMs);
  await bench.client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'hubspot-engagements load'`,
  );
  await loading;
}

async function prove(
  runs: Run[],
  replays: [number, number][],
  { rowsPerPart, chunkBytes = 1 << 30 }: { rowsPerPart?: number; chunkBytes?: number } = {},
): Promise<void> {
  await clear();
  await rm(ndjsonRoot(bench.dataDir), { recursive: true, force: true });
  for (const n of runs.keys()) {
    await write(runs, n, rowsPerPart);
    await crash(runs[n]?.crashAfterMs ?? null, chunkBytes);
    await bench.load({ chunkBytes });
    const [counts] = await bench.rows(
      `select inserted + updated + unchanged + older + duplicates, rejected from load_runs where run = $1`,
      [runName(n, runs[n]?.mode ?? '')],
    );
    expect(counts?.map(Number)).toEqual([runs[n]?.copies.length, runs[n]?.rejects.length]);
  }
  expect(await readTables()).toEqual(fold(runs));
  const expected = await hashTables(bench.client);
  const names = runs.map(({ mode }, n) => runName(n, mode));
  for (const [first, count] of replays) {
    const from = names[first % names.length] as string;
    const to = names[Math.min((first % names.length) + count, names.length - 1)] as string;
    const { merged } = await bench.load({ replay: { from, to }, chunkBytes });
    expect(merged.map((entry) => entry.inserted + entry.updated + entry.deleted)).toEqual(
      merged.map(() => 0),
    );
    expect(await hashTables(bench.client)).toEqual(expected);
  }
  await bench.load({ rebuild: true, chunkBytes });
  expect(await hashTables(bench.client)).toEqual(expected);
  await clear();
  await bench.load({ chunkBytes });
  expect(await hashTables(bench.client)).toEqual(expected);
}

const replays = fc.array(fc.tuple(fc.nat({ max: MOST_RUNS - 1 }), fc.nat({ max: MOST_RUNS - 1 })), {
  minLength: 1,
  maxLength: 4,
});

test.each([
  ['whole', {}],
  ['in small chunks', { rowsPerPart: 2, chunkBytes: 1 }],
])(
  'the tables are the fold of the runs, %s: loaded one by one, at once, replayed in any order, rebuilt',
  async (_how, chunks) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { minLength: 1, maxLength: MOST_RUNS }),
        replays,
        (runs, ranges) => prove(runs, ranges, chunks),
      ),
      OPTIONS,
    );
  },
  TIMEOUT_MS,
);

test('what somebody removed or marked comes back with a replay of all', async () => {
  const marks = { owners: [7], files: [9], archived: null, redacted: false };
  const copy = { day: 1, title: 'a', contacts: [1, 2], ...marks };
  const rest = { api: 'v1' as const, rejects: [], crashAfterMs: null };
  const runs: Run[] = [
    { mode: 'full', copies: [1, 2, 3].map((id) => ({ ...copy, id })), ...rest },
    { mode: 'changes', copies: [{ ...copy, id: 2, day: 2 }], ...rest },
    { mode: 'full', copies: [1, 2].map((id) => ({ ...copy, id, day: 3 })), ...rest },
  ];
  await prove(runs, []);
  const expected = await hashTables(bench.client);
  await bench.client.query('delete from engagements where id in (1, 3)');
  await bench.client.query('delete from engagement_associations where object_id = 2');
  await bench.load({ replay: { from: '2026' } });
  expect(await hashTables(bench.client)).toEqual(expected);
});

test('what only v1 tells of follows v1, though the other API told the rest before', async () => {
  const marks = { contacts: [1], files: [9], archived: null, redacted: false };
  const rest = { mode: 'full' as const, rejects: [], crashAfterMs: null };
  const copy = { id: 1, title: 'a', ...marks };
  await prove(
    [
      { api: 'v1', copies: [{ ...copy, day: 1, owners: [7] }], ...rest },
      { api: 'objects', copies: [{ ...copy, day: 2, owners: [] }], ...rest },
      { api: 'v1', copies: [{ ...copy, day: 2, owners: [] }], ...rest },
    ],
    [[2, 0]],
  );
  expect(await bench.rows('select object_type from engagement_associations')).toEqual([
    ['contact'],
  ]);
});

test('a redacted e-mail that brings its row back is withheld by a rebuild, too', async () => {
  const marks = { contacts: [], owners: [], files: [], archived: null };
  const copy = { id: 1, day: 1, title: 'a', redacted: false, ...marks };
  const rest = { api: 'v1' as const, rejects: [], crashAfterMs: null };
  await prove(
    [
      { mode: 'full', copies: [copy], ...rest },
      { mode: 'full', copies: [{ ...copy, id: 2 }], ...rest },
      { mode: 'changes', copies: [{ ...copy, day: 2, redacted: true }], ...rest },
    ],
    [[2, 0]],
  );
});
