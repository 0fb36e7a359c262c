import { isRawNumber } from '../json.ts';
import type { Api, Id, Reject, RowContent } from '../model/row.ts';
import { toByteText } from './byte-text.ts';
import { cleanText, type Replaced } from './clean-text.ts';
import { createFieldCounter, type FieldCount } from './field-census.ts';
import { isRedacted } from './is-redacted.ts';
import { toLifted } from './lift-texts.ts';
import { createLineBuffer, type LineBuffer } from './line-buffer.ts';
import { normalizeObject } from './normalize-objects.ts';
import { normalizeV1 } from './normalize-v1.ts';
import { ofByteText } from './real-text.ts';
import { appendRow, HUGE_NUMBER, toLineTail } from './row-line.ts';
import { assertShallow, setKey } from './sort-keys.ts';

/** What a page's rows have in common. */
export interface PageOrigin {
  api: Api;
  /** The run's portal; null when the run does not know it. */
  portalId: Id | null;
  /** The page's path under data/raw/engagements. */
  page: string;
  /** When it was asked for, ISO. */
  extractedAt: string;
  /** For a page of the CRM objects API: the type in its path, such as `calls`. */
  objectType?: string;
}

/**
 * Some neighbouring records of a page, normalized. Where its maker was given a buffer for lines, good until the next one.
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
  /** Rows of e-mails whose content HubSpot held back. */
  redacted: number;
  /** Which fields the rows have. */
  fields: FieldCount[];
}

/** Neighbouring records of a page. */
export interface Records {
  length: number;
  /** The record at a place among them. */
  take(index: number): ParsedRecord;
}

/** A record as it was parsed, numbers exact. */
export interface ParsedRecord {
  value: unknown;
  /** The texts that were lifted out of it (see lift-texts.ts); only with `parseWhole`. */
  texts: string[];
  /** Parses it anew, nothing lifted. */
  parseWhole?: () => unknown;
}

/** Records that were parsed with exact numbers, and nothing lifted. */
export function exactRecords(values: unknown[]): Records {
  return { length: values.length, take: (index) => ({ value: values[index], texts: [] }) };
}

/**
 * Rows and rejects of records; `firstIndex` is the place of the first one in the page. `areClean`: their strings are byte
 * text without any U+0000; else they are real text, to be cleaned of what Postgres refuses.
 * The rows' lines replace what is in `lines`, if given. Pure otherwise, if the records are.
 */
export function normalizeRecords(
  records: Records,
  firstIndex: number,
  origin: PageOrigin,
  { areClean, lines = createLineBuffer() }: { areClean: boolean; lines?: LineBuffer },
): Batch {
  const { page } = origin;
  lines.cutFrom(0);
  const lineEnds: number[] = [];
  const rejectLines = createLineBuffer();
  const rejects: Batch['rejects'] = [];
  const replaced: Replaced = { characters: 0 };
  const fields = createFieldCounter();
  let redacted = 0;
  const tail = toLineTail(origin);

  /** Appends what becomes of a record; false when it must be parsed whole first. */
  const append = (record: unknown, index: number, texts: string[]): boolean => {
    const start = lines.byteLength();
    const before = replaced.characters;
    let outcome: Outcome;
    try {
      outcome = normalize(record, origin, areClean ? texts : null, replaced);
      if ('content' in outcome) appendRow(lines, outcome.content, texts, tail, index);
      else assertShallow(outcome.kept);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      replaced.characters = before;
      const shallow = cutDepth(record, 100);
      const kept = areClean ? shallow : cleanText(shallow, replaced);
      outcome = { reject: error.message === HUGE_NUMBER ? HUGE_NUMBER : 'nested too deeply', kept };
    }
    // Of what was lifted, only rows are made, and counted by their type.
    const isLacking =
      texts.length > 0 &&
      !('content' in outcome && toLifted(outcome.content.type, texts) === undefined);
    if (isLacking) {
      lines.cutFrom(start);
      replaced.characters = before;
      return false;
    }
    if ('content' in outcome) {
      const { content } = outcome;
      lineEnds.push(lines.byteLength());
      fields.add(content, page, index);
      if (isRedacted(content, texts)) redacted += 1;
    } else {
      const { reject: reason, kept } = outcome;
      const line: Reject = { page, index, reason, record: null };
      const head = JSON.stringify(line).slice(0, -'null}'.length);
      rejectLines.append(`${toByteText(head)}${JSON.stringify(kept)}}\n`);
      rejects.push({ reason, page, index });
    }
    return true;
  };

  for (let n = 0; n < records.length; n++) {
    const { value, texts, parseWhole } = records.take(n);
    if (!append(value, firstIndex + n, texts)) append(parseWhole?.(), firstIndex + n, []);
  }
  return {
    lines: lines.bytesFrom(0),
    lineEnds,
    rejectLines: rejectLines.bytesFrom(0),
    rejects,
    replacedCharacters: replaced.characters,
    redacted,
    fields: fields.counts(),
  };
}

/** A row's content in byte text, lifted texts still lifted; or why there is none, and the record, in byte text as well. */
type Outcome = { content: RowContent } | { reject: string; kept: unknown };

function normalize(
  record: unknown,
  { api, portalId, objectType }: PageOrigin,
  lifted: string[] | null,
  replaced: Replaced,
): Outcome {
  if (api === 'v1') {
    const kept = lifted === null ? cleanText(record, replaced) : record;
    const normalized = normalizeV1(kept, portalId);
    return 'content' in normalized ? normalized : { ...normalized, kept };
  }
  const page = { portalId, objectType: objectType ?? '' };
  if (lifted !== null) {
    const before = replaced.characters;
    const normalized = normalizeObject(record, page, ofByteText(lifted, replaced));
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
