/**
 * NDJSON lines to the CSV that COPY reads, without parsing them: the keys are sliced off the line, whose first keys and
 * whose order are the archive's contract. JSON escapes control characters, so U+0001 and U+0002 can serve as
 * delimiter and quote and nothing ever needs quoting. Pure.
 */

/** The columns of `load_staging`, in the order of the fields that {@link toCopyLines} writes. */
export const COPY_STAGING = `copy load_staging (portal_id, id, line, updated_at, extracted_at, api, content_hash,
  associations, attachments, document) from stdin (format csv, delimiter e'\\x01', quote e'\\x02')`;

const ID = Buffer.from(',"id":');
const TYPE = Buffer.from(',"type":');
const UPDATED_AT = Buffer.from(',"updated_at":');
const OCCURRED_AT = Buffer.from(',"occurred_at":');
const ASSOCIATIONS = Buffer.from(',"associations":');
// With the brace that ends the associations: one of their kinds might be called attachments.
const ATTACHMENTS = Buffer.from('},"attachments":');
const METADATA = Buffer.from(',"metadata":');
const API = Buffer.from(',"api":"');
const CONTENT_HASH = Buffer.from('","content_hash":"');
const EXTRACTED_AT = Buffer.from('","extracted_at":"');
const RAW_PAGE = Buffer.from('","raw_page":"');
const PORTAL_ID_LENGTH = Buffer.byteLength('{"portal_id":');
const NEWLINE = 0x0a;

/** What {@link toCopyLines} made of some bytes. */
export interface CopyLines {
  copy: Buffer;
  /** How many lines `copy` holds. */
  lines: number;
  /** The bytes after the last line end. */
  rest: Buffer;
  /** Whether it stopped because the line after those is no row. */
  stray: boolean;
}

/** COPY lines for the whole lines of `chunk`, the first of which has the number `firstLine` in its run. */
export function toCopyLines(chunk: Buffer, firstLine: number): CopyLines {
  const pieces: Buffer[] = [];
  let lines = 0;
  let start = 0;
  let stray = false;
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    const line = chunk.subarray(start, end + 1);
    const keys = toKeys(line, firstLine + lines);
    stray = keys === undefined;
    if (keys === undefined) break;
    pieces.push(keys, line);
    lines += 1;
    start = end + 1;
  }
  return { copy: Buffer.concat(pieces), lines, rest: chunk.subarray(start), stray };
}

/** The fields before the document; `undefined` when the line lacks one of the keys. */
function toKeys(line: Buffer, number: number): Buffer | undefined {
  // A key's bytes, quotes included, cannot stand inside a JSON string (its quotes would be escaped), and no column
  // before metadata is an object with such a key: the first match is the row's own key. `api` and what follows
  // stand behind everything that could repeat them: the last match is theirs.
  let from = 0;
  let missing = false;
  const find = (key: Buffer): number => {
    const at = line.indexOf(key, from);
    missing ||= at === -1;
    from = at + key.length;
    return at;
  };
  const portalId = line.toString('latin1', PORTAL_ID_LENGTH, find(ID));
  const id = line.toString('latin1', from, find(TYPE));
  find(UPDATED_AT);
  const updatedAt = line.toString('latin1', from, find(OCCURRED_AT));
  find(ASSOCIATIONS);
  const associations = `${line.toString('utf8', from, find(ATTACHMENTS))}}`;
  const attachments = line.toString('latin1', from, find(METADATA));
  from = Math.max(from, line.lastIndexOf(API));
  find(API);
  const api = line.toString('latin1', from, find(CONTENT_HASH));
  const contentHash = line.toString('latin1', from, find(EXTRACTED_AT));
  const extractedAt = line.toString('latin1', from, find(RAW_PAGE));
  if (missing) return undefined;
  const keys = [
    portalId,
    id,
    number,
    updatedAt === 'null' ? '' : updatedAt.slice(1, -1),
    extractedAt,
    api,
    contentHash,
    associations,
    attachments,
    '',
  ];
  return Buffer.from(keys.join('\x01'));
}
