import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal, type PageEntry, readJournal } from '../../src/archive/journal.ts';
import { readRawManifest, writeRawManifest } from '../../src/archive/manifest.ts';
import { JOURNAL, ndjsonRoot } from '../../src/archive/runs.ts';
import { silent } from '../../src/progress.ts';
import { transform } from '../../src/transform/transform.ts';
import { readFiles } from '../support/list-files.ts';
import { toSha256, writeRawRun } from '../support/raw-run.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const RUN = '2026/11/05/101500Z-full';

let dataDir: string;
beforeEach(async () => {
  dataDir = await makeTemporaryFolder();
});
afterEach(() => rm(dataDir, { recursive: true }));

type Page = { body: unknown } & Partial<PageEntry>;

/** A run by the objects API of these pages, `engagements-000001.json` and so on; the rows, and what was said. */
async function transformPages(pages: Page[]) {
  const folder = await writeRawRun(
    dataDir,
    RUN,
    pages.map(({ body }) => JSON.stringify(body)),
    { api: 'objects' },
  );
  const file = path.join(folder, JOURNAL);
  const { pages: entries } = await readJournal(folder);
  await rm(file);
  const journal = await openJournal(folder);
  for (const [n, { body: _, ...change }] of pages.entries()) {
    await journal.append({ ...(entries[n] as PageEntry), ...change });
  }
  await journal.close();
  const manifest = await readRawManifest(folder);
  await writeRawManifest(folder, { ...manifest, journalSha256: toSha256(await readFile(file)) });
  const notes: string[] = [];
  const progress = { ...silent, note: (message: string) => notes.push(message) };
  await transform({ dataDir }, { progress });
  const files = await readFiles(ndjsonRoot(dataDir));
  const lines = (files[`${RUN}/engagements-0001.ndjson`] ?? '').split('\n').slice(0, -1);
  return { rows: lines.map((line) => JSON.parse(line)), notes, lines };
}

const call = (id: string, rest: object = {}) => ({ id, properties: {}, ...rest });
const completes = (kind: string) => ({
  file: 'engagements-000003.json',
  part: 'associations' as const,
  kind,
});

test('labels come from the answers, and where those leave the name out from the definitions', async () => {
  const definitions = {
    results: [
      { category: 'USER_DEFINED', typeId: 27, label: 'Décideuse' },
      { category: 'USER_DEFINED', typeId: 28, label: 'Billing' },
      { category: 'HUBSPOT_DEFINED', typeId: 194, label: null },
    ],
  };
  const type = (typeId: number | string, more: object = {}) => ({
    category: typeId === 194 ? 'HUBSPOT_DEFINED' : 'USER_DEFINED',
    typeId,
    ...more,
  });
  const answer = {
    results: [
      {
        from: { id: '1' },
        to: [
          {
            toObjectId: '701',
            associationTypes: [type(27), type(28, { label: 'Sent' }), type(194)],
          },
          { toObjectId: 5000000000, associationTypes: [type('28'), type(27), type(28)] },
          { toObjectId: '9', associationTypes: [type(27, { label: null }), type(99)] },
          { toObjectId: '80', associationTypes: [type(28)] },
        ],
      },
    ],
  };
  const inline = {
    associations: {
      contacts: {
        results: [
          { id: '701', type: 'decider' },
          { id: '12', type: 'call_to_contact' },
        ],
      },
    },
  };
  const { rows, notes, lines } = await transformPages([
    { body: answer, stream: 'calls.contacts', completes: completes('contacts') },
    { body: definitions, stream: 'labels.calls.contacts', records: 0 },
    { body: { results: [call('1', inline), call('2')] }, stream: 'calls' },
  ]);
  expect(rows[0]).toMatchObject({
    id: 1,
    type: 'CALL',
    associations: { contact: [9, 12, 80, 701, 5000000000] },
    association_labels: {
      contact: {
        '80': ['Billing'],
        '701': ['Décideuse', 'Sent'],
        '5000000000': ['Billing', 'Décideuse'],
      },
    },
    extra: {},
  });
  // Keys are sorted as texts, so that equal labels have equal bytes.
  expect(lines[0]).toContain('{"contact":{"5000000000":[');
  expect(rows[1]).toMatchObject({ id: 2, associations: {}, association_labels: {} });
  expect(notes).toEqual([]);
});

test('pages of a stream that is not known become no rows, and that is said', async () => {
  const { rows, notes } = await transformPages([
    { body: { results: [call('1')] }, stream: 'fax_messages' },
    {
      body: { results: [call('2')] },
      stream: 'notes-archived',
      request: { method: 'GET', path: '/another/url', query: {}, body: null },
    },
  ]);
  expect(rows).toMatchObject([{ id: 2, type: 'NOTE' }]);
  expect(notes).toEqual([
    `${RUN}: this version does not know the stream fax_messages; its pages (1) become no rows`,
  ]);
});
