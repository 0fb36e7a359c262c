import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkTimezone } from '../../src/report/check-timezone.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

test.each(['UTC', 'Europe/Berlin', 'america/new_york', 'Etc/GMT+5', 'Asia/Kathmandu', 'Japan'])(
  '%s is a zone',
  async (timezone) => {
    await checkTimezone(timezone, database.client);
  },
);

test.each([
  ['Mars/Olympus', 'there is no time zone named Mars/Olympus'],
  ["x'; drop table engagements; --", "there is no time zone named x'; drop table engagements; --"],
  ['', 'there is no time zone named '],
  // Postgres takes the sign the other way round.
  ['+02:00', 'the time zone +02:00 has more than one meaning'],
  // Without daylight saving in Postgres, with it in Node.
  ['CET', 'the time zone CET has more than one meaning'],
])('%j is refused', async (timezone, message) => {
  await expect(checkTimezone(timezone, database.client)).rejects.toMatchObject({
    name: 'SettingsError',
    message,
  });
});
