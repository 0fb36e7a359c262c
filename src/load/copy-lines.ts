/**
 * NDJSON lines to the CSV that COPY reads, without parsing them: every column is sliced off the line, whose keys and
 * their order are the archive's contract. JSON escapes control characters, so U+0001 and U+0002 can serve as
 * delimiter and quote, and next to nothing ever needs quoting. Pure.
 *
 * Lines are handled as byte text, a string in which each character stands for a byte of the UTF-8: slicing is cheap
 * then, and nothing is decoded.
 */
import { toIdList, toPairList } from './id-lists.ts';
import { isRedactedLine, REDACTED_WORDS } from './redacted.ts';

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

/** What is sent of each line: whole rows; or the columns that decide, without those of a row's content. */
export type Form = 'rows' | 'keys';

/** COPY into `load_staging`, with the columns in the order of the fields that {@link toCopyLines} writes. */
export const COPY_STAGING: Readonly<Record<Form, string>> = {
  rows: toCopy(
    HEAD.map(([name]) => name),
    ['metadata', 'extra'],
    ['raw_page'],
  ),
  keys: toCopy(['portal_id', 'id', 'updated_at'], [], []),
};

function toCopy(head: string[], content: string[], tail: string[]): string {
  const columns = [
    ...['line', 'redacted', ...head, 'associations', 'attachments', ...content],
    ...['archived_at', 'api', 'content_hash', 'extracted_at', ...tail],
  ];
  return `copy load_staging (${columns.join(', ')}) from stdin (format csv, delimiter e'\\x01', quote e'\\x02')`;
}

const KEYS = HEAD.map(([name], n) => `${n === 0 ? '{' : ','}"${name}":`);
const ID = ',"id":';
const TYPE = ',"type":';
const UPDATED_AT = ',"updated_at":';
const OCCURRED_AT = ',"occurred_at":';
const ASSOCIATIONS = ',"associations":';
// With the braces around: one of the association kinds, or a field of metadata, might have that name.
const ASSOCIATION_LABELS = '},"association_labels":{';
const ATTACHMENTS = '},"attachments":[';
const METADATA = '],"metadata":{';
const EXTRA = '},"extra":{';
const ARCHIVED_AT = '},"archived_at":';
const API = ',"api":"';
const CONTENT_HASH = '","content_hash":"';
const EXTRACTED_AT = '","extracted_at":"';
const RAW_PAGE = '","raw_page":"';

/** What {@link toCopyLines} made of some bytes. */
export interface CopyLines {
  copy: Buffer;
  /** How many lines were read. */
  lines: number;
  /** The bytes after the last line end. */
  rest: Buffer;
  /** Whether it stopped because the line after those is no row. */
  stray: boolean;
}

/**
 * COPY lines for the whole lines of `chunk`, the first of which has the number `firstLine` in its run; for those in
 * `wanted` only, if given.
 */
export function toCopyLines(
  chunk: Buffer,
  firstLine: number,
  form: Form,
  wanted?: ReadonlySet<number>,
): CopyLines {
  const text = chunk.toString('latin1');
  const mayBeRedacted = text.includes(REDACTED_WORDS);
  const copy: string[] = [];
  let line = firstLine;
  let start = 0;
  let stray = false;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    if (wanted === undefined || wanted.has(line)) {
      const fields = toFields(text, start, end, form);
      stray = fields === undefined;
      if (fields === undefined) break;
      const isRedacted = mayBeRedacted && isRedactedLine(text.slice(start, end));
      copy.push(`${line}\x01${isRedacted ? 't' : 'f'}\x01${fields}\n`);
    }
    line += 1;
    start = end + 1;
  }
  return {
    copy: Buffer.from(copy.join(''), 'latin1'),
    lines: line - firstLine,
    rest: chunk.subarray(start),
    stray,
  };
}

