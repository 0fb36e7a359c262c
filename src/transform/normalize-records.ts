import type { Api, Id, Reject } from '../archive/row.ts';
import { isRawNumber } from '../json.ts';
import { cleanText, type Replaced } from './clean-text.ts';
import { createLineBuffer } from './line-buffer.ts';
import { normalizeV1 } from './normalize-v1.ts';
import { appendRow, HUGE_NUMBER } from './row-line.ts';
import { noFindings, setKey, sortKeys } from './sort-keys.ts';

/** What a page's rows have in common. */
export interface PageOrigin {
  api: Api;
  /** The run's portal; null when the run does not know it. */
  portalId: Id | null;
  /** The page's path under data/raw/engagements. */
  page: string;
  /** When it was asked for, ISO. */
  extractedAt: string;
}

/** Some neighbouring records of a page, normalized: plain data that can be passed between threads. */
export interface Batch {
  /** The rows' lines, UTF-8, each ended by a line feed. */
  lines: Uint8Array;
  /** Where each row's line ends, in bytes from the start of `lines`. */
  lineEnds: number[];
  /** The rejects' lines. */
  rejectLines: string;
  /** One for each reject. */
  rejects: { reason: string; page: string; index: number }[];
  /** U+0000 and unpaired surrogates replaced by U+FFFD. */
  replacedCharacters: number;
  /** Whether JSON.parse rounded a number of these records, so that they must be parsed anew, exactly. */
  roundedNumber: boolean;
}

/**
 * Rows and rejects of the records of a page; `firstIndex` is the place of the first one in the page. With `clean`,
 * text that Postgres refuses is replaced first. Pure.
 */
export function normalizeRecords(
  records: unknown[],
  firstIndex: number,
  origin: PageOrigin,
  options: { clean: boolean; byteCount: number },
): Batch {
  const lines = createLineBuffer(options.byteCount);
  const lineEnds: number[] = [];
  const rejects: Batch['rejects'] = [];
  const replaced: Replaced = { characters: 0 };
  const findings = noFindings();
  const { api, extractedAt, page } = origin;
  let rejectLines = '';
  for (const [n, record] of records.entries()) {
    const index = firstIndex + n;
    const rejected = (reason: string, kept: unknown): void => {
      // A reject's numbers must be exact as well.
      sortKeys(kept, findings);
      const line: Reject = { page, index, reason, record: kept };
      rejectLines += `${JSON.stringify(line)}\n`;
      rejects.push({ reason, page, index });
    };
    const before = replaced.characters;
    try {
      const cleaned = options.clean ? cleanText(record, replaced) : record;
      const normalized = normalizeV1(cleaned, origin.portalId);
      if ('reject' in normalized) rejected(normalized.reject, cleaned);
      else {
        appendRow(lines, normalized.content, { api, extractedAt, page, index }, findings);
        lineEnds.push(lines.byteLength());
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      replaced.characters = before;
      const reason = error.message === HUGE_NUMBER ? HUGE_NUMBER : 'nested too deeply';
      rejected(reason, cleanText(cutDepth(record, 100), replaced));
    }
  }
  return {
    lines: lines.bytesFrom(0),
    lineEnds,
    rejectLines,
    rejects,
    replacedCharacters: replaced.characters,
    roundedNumber: findings.roundedNumber,
  };
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
