import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FORMAT, type NdjsonManifest, writeNdjsonManifest } from '../../src/archive/manifest.ts';
import { ndjsonRoot, type RunId, runMode } from '../../src/archive/runs.ts';
import type { EngagementRow } from '../../src/model/row.ts';
import { toSha256 } from './raw-run.ts';

/** The portal of rows that name none. */
export const PORTAL = 62515;

/** What a test says of a row; the rest is {@link toLine}'s. */
export type RowSpec = Partial<EngagementRow> & Pick<EngagementRow, 'id'>;

/** How a run differs from the usual one: fields of its manifest, and how many rows a part holds. */
export type RunChange = Partial<NdjsonManifest> & { rowsPerPart?: number };

/**
 * Writes a complete NDJSON run of these rows, in place of an older one, as transform would have; returns its folder.
 * The portal of its manifest is that of its first row.
 */
export async function writeNdjsonRun(
  dataDir: string,
  run: RunId,
  rows: RowSpec[],
  { rowsPerPart = Number.POSITIVE_INFINITY, ...change }: RunChange = {},
): Promise<string> {
  const folder = path.join(ndjsonRoot(dataDir), run);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const parts: NdjsonManifest['parts'] = [];
  for (let first = 0; first < rows.length; first += rowsPerPart) {
    const file = `engagements-${String(parts.length + 1).padStart(4, '0')}.ndjson`;
    const own = rows.slice(first, first + rowsPerPart);
    const bytes = Buffer.from(own.map((row, n) => toLine(run, row, first + n)).join(''));
    await writeFile(path.join(folder, file), bytes, { mode: 0o600 });
    parts.push({ file, rows: own.length, bytes: bytes.length, sha256: toSha256(bytes) });
  }
  const rejects = change.rejects ?? 0;
  await writeNdjsonManifest(folder, {
    format: FORMAT,
    normalizer: 1,
    run,
    mode: runMode(run),
    api: rows[0]?.api ?? 'v1',
    demo: false,
    portalId: rows.length === 0 ? null : PORTAL,
    startedAt: toStart(run),
    finishedAt: toStart(run),
    window: null,
    types: {},
    associationKinds: 'all',
    rawManifestSha256: toSha256(run),
    records: rows.length + rejects,
    rows: rows.length,
    rejects,
    replacedCharacters: 0,
    redacted: 0,
    fields: {},
    parts,
    ...change,
  });
  return folder;
}

/** The instant in a run's name. */
export function toStart(run: RunId): string {
  return run.replace(
    /^(\d+)\/(\d+)\/(\d+)\/(\d\d)(\d\d)(\d\d)Z-.*$/,
    (_run, year, month, day, hour, minute, second) =>
      `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`,
  );
}

/**
 * A row's line, with its line feed; `index` is its place in the run. Its api is v1, it was asked for when the run
 * started, and its hash is over its content, unless the row says otherwise.
 */
export function toLine(run: RunId, row: RowSpec, index = 0): string {
  const { api, content_hash, extracted_at, raw_page, ...content } = { ...NOTHING, ...row };
  return `${JSON.stringify({
    ...content,
    api: api ?? 'v1',
    content_hash: content_hash ?? toSha256(JSON.stringify(content)).slice(0, 32),
    extracted_at: extracted_at ?? toStart(run),
    raw_page: raw_page ?? `${run}/engagements-000001.json#${index}`,
  })}\n`;
}

/** A row as empty as HubSpot could send one, its keys in the order of the contract. */
const NOTHING: Omit<EngagementRow, 'api' | 'content_hash' | 'extracted_at' | 'raw_page'> &
  Partial<EngagementRow> = {
  portal_id: PORTAL,
  id: 0,
  type: 'NOTE',
  active: null,
  created_at: null,
  updated_at: null,
  occurred_at: null,
  owner_id: null,
  team_id: null,
  created_by: null,
  modified_by: null,
  source: null,
  source_id: null,
  activity_type: null,
  title: null,
  body_preview: null,
  associations: {},
  association_labels: {},
  attachments: [],
  metadata: {},
  extra: {},
  archived_at: null,
};