/** The fields of the line between `start` and `end`, in one of the forms; `undefined` when it is no row. */
function toFields(text: string, start: number, end: number, form: Form): string | undefined {
  // A key's bytes, quotes included, cannot stand inside a JSON string (its quotes would be escaped), and no column
  // before associations is an object: the first match is the row's own key. `archived_at` and what follows stand
  // behind everything that could repeat them: the last match is theirs.
  if (!text.startsWith('{"portal_id":', start)) return undefined;
  const head = form === 'rows' ? toHead(text, start, end) : toKeys(text, start, end);
  if (head === undefined) return undefined;
  const from = head.end + ASSOCIATIONS.length;
  const labels = text.indexOf(ASSOCIATION_LABELS, from);
  const attachments = text.indexOf(ATTACHMENTS, labels);
  const metadata = text.indexOf(METADATA, attachments);
  const api = text.lastIndexOf(API, end);
  const archivedAt = text.lastIndexOf(ARCHIVED_AT, api);
  const hash = text.indexOf(CONTENT_HASH, api);
  const extractedAt = text.indexOf(EXTRACTED_AT, hash);
  const rawPage = text.indexOf(RAW_PAGE, extractedAt);
  const extra =
    form === 'rows' ? findExtra(text, metadata + METADATA.length - 1, archivedAt) : metadata;
  if (
    !isAscending(
      from,
      labels,
      attachments,
      metadata,
      extra,
      archivedAt,
      api,
      hash,
      extractedAt,
      rawPage,
    )
  ) {
    return undefined;
  }
  const pairs = toPairList(text.slice(from, labels + 1));
  const page = form === 'rows' ? toText(text.slice(rawPage + RAW_PAGE.length - 1, end - 1)) : '';
  if (pairs === undefined || page === undefined || rawPage > end) return undefined;
  const content =
    form === 'keys'
      ? ''
      : `${text.slice(metadata + METADATA.length - 1, extra + 1)}\x01` +
        `${text.slice(extra + EXTRA.length - 1, archivedAt + 1)}\x01`;
  return (
    head.fields +
    `${pairs}\x01` +
    `${toIdList(text.slice(attachments + ATTACHMENTS.length, metadata))}\x01` +
    content +
    `${unquote(text.slice(archivedAt + ARCHIVED_AT.length, api))}\x01` +
    `${text.slice(api + API.length, hash)}\x01` +
    `${text.slice(hash + CONTENT_HASH.length, extractedAt)}\x01` +
    text.slice(extractedAt + EXTRACTED_AT.length, rawPage) +
    (form === 'keys' ? '' : `\x01${page}`)
  );
}

/** The fields before associations, each with its delimiter, and where they end. */
type Head = { fields: string; end: number } | undefined;

function toHead(text: string, start: number, lineEnd: number): Head {
  let fields = '';
  let end = start;
  for (let n = 0; n < HEAD.length; n++) {
    const from = end + (KEYS[n] as string).length;
    end = text.indexOf(KEYS[n + 1] ?? ASSOCIATIONS, from);
    if (end === -1 || end > lineEnd) return undefined;
    const value = text.slice(from, end);
    const kind = (HEAD[n] as (typeof HEAD)[number])[1];
    const field = kind === 'plain' ? value : kind === 'quoted' ? unquote(value) : toText(value);
    if (field === undefined) return undefined;
    fields += value === 'null' ? '\x01' : `${field}\x01`;
  }
  return { fields, end };
}

function toKeys(text: string, start: number, lineEnd: number): Head {
  const id = text.indexOf(ID, start);
  const type = text.indexOf(TYPE, id);
  const updatedAt = text.indexOf(UPDATED_AT, type);
  const occurredAt = text.indexOf(OCCURRED_AT, updatedAt);
  const end = text.indexOf(ASSOCIATIONS, occurredAt);
  if (end > lineEnd || !isAscending(start, id, type, updatedAt, occurredAt, end)) return undefined;
  const portalId = text.slice(start + '{"portal_id":'.length, id);
  const instant = unquote(text.slice(updatedAt + UPDATED_AT.length, occurredAt));
  return { fields: `${portalId}\x01${text.slice(id + ID.length, type)}\x01${instant}\x01`, end };
}

function isAscending(...places: number[]): boolean {
  return places.every((place, n) => n === 0 || place >= (places[n - 1] as number));
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

/** An instant, or nothing for null. */
function unquote(json: string): string {
  return json === 'null' ? '' : json.slice(1, -1);
}

/** A JSON string, which may be empty or span lines, as a field; `undefined` when it is none. */
function toText(json: string): string | undefined {
  if (json === '""') return '\x02\x02';
  if (!json.includes('\\')) return json.slice(1, -1);
  try {
    const text = String(JSON.parse(Buffer.from(json, 'latin1').toString()));
    return `\x02${Buffer.from(text.replaceAll('\x02', '\x02\x02')).toString('latin1')}\x02`;
  } catch {
    return undefined;
  }
}
