import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import { DatabaseFailed } from '../../src/errors.ts';
import { PORTAL, type RowSpec } from '../support/ndjson-run.ts';
import { createWorkbench, hashTables, NOTHING, type Workbench } from './workbench.ts';

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
  /** Of the first contact; of the objects API's copies alone. */
  labels: string[];
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
  /** The content of the copy whose words the row has. */
  content: string;
  deletedAt: string | null;
  /** The contact that has the labels: the first one of the copy that told of them. */
  labelled: number;
}
/** What else is done with a history, besides loading its runs one by one. */
interface Plan {
  /** The runs, by their numbers modulo how many there are, that loads begin with again. */
  replays: number[];
  /** For each run, in which of some loads it appears. */
  arrivals: number[];
  /** The number of a run that transform makes anew, and what it holds then. */
  remade: [number, Copy[]];
  /** Statements that spoil the tables. */
  tampering: string[];
  /** Which of these are tried: a history with all of them takes too long. */
  tried: ('again' | 'spoilt' | 'at once' | 'late' | 'made anew')[];
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

const copies: fc.Arbitrary<Copy[]> = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 4 }),
    day: fc.option(fc.integer({ min: 1, max: 3 })),
    title: fc.constantFrom('a', 'b'),
    contacts: fc.subarray([1, 2]),
    owners: fc.subarray([7]),
    labels: fc.subarray(['Boss', 'é "x"\n']),
    files: fc.subarray([9, 10]),
    archived: fc.option(fc.nat({ max: 3 }), { freq: 1 }).map((days) => days),
    redacted: oneInFive,
  }),
  { maxLength: 6 },
);
const run: fc.Arbitrary<Run> = fc.record({
  mode: fc.constantFrom('full', 'changes'),
  api: fc.constantFrom('v1', 'objects'),
  copies,
  rejects: fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { freq: 9 }), { maxLength: 2 }),
  crashAfterMs: fc.nat({ max: 300 }).map((ms) => (ms > 60 ? null : ms)),
});
const ALL = ['again', 'spoilt', 'at once', 'late', 'made anew'] as const;
const plan: fc.Arbitrary<Plan> = fc.record({
  replays: fc.array(fc.nat({ max: MOST_RUNS - 1 }), { minLength: 1, maxLength: 3 }),
  arrivals: fc.array(fc.nat({ max: 2 }), { minLength: MOST_RUNS, maxLength: MOST_RUNS }),
  remade: fc.tuple(fc.nat({ max: MOST_RUNS - 1 }), copies),
  tampering: fc.subarray([
    `update engagements set title = 'spoilt', metadata = '{}' where id in (1, 3)`,
    `update engagements set deleted_at = '2001-01-01T00:00:00Z' where id > 2`,
    'update engagements set deleted_at = null',
    `update engagements set updated_at = '2030-01-01T00:00:00Z', content_hash = 'x' where id = 4`,
    'delete from engagements where id in (2, 4)',
    'delete from engagement_associations where engagement_id < 3',
    `insert into engagement_associations select portal_id, id, 'deal', 99, '{x}' from engagements`,
    `update engagement_associations set labels = '{Nobody}'`,
    'delete from engagement_attachments where file_id = 9',
    `insert into engagement_attachments values (${PORTAL}, 77, 9)`,
    `insert into engagements (portal_id, id, type, metadata, extra, api, content_hash, extracted_at, raw_page)
     values (${PORTAL}, 77, 'EMAIL', '{}', '{}', 'v1', 'x', '2026-11-11T00:00:00Z', 'x')`,
    'delete from load_runs',
  ]),
  tried: fc.subarray([...ALL], { minLength: 2, maxLength: 3 }),
});

const runName = (n: number, mode: string): string => `2026/11/${n + 11}/101500Z-${mode}`;
const startOf = (n: number): string => `2026-11-${n + 11}T10:15:00.000Z`;
/** HubSpot's own word for when an engagement that run `n` has as archived was deleted. */
const archivedAt = (n: number, { archived }: Copy): string | null =>
  archived === null ? null : `2026-11-${String(n + 10 - archived).padStart(2, '0')}T20:00:00.000Z`;

