import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { cannotRead, writeFileAtomically } from '../files.ts';
import type { Api } from '../model/row.ts';
import { ABANDONED, MANIFEST, type Mode, PLAN, type RunId } from './runs.ts';

/** The version of the archive's files; raised when a reader of the old ones would misread the new ones. */
export const FORMAT = 1;

/** What a run set out to do: `_plan.json`, its first file, from which an interrupted run goes on. */
export interface RunPlan {
  format: typeof FORMAT;
  run: RunId;
  mode: Mode;
  api: Api;
  /** The dated version of the CRM objects API; absent for v1. */
  apiVersion?: string;
  /** Whether the demo portal was asked, whose rows never mix with real ones. */
  demo: boolean;
  /** What a changes run asks for: modified within [from, to), ISO instants; `to` null when open. Null for a full run. */
  window: { from: string; to: string | null } | null;
  /** By the objects API: whose records they are, which they do not say, and the properties asked for of each type. */
  objects?: { portalId: number; properties: Record<string, string[]> };
}

/** Pages and records of a stream, or of a run. */
export interface Tally {
  pages: number;
  records: number;
  /** Of the page files, after content decoding. */
  bytes: number;
}

/** `_manifest.json` of a raw run, its last file: the run is complete. */
export interface RawManifest extends RunPlan, Tally {
  /** Null when the run returned no record to tell it. */
  portalId: number | null;
  /** By HubSpot's clock: no later than the first answer was made. */
  startedAt: string;
  /** By HubSpot's clock: when the last answer was made. */
  finishedAt: string;
  /** The newest modification that a record tells of, ISO; null when none does. */
  newestUpdate: string | null;
  /** Records of each engagement type, names ascending. For v1, what the run returned is what it covers. */
  types: Record<string, number>;
  /** The association kinds the run knows about, as in the rows; v1 returns all there are. */
  associationKinds: 'all' | string[];
  streams: Record<string, Tally>;
  /** Of `_pages.ndjson`, whose lines hold the sha256 of each page. */
  journalSha256: string;
}

/** A data file of an NDJSON run. */
export interface NdjsonPart {
  file: string;
  rows: number;
  bytes: number;
  sha256: string;
}

/** How many rows have a field with a value of some JSON type, and where to see one (page and index, as in raw_page). */
export interface FieldUse {
  rows: number;
  example: string;
}

/**
 * The fields that HubSpot sent: engagement type, field as in a row (`metadata.subject`, `extra.uid`,
 * `associations.contact`; and `metadata`, which all rows have), JSON type (`string`, `number`, `boolean`, `array`,
 * `object`); names ascending.
 */
export type FieldCensus = Record<string, Record<string, Record<string, FieldUse>>>;

/** Something HubSpot sends that no earlier run of the archive has: a type, a field of a type, or a JSON type of a field. */
export interface Drift {
  what: 'type' | 'field' | 'kind';
  /** The engagement type. */
  type: string;
  /** As in a row: `metadata.subject`, `extra.uid`, `associations.contact`; null for a new type. */
  field: string | null;
  /** The JSON type of its values; null for a new type. */
  kind: string | null;
  rows: number;
  /** The first such record: page and index, as in raw_page. */
  example: string;
}

/**
 * `_manifest.json` of an NDJSON run. Holds no time of its own: transforming a run twice gives identical bytes, with the
 * same runs before it.
 */
export interface NdjsonManifest {
  format: typeof FORMAT;
  /** The version of the rules that made the rows; a run made by another version is transformed anew. */
  normalizer: number;
  run: RunId;
  mode: Mode;
  api: Api;
  demo: boolean;
  portalId: number | null;
  /** Those of the raw run. */
  startedAt: string;
  finishedAt: string;
  window: RunPlan['window'];
  types: RawManifest['types'];
  associationKinds: RawManifest['associationKinds'];
  /** Of the raw run's `_manifest.json`: says exactly which pages these rows come from. */
  rawManifestSha256: string;
  /** records = rows + rejects. */
  records: number;
  rows: number;
  rejects: number;
  /** U+0000 and unpaired surrogates replaced by U+FFFD. */
  replacedCharacters: number;
  /** Rows of e-mails whose content HubSpot held back, for want of the scope `sales-email-read`. */
  redacted: number;
  /** What drift is told by: a field, or a JSON type of it, that no earlier run has is new. */
  fields: FieldCensus;
  /** What was new then; the first manifests lack it. */
  drift?: Drift[];
  parts: NdjsonPart[];
  /** Of `_rejects.ndjson`; manifests of normalizer 1 lack it. */
  rejectsSha256?: string;
}

export async function writePlan(folder: string, plan: RunPlan): Promise<void> {
  await writeFileAtomically(path.join(folder, PLAN), toText(plan));
}

/** Marks an interrupted run as one that nobody will go on with, since `by` was started instead. */
export async function writeAbandoned(
  folder: string,
  mark: { run: RunId; by: RunId },
): Promise<void> {
  await writeFileAtomically(path.join(folder, ABANDONED), toText({ format: FORMAT, ...mark }));
}

export async function writeRawManifest(folder: string, manifest: RawManifest): Promise<void> {
  await writeFileAtomically(path.join(folder, MANIFEST), toText(manifest));
}

export async function writeNdjsonManifest(folder: string, manifest: NdjsonManifest): Promise<void> {
  await writeFileAtomically(path.join(folder, MANIFEST), toText(manifest));
}

/** The plan of a raw run. Throws ArchiveError when it is missing or unreadable. */
export function readPlan(folder: string): Promise<RunPlan> {
  return readJsonFile<RunPlan>(path.join(folder, PLAN));
}

/** The manifest of a complete raw run. Throws ArchiveError when it is missing or unreadable. */
export function readRawManifest(folder: string): Promise<RawManifest> {
  return readJsonFile<RawManifest>(path.join(folder, MANIFEST));
}

/** The manifest of an NDJSON run. Throws ArchiveError when it is missing or unreadable. */
export function readNdjsonManifest(folder: string): Promise<NdjsonManifest> {
  return readJsonFile<NdjsonManifest>(path.join(folder, MANIFEST));
}

async function readJsonFile<T extends { format: number; run: string }>(file: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw cannotRead(file, error);
  }
  let value: T;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ArchiveError(`${file} is damaged: it is not JSON`, { cause: error });
  }
  if (value === null || typeof value !== 'object' || typeof value.run !== 'string') {
    throw new ArchiveError(`${file} is damaged: it lacks the keys of such a file`);
  }
  if (value.format !== FORMAT) {
    throw new ArchiveError(
      `${file} has format ${value.format}; this version reads format ${FORMAT}`,
      { next: 'Use the version of hubspot-engagements that wrote it, or a newer one.' },
    );
  }
  return value;
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
