/**
 * NDJSON lines to the CSV that COPY reads, without parsing them: every column is sliced off the line, whose keys and
 * their order are the archive's contract. JSON escapes control characters, so U+0001 and U+0002 can serve as
 * delimiter and quote, and next to nothing ever needs quoting. Pure.
 *
 * Lines are handled as byte text, a string in which each character stands for a byte of the UTF-8: slicing is cheap
 * then, and nothing is decoded.
 */

/** The columns up to associations, in the order of the line, and what their values are. */
const HEAD = [
  ['portal_id', 'plain'],
  ['id', 'plain'],
  ['type', 'text'],
  ['active', 'plain'],
  ['created_at', 'quoted'],
  ['updated_at', 'quoted'],
  ['occurred_at', 'quoted'],
  ['owner_id', 'plain'],
  ['team_id', 'plain'],
  ['created_by', 'plain'],
  ['modified_by', 'plain'],
  ['source', 'text'],
  ['source_id', 'text'],
  ['activity_type', 'text'],
  ['title', 'text'],
  ['body_preview', 'text'],
] as const;

const HEAD_KEYS = HEAD.map(([name], n) => `${n === 0 ? '{' : ','}"${name}":`);
const ASSOCIATIONS = ',"associations":';
// With the braces around: one of the association kinds, or a field of metadata, might have that name.
const ATTACHMENTS = '},"attachments":[';
const METADATA = '],"metadata":{';
const EXTRA = '},"extra":{';
const ARCHIVED_AT = '},"archived_at":';
const API = ',"api":"';
const CONTENT_HASH = '","content_hash":"';
const EXTRACTED_AT = '","extracted_at":"';
const RAW_PAGE = '","raw_page":"';

/** The columns of `load_staging`, in the order of the fields that {@link toCopyLines} writes. */
export const COPY_STAGING = `copy load_staging (line, redacted, ${HEAD.map(([name]) => name).join(', ')}, associations,
  attachments, metadata, extra, archived_at, api, content_hash, extracted_at, raw_page)
  from stdin (format csv, delimiter e'\\x01', quote e'\\x02')`;

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
  const text = chunk.latin1Slice();
  const mayBeRedacted = text.includes(REDACTED);
  const copy: string[] = [];
  let start = 0;
  let stray = false;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    const fields = toFields(text, start, end);
    stray = fields === undefined;
    if (fields === undefined) break;
    const isRedacted = mayBeRedacted && text.slice(start, end).includes(REDACTED);
    copy.push(`${firstLine + copy.length}\x01${isRedacted ? 't' : 'f'}\x01${fields}\n`);
    start = end + 1;
  }
  return {
    copy: Buffer.from(copy.join(''), 'latin1'),
    lines: copy.length,
    rest: chunk.subarray(start),
    stray,
  };
}

/** Said of an e-mail whose content HubSpot holds back; a line with it is looked at closely by judge.sql. */
const REDACTED = 'The content of this email has been redacted';

/** The fields of the line between `start` and `end`; `undefined` when it is no row. */
function toFields(text: string, start: number, end: number): string | undefined {
  // A key's bytes, quotes included, cannot stand inside a JSON string (its quotes would be escaped), and no column
  // before associations is an object: the first match is the row's own key. `archived_at` and what follows stand
  // behind everything that could repeat them: the last match is theirs.
  let fields = '';
  let from = start + 13; // {"portal_id":
  if (!text.startsWith(HEAD_KEYS[0] as string, start)) return undefined;
  for (let n = 0; n < HEAD.length; n++) {
    const key = HEAD_KEYS[n + 1] ?? ASSOCIATIONS;
    const at = text.indexOf(key, from);
    if (at === -1 || at > end) return undefined;
    const value = text.slice(from, at);
    if (value !== 'null') {
      const kind = (HEAD[n] as (typeof HEAD)[number])[1];
      if (kind === 'plain') fields += value;
      else if (kind === 'quoted') fields += value.slice(1, -1);
      else {
        const unquoted = toText(value);
        if (unquoted === undefined) return undefined;
        fields += unquoted;
      }
    }
    fields += '\x01';
    from = at + key.length;
  }
  const attachments = text.indexOf(ATTACHMENTS, from);
  const metadata = text.indexOf(METADATA, attachments);
  const api = text.lastIndexOf(API, end);
  const archivedAt = text.lastIndexOf(ARCHIVED_AT, api);
  const extra = findExtra(text, metadata + METADATA.length - 1, archivedAt);
  const hash = text.indexOf(CONTENT_HASH, api);
  const extractedAt = text.indexOf(EXTRACTED_AT, hash);
  const rawPage = text.indexOf(RAW_PAGE, extractedAt);
  const places = [from, attachments, metadata, extra, archivedAt, api, hash, extractedAt, rawPage, end];
  if (places.some((place, n) => n > 0 && place < (places[n - 1] as number))) return undefined;
  const archived = text.slice(archivedAt + ARCHIVED_AT.length, api);
  const page = toText(text.slice(rawPage + RAW_PAGE.length - 1, end - 1));
  if (page === undefined) return undefined;
  return (
    fields +
    `${text.slice(from, attachments + 1)}\x01` +
    `${text.slice(attachments + ATTACHMENTS.length - 1, metadata + 1)}\x01` +
    `${text.slice(metadata + METADATA.length - 1, extra + 1)}\x01` +
    `${text.slice(extra + EXTRA.length - 1, archivedAt + 1)}\x01` +
    `${archived === 'null' ? '' : archived.slice(1, -1)}\x01` +
    `${text.slice(api + API.length, hash)}\x01` +
    `${text.slice(hash + CONTENT_HASH.length, extractedAt)}\x01` +
    `${text.slice(extractedAt + EXTRACTED_AT.length, rawPage)}\x01` +
    page
  );
}

/** Where the key `extra` stands behind the object that begins at `from`; metadata may well have a field of that name. */
function findExtra(text: string, from: number, end: number): number {
  const first = text.indexOf(EXTRA, from);
  if (first === text.lastIndexOf(EXTRA, end)) return first;
  let depth = 0;
  for (let at = from; at < end; at++) {
    const character = text[at];
    if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return text.startsWith(EXTRA, at) ? at : -1;
    else if (character === '"') {
      for (at++; text[at] !== '"' && at < end; at++) if (text[at] === '\\') at++;
    }
  }
  return -1;
}

/** A JSON string, which may be empty or span lines, as a field; `undefined` when it is none. */
function toText(json: string): string | undefined {
  if (json === '""') return '\x02\x02';
  if (!json.includes('\\')) return json.slice(1, -1);
  try {
    const text = JSON.parse(Buffer.from(json, 'latin1').utf8Slice());
    return `\x02${Buffer.from(text.replaceAll('\x02', '\x02\x02')).latin1Slice()}\x02`;
  } catch {
    return undefined;
  }
}
