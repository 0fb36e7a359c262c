import { hash } from 'node:crypto';
import type { Api, RowContent } from '../../model/row.ts';
import type { LineBuffer } from '../buffers.ts';
import { toByteText } from './byte-text.ts';
import { noFindings, sortKeys, stringifySorted } from './sort-keys.ts';

/** Why a record with a number beyond Postgres's numeric is rejected. */
export const HUGE_NUMBER = 'a number is out of range';

/** Where a row comes from: the tail of its line, which its content_hash is not over. */
export interface LineOrigin {
  api: Api;
  /** When the page was asked for. */
  extractedAt: string;
  /** The page's path under data/raw/engagements. */
  page: string;
}

/** What the lines of a page's rows end with, in byte text, up to the index of the record. */
export function toLineTail({ api, extractedAt, page }: LineOrigin): LineTail {
  const rawPage = JSON.stringify(`${page}#`).slice(0, -1);
  return {
    api: `,"api":"${api}","content_hash":"`,
    rest: toByteText(`","extracted_at":${JSON.stringify(extractedAt)},"raw_page":${rawPage}`),
  };
}

/** See {@link toLineTail}; the content_hash stands between its two parts. */
export interface LineTail {
  api: string;
  rest: string;
}

/**
 * Appends the line of the row of the record at `index` to `lines`: its content with all nested keys sorted (`content`
 * itself gets them so), then the keys from `api` on. content_hash is the first 32 hexadecimal digits of the sha256 over
 * the content's JSON text. All is byte text. Throws RangeError, with nothing appended, when nested too deeply or (message
 * {@link HUGE_NUMBER}) with a number that Postgres cannot hold.
 */
export function appendRow(
  lines: LineBuffer,
  content: RowContent,
  tail: LineTail,
  index: number,
): void {
  const start = lines.byteLength();
  lines.append(stringifyContent(content));
  const contentHash = hash('sha256', lines.bytesFrom(start), 'hex').slice(0, 32);
  // The tail takes the place of the content's closing brace.
  lines.cutFrom(lines.byteLength() - 1);
  lines.append(`${tail.api}${contentHash}${tail.rest}${index}"}\n`);
}

function stringifyContent(content: RowContent): string {
  const found = noFindings();
  // Level 0 is the content, for cleanText as well.
  const sort = <T>(column: T): T => sortKeys(column, found, 1) as T;
  content.associations = sort(content.associations);
  content.association_labels = sort(content.association_labels);
  content.metadata = sort(content.metadata);
  content.extra = sort(content.extra);
  if (found.hugeNumber) throw new RangeError(HUGE_NUMBER);
  if (!found.unsortableKeys) return JSON.stringify(content);
  const members = Object.entries(content).map(
    ([key, value]) => `${JSON.stringify(key)}:${stringifySorted(value)}`,
  );
  return `{${members.join(',')}}`;
}