async function write(runs: Run[], n: number, rowsPerPart?: number): Promise<void> {
  const { mode, api, copies, rejects } = runs[n] as Run;
  const rows = copies.map((copy, index): RowSpec => {
    const { id, day, title, contacts, owners, labels, files, redacted } = copy;
    const first = contacts[0];
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
      association_labels:
        api === 'objects' && first !== undefined && labels.length > 0
          ? { contact: { [first]: labels } }
          : {},
      attachments: files,
      archived_at: archivedAt(n, copy),
      metadata: { html: redacted ? 'The content of this email has been redacted.' : 'x' },
      extracted_at: startOf(n).replace('00.000', `0${index}.000`),
    };
  });
  await bench.write(runName(n, mode), rows, {
    portalId: PORTAL,
    api,
    types: { EMAIL: 1 },
    rejected: rejects.map((id) => (id === null ? {} : { id })),
    redacted: copies.filter((copy) => copy.redacted).length,
    associationKinds: api === 'v1' ? 'all' : ['contact'],
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
      const known = toKnown(copy, api);
      const deletedAt = archivedAt(n, copy);
      const { archived: _, ...others } = known;
      const content = JSON.stringify([others, deletedAt]);
      const labelled = copy.contacts[0] ?? 0;
      winners.set(copy.id, { ...known, api, page, content, deletedAt, labelled });
    }
    for (const copy of winners.values()) {
      const old = table.get(copy.id);
      const row = old === undefined ? copy : replace(old, copy);
      table.set(copy.id, { ...row, deletedAt: copy.deletedAt });
    }
    for (const row of mode === 'full' && !rejects.includes(null) ? table.values() : []) {
      if (!winners.has(row.id) && !rejects.includes(row.id)) row.deletedAt ??= startOf(n);
    }
  }
  return [...table.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ id, title, contacts, owners, labels, files, redacted, api, page, deletedAt }) =>
      JSON.stringify([
        ...[id, title, contacts, owners, labels, files, redacted, api, page, deletedAt],
      ]),
    );
}

/** What the API of a copy tells of it. */
function toKnown(copy: Copy, api: string): Copy {
  if (api === 'v1') return { ...copy, labels: [] };
  return { ...copy, owners: [], labels: copy.contacts.length > 0 ? copy.labels : [] };
}

/** The row after a later run's copy of it. */
function replace(old: Row, copy: Row): Row {
  const [oldDay, day] = [old.day ?? 0, copy.day ?? 0];
  const restores = old.redacted && !copy.redacted;
  if (!restores && (day < oldDay || (copy.redacted && !old.redacted))) return old;
  // v1 keeps the labels as long as their contact stays.
  const keepsLabels = copy.api === 'v1' && copy.contacts.includes(old.labelled);
  const links = {
    contacts: copy.contacts,
    owners: copy.api === 'v1' ? copy.owners : old.owners,
    labels: keepsLabels ? old.labels : copy.labels,
    labelled: keepsLabels ? old.labelled : copy.labelled,
    files: copy.files,
  };
  const isSame =
    !restores &&
    (copy.api === old.api
      ? copy.content === old.content
      : day === oldDay && (copy.archived === null) === (old.archived === null));
  return { ...(isSame ? old : copy), ...links };
}

async function readTables(): Promise<string[]> {
  const rows = await bench.rows(`select id, title,
      coalesce((select json_agg(object_id order by object_id)
        from engagement_associations where engagement_id = id and object_type = 'contact'), '[]'),
      coalesce((select json_agg(object_id order by object_id)
        from engagement_associations where engagement_id = id and object_type = 'owner'), '[]'),
      coalesce((select json_agg(label) from engagement_associations, unnest(labels) as label where engagement_id = id), '[]'),
      coalesce((select json_agg(file_id order by file_id)
        from engagement_attachments where engagement_id = id), '[]'),
      metadata ->> 'html' <> 'x', api, raw_page, deleted_at
    from engagements order by id`);
  return rows.map(([id, ...others]) => JSON.stringify([Number(id), ...others]));
}

