import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../src/demo/random.ts';
import { LAST_ID, NEXT_ID } from '../../src/extract/coverage.ts';
import type { Api } from '../../src/model/row.ts';
import { ID_SHAPES } from '../../test/support/id-shapes.ts';
import { type Simulation, simulateWalks } from '../../test/support/model-hubspot.ts';

const PAGES = 400;
const APIS = {
  v1: { pageSize: 250, rule: LAST_ID },
  objects: { pageSize: 100, rule: NEXT_ID },
};
/** The objects API has a list of each type and a list of the archived of each: seven and seven. */
const TYPES = 7;
const SEEDS = [1, 2, 3];

/** A portal's ids by type. */
type Portal = Map<string, bigint[]>;

/**
 * How long the first full run takes, as a multiple of the shortest possible time, for portals whose ids lie differently.
 * Time, network and HubSpot are virtual; planning, walking and the limiter are the real ones. `idsFile`: a CSV file with
 * columns `id` and `type`, for one more portal.
 */
export async function benchPace(idsFile: string | undefined): Promise<void> {
  console.log('In virtual time, 190 requests allowed in any 10 s; mean of three runs:');
  console.log('time / shortest possible time, requests / full pages, refused (429)');
  for (const api of ['v1', 'objects'] as const) {
    const rows = PAGES * APIS[api].pageSize;
    const portals: [string, Portal][] = [
      [`even, ${PAGES} pages`, deal(ID_SHAPES.uniform(rows))],
      [`days, ${PAGES} pages`, deal(ID_SHAPES.days(rows))],
      ['far steps, 300 pages', deal(ID_SHAPES.farSteps((rows / 4) * 3))],
    ];
    if (idsFile !== undefined) portals.push(['from the file', await readPortal(idsFile)]);
    for (const [name, portal] of portals) {
      const cells = [await measure(portal, api, 300), await measure(portal, api, 1000)];
      console.log([api.padEnd(8), name.padEnd(22), ...cells].join('  '));
    }
  }
}

async function measure(portal: Portal, api: Api, latencyMs: number): Promise<string> {
  const streams = api === 'v1' ? [toSorted([...portal.values()].flat())] : toLists(portal);
  const runs: Simulation[] = [];
  for (const seed of SEEDS) {
    runs.push(await simulateWalks(streams, { latencyMs, seed, ...APIS[api] }));
  }
  const mean = (pick: (run: Simulation) => number): number =>
    runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
  const limited = (100 * mean(({ limited }) => limited)) / mean(({ requests }) => requests);
  return [
    `${latencyMs} ms:`.padEnd(8),
    mean(({ timesShortest }) => timesShortest).toFixed(2),
    mean(({ overhead }) => overhead).toFixed(2),
    `${limited.toFixed(1)} %`,
  ].join(' ');
}

/** The lists of the objects API; a portal's other types are not in it. */
function toLists(portal: Portal): bigint[][] {
  const objects = ['EMAIL', 'CALL', 'NOTE', 'TASK', 'MEETING'].map(
    (type) => portal.get(type) ?? [],
  );
  return [...objects, ...Array.from({ length: 2 * TYPES - objects.length }, () => [])];
}

/** Nine of ten are e-mails. */
function deal(ids: readonly bigint[]): Portal {
  const random = seededRandom(5);
  return Map.groupBy(ids, () =>
    random.chance(0.9) ? 'EMAIL' : random.pick(['CALL', 'NOTE', 'TASK', 'MEETING']),
  );
}

async function readPortal(file: string): Promise<Portal> {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/);
  const columns = header.split(',');
  const cell = (line: string, column: string): string =>
    line.split(',')[columns.indexOf(column)] ?? '';
  const byType = Map.groupBy(lines, (line) => cell(line, 'type'));
  return new Map(
    [...byType].map(([type, own]) => [type, toSorted(own.map((line) => BigInt(cell(line, 'id'))))]),
  );
}

function toSorted(ids: readonly bigint[]): bigint[] {
  return ids.toSorted((a, b) => (a < b ? -1 : 1));
}
