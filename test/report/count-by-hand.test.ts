import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { report } from '../../src/report/report.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { countByHand } from './count-by-hand.ts';
import { type Engagement, insertEngagements } from './insert-engagements.ts';

// Around both changes of the clocks of a year in which New York and Berlin make them.
const instants = fc
  .oneof(between('2026-02-25', '2026-04-05'), between('2026-10-20', '2026-11-05'))
  .map((date) => date.toISOString());

function between(min: string, max: string) {
  return fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true });
}

const engagements: fc.Arbitrary<Engagement[]> = fc.array(
  fc.record(
    {
      type: fc.constantFrom('CALL', 'EMAIL', 'NOTE', 'ALL'),
      created: instants,
      deleted: instants,
    },
    { requiredKeys: ['type', 'created'] },
  ),
  { maxLength: 60 },
);

const zones = fc.constantFrom('UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu');
const windows = fc.constantFrom([13, 0], [0, 0], [1, 0], [3, 3], [7, 7]);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test('the query finds what counting by hand finds, in any zone and alignment', async () => {
  const { client } = database;
  const property = fc.asyncProperty(engagements, zones, windows, async (rows, timezone, window) => {
    const [behind = 0, ahead = 0] = window;
    await client.query('truncate engagements');
    await insertEngagements(client, rows);
    const { types, days } = await report(
      {
        by: 'created',
        range: { kind: 'all' },
        timezone,
        window: behind + 1 + ahead,
        align: ahead === 0 ? 'trailing' : 'centered',
        schema: 'hubspot',
      },
      client,
    );
    const found = days.flatMap((day) =>
      [...day.types, day.total].map(
        ({ count, inWindow }, index) => `${day.day},${types[index] ?? 'ALL'},${count},${inWindow}`,
      ),
    );
    expect(found).toStrictEqual(countByHand(rows, { timezone, behind, ahead }));
  });
  await fc.assert(property, { numRuns: 60 });
});
