import { isRawNumber, setKey } from '../../json.ts';
import type { ObjectTypeName } from '../../model/object-types.ts';
import type { Api, Id, Reject, RowContent } from '../../model/row.ts';
import { createLineBuffer, type LineBuffer } from '../buffers.ts';
import { createFieldCounter, type FieldCount } from '../field-census.ts';
import type { LabelNames } from './associations.ts';
import { toByteText } from './byte-text.ts';
import { cleanText, type Replaced } from './clean-text.ts';
import { isRedacted } from './is-redacted.ts';
import { normalizeObject } from './objects.ts';
import { appendRow, HUGE_NUMBER, toLineTail } from './row-line.ts';
import { assertShallow } from './sort-keys.ts';
import { byteTextForm } from './text-form.ts';
import { normalizeV1 } from './v1.ts';

/** What a page's rows have in common. */
export interface PageOrigin {
  api: Api;
  /** The run's portal; null when the run does not know it. */
  portalId: Id | null;
  /** The page's path under data/raw/engagements. */
  page: string;
  /** When it was asked for, ISO. */
  extractedAt: string;
  /** For a page of the CRM objects API: what its records are, and the labels that their associations can have. */
  objects?: { type: ObjectTypeName; labelNames: LabelNames };
}

/** Some neighbouring records of a page, as they were parsed, numbers exact. */
export interface Records {
  values: unknown[];
  /** Whether their strings are byte text without any U+0000; else they are real text, of any kind. */
  isByteText: boolean;
  /** How many times bytes that are not UTF-8 were replaced by U+FFFD. */
  invalidUtf8: number;
}

/**
 * What became of some records. Where its maker was given a buffer for lines, good until the next one.
 */
export interface Batch {
  /** The rows' lines, UTF-8, each ended by a line feed. */
  lines: Uint8Array<ArrayBuffer>;
  /** Where each row's line ends, in bytes from the start of `lines`. */
  lineEnds: number[];
  /** The rejects' lines, UTF-8. */
  rejectLines: Uint8Array<ArrayBuffer>;
  /** One for each reject. */
  rejects: { reason: string; page: string; index: number }[];
  /** U+0000 and unpaired surrogates replaced by U+FFFD. */
  replacedCharacters: number;
  /** How many times bytes that are not UTF-8 were replaced by U+FFFD. */
  invalidUtf8: number;
  /** Rows of e-mails whose content HubSpot held back. */
  redacted: number;
  /** Which fields the rows have. */
  fields: FieldCount[];
}

/**
 * Rows and rejects of records; `firstIndex` is the place of the first one in the page. The rows' lines replace what is in
 * `lines`, if given. Pure otherwise.
 */
export function normalizeRecords(
  { values, isByteText, invalidUtf8 }: Records,
  firstIndex: number,
  origin: PageOrigin,
  lines: LineBuffer = createLineBuffer(),
): Batch {
  const { page } = origin;
  lines.cutFrom(0);
  const lineEnds: number[] = [];
  const rejectLines = createLineBuffer();
  const rejects: Batch['rejects'] = [];
  const replaced: Replaced = { characters: 0 };
  const fields = createFieldCounter();
  const tail = toLineTail(origin);
  let redacted = 0;
  for (let n = 0; n < values.length; n++) {
    const record = values[n];
    // Let go of at once, it is garbage before the next collection.
    values[n] = undefined;
    const index = firstIndex + n;
    const before = replaced.characters;
    let outcome: Outcome;
    try {
      outcome = normalize(record, origin, isByteText, replaced);
      if ('content' in outcome) appendRow(lines, outcome.content, tail, index);
      else assertShallow(outcome.kept);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      replaced.characters = before;
      const shallow = cutDepth(record, 100);
      const kept = isByteText ? shallow : cleanText(shallow, replaced);
      outcome = { reject: error.message === HUGE_NUMBER ? HUGE_NUMBER : 'nested too deeply', kept };
    }
    if ('content' in outcome) {
      lineEnds.push(lines.byteLength());
      fields.add(outcome.content, page, index);
      if (isRedacted(outcome.content)) redacted += 1;
    } else {
      const { reject: reason, kept } = outcome;
      const line: Reject = { page, index, reason, record: null };
      const head = JSON.stringify(line).slice(0, -'null}'.length);
      rejectLines.append(`${toByteText(head)}${JSON.stringify(kept)}}\n`);
      rejects.push({ reason, page, index });
    }
  }
  return {
    lines: lines.bytesFrom(0),
    lineEnds,
    rejectLines: rejectLines.bytesFrom(0),
    rejects,
    replacedCharacters: replaced.characters,
    invalidUtf8,
    redacted,
    fields: fields.counts(),
  };
}

/** A row's content in byte text; or why there is none, and the record, in byte text as well. */
type Outcome = { content: RowContent } | { reject: string; kept: unknown };

function normalize(
  record: unknown,
  { api, portalId, objects }: PageOrigin,
  isByteText: boolean,
  replaced: Replaced,
): Outcome {
  if (api === 'v1') {
    const kept = isByteText ? record : cleanText(record, replaced);
    const normalized = normalizeV1(kept, portalId);
    return 'content' in normalized ? normalized : { ...normalized, kept };
  }
  if (objects === undefined) throw new Error('a page of the objects API has a type');
  const page = { portalId, objectType: objects.type, labelNames: objects.labelNames };
  if (isByteText) {
    const before = replaced.characters;
    const normalized = normalizeObject(record, page, byteTextForm(replaced));
    if ('content' in normalized) return normalized;
    replaced.characters = before;
    return { ...normalized, kept: record };
  }
  // Properties are texts to be understood: cleaned before, they would be byte text.
  const normalized = normalizeObject(record, page);
  return 'content' in normalized
    ? { content: cleanText(normalized.content, replaced) as RowContent }
    : { ...normalized, kept: cleanText(record, replaced) };
}

/** `value` with null for whatever lies deeper than `depth`. */
function cutDepth(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((item) => cutDepth(item, depth - 1));
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setKey(result, key, cutDepth(item, depth - 1));
  return result;
}
