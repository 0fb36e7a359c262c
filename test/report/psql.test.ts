import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatCsv } from '../../src/report/format-csv.ts';
import { report, reportSql } from '../../src/report/report.ts';
import type { ReportOptions } from '../../src/report/report-options.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { insertEngagements, onDays } from './insert-engagements.ts';

const run = promisify(execFile);
const QUERY = fileURLToPath(new URL('../../src/report/daily.sql', import.meta.url));
const noPsql = spawnSync('psql', ['--version']).error !== undefined;

describe.skipIf(noPsql)(`psql${noPsql ? ' (there is none on this machine)' : ''}`, () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await insertEngagements(database.client, [
      ...onDays('CALL', '2026-01-01', '2026-01-03', '2026-01-03', '2026-01-09'),
      ...onDays("it's, \"odd\" :'x'", '2026-01-02', '2026-01-05'),
      { type: 'NOTE', created: '2026-01-04T23:30:00Z' },
      { type: 'TASK', created: '2026-01-04T23:30:00Z', deleted: '2026-01-05Z' },
      { type: 'TASK' },
    ]);
  });
  afterAll(() => database.close());

  const psql = async (...options: string[]) =>
    (await run('psql', ['--no-psqlrc', '--csv', '--dbname', database.url, ...options])).stdout;

  const options: ReportOptions = {
    by: 'created',
    range: { kind: 'between', from: '2026-01-02', to: '2026-01-10' },
    timezone: 'Europe/Berlin',
    window: 3,
    schema: 'hubspot',
  };

  test.each<Partial<ReportOptions>>([
    {},
    { align: 'centered', includeDeleted: true },
    { range: { kind: 'all' }, timezone: 'America/New_York', window: 7 },
    { types: ['NOTE', "it's, \"odd\" :'x'"], portal: '1' },
    { by: 'updated', range: { kind: 'all' } },
  ])('prints the CSV from the query with its parameters filled in: %j', async (changes) => {
    const sql = await reportSql({ ...options, ...changes }, database.client);
    const csv = formatCsv(await report({ ...options, ...changes }, database.client));
    expect(await psql('--command', sql)).toBe(csv);
  });

  test('prints the CSV from daily.sql itself and -v', async () => {
    const variables = {
      ...{
        schema: 'hubspot',
        by: 'created_at',
        timezone: 'Europe/Berlin',
        include_deleted: 'false',
        portal: 'all',
        types: String.raw`{CALL,NOTE,TASK,"it's, \"odd\" :'x'"}`,
        first_day: '2026-01-01',
        last_day: '2026-01-09',
      },
      ...{ from: '2026-01-02', to: '2026-01-10', behind: '2', ahead: '0' },
    };
    const set = Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
    const csv = formatCsv(await report(options, database.client));
    expect(csv).toContain('2026-01-05,"it\'s, ""odd"" :\'x\'",1,0.3333\n');
    expect(await psql(...set, '--file', QUERY)).toBe(csv);
  });
});
