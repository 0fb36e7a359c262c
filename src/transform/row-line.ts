import { hash } from 'node:crypto';
import type { Api } from '../archive/row.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { RowContent } from './normalize-v1.ts';
import { type Findings, noFindings, sortKeys, stringifySorted } from './sort-keys.ts';

/** Why a record with a number beyond Postgres's numeric is rejected. */
export const HUGE_NUMBER = 'a number is out of range';

/** Where a row comes from: the tail of its line, which its content_hash is not over. */
export interface RowOrigin {
  api: Api;
  /** When the page was asked for. */
  extractedAt: string;
  /** The page's path under data/raw/engagements. */
  page: string;
  /** The record's place in the page. */
  index: number;
}

/**
 * Appends a row's line of NDJSON to `lines`: its content with all nested keys sorted (`content` itself gets them so),
 * then the keys from `api` on. content_hash is the first 32 hexadecimal digits of the sha256 over the content's JSON
 * text. Throws RangeError, with nothing appended, when nested too deeply or (message {@link HUGE_NUMBER}) with a number
 * that Postgres cannot hold.
 */
export function appendRow(
  lines: LineBuffer,
  content: RowContent,
  { api, extractedAt, page, index }: RowOrigin,
  findings: Findings,
): void {
  const start = lines.append(stringifyContent(content, findings));
  const contentHash = hash('sha256', lines.bytesFrom(start), 'hex').slice(0, 32);
  // The tail takes the place of the content's closing brace.
  lines.cut(1);
  lines.append(
    `,"api":"${api}","content_hash":"${contentHash}","extracted_at":${JSON.stringify(extractedAt)},"raw_page":${JSON.stringify(`${page}#${index}`)}}\n`,
  );
}

function stringifyContent(content: RowContent, findings: Findings): string {
  const found = noFindings();
  content.associations = sortKeys(content.associations, found) as RowContent['associations'];
  content.metadata = sortKeys(content.metadata, found) as RowContent['metadata'];
  content.extra = sortKeys(content.extra, found) as RowContent['extra'];
  if (found.roundedNumber) findings.roundedNumber = true;
  if (found.hugeNumber) throw new RangeError(HUGE_NUMBER);
  if (!found.unsortableKeys) return JSON.stringify(content);
  const members = Object.entries(content).map(
    ([key, value]) => `${JSON.stringify(key)}:${stringifySorted(value)}`,
  );
  return `{${members.join(',')}}`;
}
