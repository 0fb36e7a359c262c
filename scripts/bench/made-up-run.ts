import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FORMAT, type NdjsonPart, writeNdjsonManifest } from '../../src/archive/manifest.ts';
import { ndjsonRoot } from '../../src/archive/runs.ts';
import type { EngagementRow } from '../../src/model/row.ts';

/** The run that {@link writeMadeUpRun} writes. */
export const RUN = '2026/11/24/015000Z-full';

const PORTAL = 62515;
const PART_ROWS = 100_000;
const START = Date.parse('2016-01-01T00:00:00Z');
const MINUTE_MS = 60_000;

/** Engagement `n`, from 1: an e-mail or a call of about 1,200 bytes, with two associations on average. */
export function toRow(n: number): EngagementRow {
  const at = new Date(START + n * MINUTE_MS).toISOString();
  const isCall = n % 5 === 0;
  const body = `<p>Dear customer ${n},</p><p>${'thank you for your call of this week; '.repeat(9)}</p>`;
  const metadata = isCall
    ? {
        body,
        durationMilliseconds: n,
        status: 'COMPLETED',
        title: `Call ${n}`,
        toNumber: '+4930123',
      }
    : {
        from: { email: `owner${n % 40}@example.com`, firstName: 'Ada', lastName: 'Lovelace' },
        html: body,
        status: 'SENT',
        subject: `Offer ${n}: “spring”\n`,
        threadId: `thread-${n % 1000}`,
        to: [{ email: `customer${n}@example.org` }],
      };
  const content = {
    portal_id: PORTAL,
    id: 1_000_000_000 + n * 7,
    type: isCall ? 'CALL' : 'EMAIL',
    active: true,
    created_at: at,
    updated_at: at,
    occurred_at: at,
    owner_id: 70 + (n % 40),
    team_id: null,
    created_by: 1000 + (n % 40),
    modified_by: 1000 + (n % 40),
    source: 'CRM_UI',
    source_id: `userId:${1000 + (n % 40)}`,
    activity_type: null,
    title: isCall ? `Call ${n}` : `Offer ${n}: “spring”\n`,
    body_preview: `Dear customer ${n}, thank you for your call of this week`,
    associations: { ...(n % 2 === 0 && { company: [n % 9000] }), contact: [n % 90_000] },
    association_labels: {},
    attachments: n % 10 === 0 ? [n] : [],
    metadata,
    extra: { allAccessibleTeamIds: [], gdprDeleted: false, uid: `uid-${n}` },
    archived_at: null,
  };
  return {
    ...content,
    api: 'v1',
    content_hash: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32),
    extracted_at: '2026-11-24T01:50:01.250Z',
    raw_page: `${RUN}/engagements-${String(Math.ceil(n / 250)).padStart(6, '0')}.json#${(n - 1) % 250}`,
  };
}

/** Writes a complete run of `rowCount` rows; returns how many bytes they are. */
export async function writeMadeUpRun(dataDir: string, rowCount: number): Promise<number> {
  const folder = path.join(ndjsonRoot(dataDir), RUN);
  await mkdir(folder, { recursive: true });
  const parts: NdjsonPart[] = [];
  for (let first = 1; first <= rowCount; first += PART_ROWS) {
    const file = `engagements-${String(parts.length + 1).padStart(4, '0')}.ndjson`;
    const rows = Math.min(PART_ROWS, rowCount - first + 1);
    const part = { file, rows, bytes: 0, sha256: '' };
    const hash = createHash('sha256');
    await pipeline(
      Readable.from(toLines(first, rows, part, hash)),
      createWriteStream(path.join(folder, file)),
    );
    parts.push({ ...part, sha256: hash.digest('hex') });
  }
  await writeNdjsonManifest(folder, {
    format: FORMAT,
    normalizer: 1,
    run: RUN,
    mode: 'full',
    api: 'v1',
    demo: true,
    portalId: PORTAL,
    startedAt: '2026-11-24T01:50:00.000Z',
    finishedAt: '2026-11-24T02:10:00.000Z',
    window: null,
    types: { CALL: 1, EMAIL: 1 },
    associationKinds: 'all',
    rawManifestSha256: createHash('sha256').digest('hex'),
    records: rowCount,
    rows: rowCount,
    rejects: 0,
    replacedCharacters: 0,
    redacted: 0,
    fields: {},
    parts,
  });
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function* toLines(first: number, rows: number, part: NdjsonPart, hash: Hash): Generator<Buffer> {
  for (let n = first; n < first + rows; n += 1000) {
    const count = Math.min(1000, first + rows - n);
    const lines = Buffer.from(
      Array.from({ length: count }, (_, k) => `${JSON.stringify(toRow(n + k))}\n`).join(''),
    );
    hash.update(lines);
    part.bytes += lines.length;
    yield lines;
  }
}