async function clear(): Promise<void> {
  await bench.client.query(
    'truncate engagements, engagement_associations, engagement_attachments, load_runs',
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

/** The tables but for the ledger, whose counts are those of the load that merged a run first. */
async function hashRows(): Promise<Record<string, string>> {
  const { load_runs: _, ...hashes } = await hashTables(bench.client);
  return hashes;
}

const NO_PLAN: Plan = {
  ...{ replays: [], arrivals: [], remade: [0, []], tampering: [] },
  tried: ['again', 'at once'],
};

async function prove(
  runs: Run[],
  { replays, arrivals, remade, tampering, tried }: Plan = NO_PLAN,
  { rowsPerPart, chunkBytes = 1 << 30 }: { rowsPerPart?: number; chunkBytes?: number } = {},
): Promise<void> {
  const forget = () => rm(ndjsonRoot(bench.dataDir), { recursive: true, force: true });
  await clear();
  await forget();
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

  const again = replays.map((n) => ({ from: names[n % names.length] as string }));
  for (const options of tried.includes('again') ? [...again, { rebuild: true }] : []) {
    const { merged, written } = await bench.load({ ...options, chunkBytes });
    expect({ merged, written }).toEqual({ merged: [], written: NOTHING });
    expect(await hashTables(bench.client)).toEqual(expected);
  }
  if (tried.includes('spoilt')) {
    for (const sql of tampering) await bench.client.query(sql);
    await bench.load({ rebuild: true, chunkBytes });
    expect(await hashTables(bench.client)).toEqual(expected);
  }
  if (tried.includes('at once')) {
    await clear();
    await bench.load({ chunkBytes });
    expect(await hashTables(bench.client)).toEqual(expected);
  }
  if (tried.includes('late')) {
    const { load_runs: _, ...rows } = expected;
    await clear();
    await forget();
    for (const load of [0, 1, 2]) {
      for (const n of runs.keys()) if (arrivals[n] === load) await write(runs, n, rowsPerPart);
      await bench.load({ chunkBytes });
    }
    expect(await hashRows()).toEqual(rows);
  }
  if (tried.includes('made anew')) {
    const [n, copies] = [remade[0] % runs.length, remade[1]];
    const others = runs.map((one, m) => (m === n ? { ...one, copies } : one));
    await write(others, n, rowsPerPart);
    await bench.load({ chunkBytes });
    // What is in no run any more goes with a rebuild.
    const held = new Set(others.flatMap((one) => one.copies.map(({ id }) => id)));
    const isHeld = (row: string): boolean => held.has(JSON.parse(row)[0]);
    expect((await readTables()).filter(isHeld)).toEqual(fold(others));
    await bench.load({ rebuild: true, chunkBytes });
    expect(await readTables()).toEqual(fold(others));
  }
}

test.each([
  ['whole', {}],
  ['in small chunks', { rowsPerPart: 2, chunkBytes: 1 }],
])(
  'the tables are the fold of the runs, %s: one by one, at once, late, again, made anew, rebuilt',
  async (_how, chunks) => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: MOST_RUNS }), plan, (runs, what) =>
        prove(runs, what, chunks),
      ),
      OPTIONS,
    );
  },
  TIMEOUT_MS,
);

const COPY: Copy = {
  ...{ id: 1, day: 1, title: 'a', contacts: [1], owners: [], labels: [], files: [9] },
  ...{ archived: null, redacted: false },
};
const REST = { rejects: [], crashAfterMs: null };

test('what somebody removed comes back with a replay of all', async () => {
  const copy = { ...COPY, contacts: [1, 2], owners: [7] };
  const rest = { api: 'v1' as const, ...REST };
  const runs: Run[] = [
    { mode: 'full', copies: [1, 2, 3].map((id) => ({ ...copy, id })), ...rest },
    { mode: 'changes', copies: [{ ...copy, id: 2, day: 2 }], ...rest },
    { mode: 'full', copies: [1, 2].map((id) => ({ ...copy, id, day: 3 })), ...rest },
  ];
  await prove(runs);
  for (const n of runs.keys()) await write(runs, n);
  await bench.load();
  const expected = await hashTables(bench.client);
  await bench.client.query('delete from engagements where id in (1, 3)');
  await bench.client.query('delete from engagement_associations where object_id = 2');
  await bench.load({ from: '2026' });
  expect(await hashTables(bench.client)).toEqual(expected);
});

test('what only v1 tells of follows v1, though the other API told the rest before', async () => {
  const rest = { mode: 'full' as const, ...REST };
  const runs: Run[] = [
    { api: 'v1', copies: [{ ...COPY, owners: [7] }], ...rest },
    { api: 'objects', copies: [{ ...COPY, day: 2 }], ...rest },
    { api: 'v1', copies: [{ ...COPY, day: 2 }], ...rest },
  ];
  await prove(runs);
  expect(fold(runs).map((row) => JSON.parse(row)[3])).toEqual([[]]);
});

test('a redacted e-mail that brings its row back is withheld by a rebuild, too', async () => {
  const rest = { api: 'v1' as const, ...REST };
  await prove([
    { mode: 'full', copies: [COPY], ...rest },
    { mode: 'full', copies: [{ ...COPY, id: 2 }], ...rest },
    { mode: 'changes', copies: [{ ...COPY, day: 2, redacted: true }], ...rest },
  ]);
});

test('v1 keeps the labels of the associations that stay, run by run', async () => {
  const rest = { mode: 'changes' as const, ...REST };
  const labelled = { ...COPY, labels: ['Boss'], contacts: [1, 2] };
  const runs = (...contacts: number[][]): Run[] => [
    { api: 'objects', copies: [labelled], ...rest },
    ...contacts.map((ids): Run => ({ api: 'v1', copies: [{ ...COPY, contacts: ids }], ...rest })),
  ];
  const toLabels = (history: Run[]) => JSON.parse(fold(history)[0] ?? '')[4];
  expect(toLabels(runs([1]))).toEqual(['Boss']);
  await prove(runs([1]));
  expect(toLabels(runs([2], [1, 2]))).toEqual([]);
  await prove(runs([2], [1, 2]));
});
