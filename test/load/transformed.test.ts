import { afterAll, beforeAll, expect, test } from 'vitest';
import { silent } from '../../src/progress.ts';
import { transform } from '../../src/transform/transform.ts';
import { REQUESTED_AT, toPage, writeRawRun } from '../support/raw-run.ts';
import { createWorkbench, toCounts, type Workbench } from './workbench.ts';

const RUN = '2026/11/05/101500Z-full';

let bench: Workbench;
beforeAll(async () => {
  bench = await createWorkbench();
});
afterAll(() => bench.close());

test('loads the lines that transform writes', async () => {
  const records = [
    {
      engagement: {
        id: 29090716,
        portalId: 62515,
        active: true,
        createdAt: 1444223400781,
        lastUpdated: 1444223401000,
        type: 'NOTE',
        timestamp: 1444223400781,
        ownerId: 70,
        bodyPreview: 'tab\there, "quotes" \\. and U+0001 \u0001',
        nobodyKnows: { me: 12345 },
      },
      associations: { contactIds: [247, 1], companyIds: [], marketingEventIds: [3] },
      attachments: [{ id: 4241968539 }],
      metadata: { body: 'note body\u0000' },
    },
    { engagement: { id: 29090717, portalId: 62515, type: 'TASK' } },
    { engagement: { id: null, portalId: 62515 } },
  ];
  await writeRawRun(bench.dataDir, RUN, [toPage(records)]);
  await transform({ dataDir: bench.dataDir }, { progress: silent });
  const { merged } = await bench.load();
  expect(merged.map(toCounts)).toEqual(['2 0 0 0 0']);
  expect(merged[0]).toMatchObject({ records: 3, rejected: 1, portal_id: 62515, mode: 'full' });
  const { rows } = await bench.client.query(
    `select id, type, active, created_at, updated_at, owner_id, body_preview, metadata, extra, api, extracted_at,
       raw_page, content_hash ~ '^[0-9a-f]{32}$' as hashed from engagements order by id`,
  );
  expect(rows[0]).toEqual({
    id: '29090716',
    type: 'NOTE',
    active: true,
    created_at: new Date(1444223400781),
    updated_at: new Date(1444223401000),
    owner_id: '70',
    body_preview: 'tab\there, "quotes" \\. and U+0001 \u0001',
    metadata: { body: 'note body\ufffd' },
    extra: { nobodyKnows: { me: 12345 } },
    api: 'v1',
    extracted_at: new Date(REQUESTED_AT),
    raw_page: `${RUN}/engagements-000001.json#0`,
    hashed: true,
  });
  expect(rows[1]).toMatchObject({ id: '29090717', type: 'TASK', active: null, metadata: {} });
  expect(
    await bench.rows('select object_type, object_id from engagement_associations order by 1, 2'),
  ).toEqual([
    ['contact', '1'],
    ['contact', '247'],
    ['marketing_event', '3'],
  ]);
  expect(await bench.rows('select file_id from engagement_attachments')).toEqual([['4241968539']]);
});
