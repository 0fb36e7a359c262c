import { hash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../errors.ts';
import { cannotRead, writeFileAtomically } from '../files.ts';
import type { Api } from '../model/row.ts';
import { ABANDONED, isRunId, MANIFEST, type Mode, PLAN, type RunId } from './runs.ts';
import {
  type Check,
  findMisfit,
  isCount,
  isFlag,
  isInstant,
  isInteger,
  isListOf,
  isMapOf,
  isName,
  isNullOr,
  isOneOf,
  isOptional,
  isSha256,
  isShape,
  isText,
  type Shape,
} from './shape.ts';

/** The version of the archive's files; raised when a reader of the old ones would misread the new ones. */
export const FORMAT = 1;

/** What a run is to fetch: `_plan.json`, its first file. An interrupted run goes on by it. */
export interface RunPlan {
  format: typeof FORMAT;
  run: RunId;
  mode: Mode;
  api: Api;
  /** The dated version of the CRM objects API; absent for v1. */
  apiVersion?: string;
  /** Whether it is from the demo portal, whose rows never mix with real ones. */
  demo: boolean;
  /** The instant at which the demo portal's data ends, which is the start of the archive's first run; absent for others. */
  demoUntil?: string;
  /** What a changes run asks for: modified within [from, to), ISO instants; `to` null when open. Null for a full run. */
  window: { from: string; to: string | null } | null;
  /** By the objects API: what the run asks for. */
  objects?: {
    /** Whose records they are, which they do not say. */
    portalId: number;
    /** The types asked for, as the API names them, and the properties of each. */
    properties: Record<string, string[]>;
    /** The kinds of associations asked for, as the API names them; plans that lack them asked for the first four. */
    associationKinds?: string[];
  };
}

/** Pages and records of a stream, or of a run. */
export interface PageCounts {
  pages: number;
  records: number;
  /** Of the page files, after content decoding. */
  bytes: number;
}

/** `_manifest.json` of a raw run, its last file, which makes it complete. */
export interface RawManifest extends RunPlan, PageCounts {
  /** Null when no record of the run named it. */
  portalId: number | null;
  /** By HubSpot's clock, no later than the first answer. */
  startedAt: string;
  /** By HubSpot's clock: the last answer. */
  finishedAt: string;
  /** The newest time of change of a record, ISO; null when no record has one. */
  newestUpdate: string | null;
  /** Records of each engagement type, names ascending. A v1 run covers the types that v1 runs have returned. */
  types: Record<string, number>;
  /** The association kinds that the run covers, as the rows name them; v1 returns all kinds. */
  associationKinds: 'all' | string[];
  streams: Record<string, PageCounts>;
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

/** How many rows have a field with a value of one JSON type, and an example of them (page and index, as in raw_page). */
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

/** Something that no earlier run of the archive has: an engagement type, a field of a type, or a JSON type of a field. */
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
 * `_manifest.json` of an NDJSON run. It does not say when it was made: transforming a run again, with the same runs before
 * it, gives identical bytes.
 */
export interface NdjsonManifest {
  format: typeof FORMAT;
  /** The version of the rules that made the rows; a run made by another version is transformed again. */
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
  /** By the objects API: the types that the run asked for, as the API names them; absent for v1, which returns all. */
  objectTypes?: string[];
  associationKinds: RawManifest['associationKinds'];
  /** Of the raw run's `_manifest.json`, which says exactly which pages the rows come from. */
  rawManifestSha256: string;
  /** records = rows + rejects. */
  records: number;
  rows: number;
  rejects: number;
  /** U+0000 and unpaired surrogates replaced by U+FFFD. */
  replacedCharacters: number;
  /** How many times bytes that are not UTF-8 were replaced by U+FFFD; absent from manifests of normalizer 2. */
  invalidUtf8?: number;
  /** Rows of e-mails whose content HubSpot withheld because the token lacks the scope `sales-email-read`. */
  redacted: number;
  /** The fields of the rows; compared with earlier runs to find what is new. */
  fields: FieldCensus;
  /** What was new in this run; absent from the oldest manifests. */
  drift?: Drift[];
  parts: NdjsonPart[];
  /** Of `_rejects.ndjson`; absent from manifests of normalizer 1. */
  rejectsSha256?: string;
}

const isMode: Check<Mode> = isOneOf('full', 'changes');
const isApi: Check<Api> = isOneOf('v1', 'objects');
const isWindow = isNullOr(
  isShape<NonNullable<RunPlan['window']>>({ from: isInstant, to: isNullOr(isInstant) }),
);
const COUNTS: Shape<PageCounts> = { pages: isCount, records: isCount, bytes: isCount };
const isAssociationKinds: Check<RawManifest['associationKinds']> = (value) =>
  value === 'all' || isListOf(isText)(value);

const RUN_PLAN: Shape<RunPlan> = {
  format: isOneOf(FORMAT),
  run: isRunId,
  mode: isMode,
  api: isApi,
  apiVersion: isOptional(isText),
  demo: isFlag,
  demoUntil: isOptional(isInstant),
  window: isWindow,
  objects: isOptional(
    isShape<NonNullable<RunPlan['objects']>>({
      portalId: isInteger,
      properties: isMapOf(isListOf(isText)),
      associationKinds: isOptional(isListOf(isText)),
    }),
  ),
};

const RAW_MANIFEST: Shape<RawManifest> = {
  ...RUN_PLAN,
  ...COUNTS,
  portalId: isNullOr(isInteger),
  startedAt: isInstant,
  finishedAt: isInstant,
  newestUpdate: isNullOr(isInstant),
  types: isMapOf(isCount),
  associationKinds: isAssociationKinds,
  streams: isMapOf(isShape(COUNTS)),
  journalSha256: isSha256,
};

const NDJSON_MANIFEST: Shape<NdjsonManifest> = {
  format: isOneOf(FORMAT),
  normalizer: isInteger,
  run: isRunId,
  mode: isMode,
  api: isApi,
  demo: isFlag,
  portalId: isNullOr(isInteger),
  startedAt: isInstant,
  finishedAt: isInstant,
  window: isWindow,
  types: isMapOf(isCount),
  objectTypes: isOptional(isListOf(isText)),
  associationKinds: isAssociationKinds,
  rawManifestSha256: isSha256,
  records: isCount,
  rows: isCount,
  rejects: isCount,
  replacedCharacters: isCount,
  invalidUtf8: isOptional(isCount),
  redacted: isCount,
  fields: isMapOf(isMapOf(isMapOf(isShape<FieldUse>({ rows: isCount, example: isText })))),
  drift: isOptional(
    isListOf(
      isShape<Drift>({
        what: isOneOf('type', 'field', 'kind'),
        type: isText,
        field: isNullOr(isText),
        kind: isNullOr(isText),
        rows: isCount,
        example: isText,
      }),
    ),
  ),
  parts: isListOf(
    isShape<NdjsonPart>({ file: isName, rows: isCount, bytes: isCount, sha256: isSha256 }),
  ),
  rejectsSha256: isOptional(isSha256),
};

/** Many times what the census of the fields of a large portal takes. */
const MAX_BYTES = 64 * 2 ** 20;

export async function writePlan(folder: string, plan: RunPlan): Promise<void> {
  await writeFileAtomically(path.join(folder, PLAN), toText(plan));
}

/** Marks an interrupted run as abandoned: `by` was started in its stead. */
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

/** The plan of the raw run in `folder`. Throws ArchiveError when it is missing, damaged, or of another run. */
export function readPlan(folder: string): Promise<RunPlan> {
  return readJsonFile(path.join(folder, PLAN), RUN_PLAN);
}

/** The manifest of the raw run in `folder`. Throws ArchiveError when it is missing, damaged, or of another run. */
export function readRawManifest(folder: string): Promise<RawManifest> {
  return readJsonFile(path.join(folder, MANIFEST), RAW_MANIFEST);
}

/** The manifest of the NDJSON run in `folder`. Throws ArchiveError when it is missing, damaged, or of another run. */
export function readNdjsonManifest(folder: string): Promise<NdjsonManifest> {
  return readJsonFile(path.join(folder, MANIFEST), NDJSON_MANIFEST);
}

/** The sha256 of the manifest in `folder`, raw or NDJSON, which names the run's exact content. Throws ArchiveError. */
export async function hashManifest(folder: string): Promise<string> {
  return hash('sha256', await readBytes(path.join(folder, MANIFEST)), 'hex');
}

async function readJsonFile<T extends { run: RunId }>(file: string, shape: Shape<T>): Promise<T> {
  const bytes = await readBytes(file);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ArchiveError(`${file} is damaged: it is not JSON`, { cause: error });
  }
  const { format = FORMAT } = Object(value) as { format?: unknown };
  if (isInteger(format) && format !== FORMAT) {
    throw new ArchiveError(`${file} has format ${format}; this version reads format ${FORMAT}`, {
      next: 'Use the version of hubspot-engagements that wrote it, or a newer one.',
    });
  }
  const misfit = findMisfit(value, shape);
  if (misfit !== null) throw new ArchiveError(`${file} is damaged: ${misfit}`);
  const read = value as T;
  // A run's folder is named as the run.
  if (!path.dirname(file).endsWith(path.normalize(read.run))) {
    throw new ArchiveError(`${file} is damaged: it belongs to run ${read.run}`);
  }
  return read;
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= MAX_BYTES) return await readFile(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
  throw new ArchiveError(`${file} is damaged: it is larger than any such file`);
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
