import { readFile, rm } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { exactNumber } from '../../src/json.ts';
import { writeNdjsonRun } from '../support/ndjson-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

test('the DuckDB query of docs/archive.md reads fields that come late, or with another type, and the newest copy', async () => {
  const dataDir = await makeTemporaryFolder();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const created_at = '2026-11-24T01:50:00.000Z';
    const thread = (id: number, threadId: unknown, updated_at = created_at) => ({
      ...{ id, type: 'EMAIL', created_at, updated_at },
      metadata: threadId === undefined ? {} : { threadId },
    });
    // More rows than DuckDB looks at when it guesses types (20,480), none of which has what comes later.
    const early = Array.from({ length: 21_000 }, (_, n) => thread(n + 100, undefined));
    await writeNdjsonRun(dataDir, '2026/11/24/015000Z-full', [thread(1, 7), ...early]);
    const late = { ...thread(2, exactNumber(Infinity, '12345678901234567890')), title: '{"a": 1}' };
    await writeNdjsonRun(dataDir, '2026/11/25/015000Z-changes', [
      thread(1, 'af07', '2026-11-25T01:00:00.000Z'),
      { ...late, extra: { newThing: { list: [1, 'x', null] } } },
    ] as Parameters<typeof writeNdjsonRun>[2]);

    const page = await readFile(new URL('../../docs/archive.md', import.meta.url), 'utf8');
    const [, query = ''] = /duckdb -c "([^"]+)"/.exec(page) ?? [];
    const inFolder = query.replace('data/', `${dataDir}/`);
    const counted = (await connection.runAndReadAll(inFolder)).getRowsJS();
    expect(counted.map(([, type, count]) => [type, Number(count)])).toEqual([['EMAIL', 21_002]]);

    const fields = inFolder.replace(
      /select created_at::date.*$/s,
      `select id, metadata ->> 'threadId', title, extra -> '$.newThing.list[1]' from engagements
       where id < 100 order by id`,
    );
    expect((await connection.runAndReadAll(fields)).getRowsJS()).toEqual([
      [1n, 'af07', null, null],
      [2n, '12345678901234567890', '{"a": 1}', '"x"'],
    ]);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(dataDir, { recursive: true });
  }
});
