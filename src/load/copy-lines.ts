/**
 * NDJSON lines to the CSV that COPY reads, without parsing them: every column is sliced off the line, whose keys and
 * their order are the archive's contract. JSON escapes control characters, so U+0001 and U+0002 can serve as
 * delimiter and quote, and next to nothing ever needs quoting. Pure.
 *
 * Lines are handled as byte text, a string in which each character stands for a byte of the UTF-8: slicing is cheap
 * then, and nothing is decoded.
 */
import { ROW_KEYS } from '../model/columns.ts';
import { isRedactedLine, REDACTED_WORDS } from './redacted.ts';
import { toIdList, toLabelList, toPairList } from './to-lists.ts';

/** Turns the line between two places of a byte text into a COPY line; `undefined` when it is no row. */
export type ToFields = (text: string, start: number, end: number) => string | undefined;

type Key = keyof typeof ROW_KEYS;

const KEYS = Object.keys(ROW_KEYS) as Key[];
/** The keys before the first object of the line. */
const HEAD = KEYS.slice(0, KEYS.indexOf('associations'));
/** The columns of a row, in the order of the line. */
export const COLUMNS = KEYS.filter((key) => ROW_KEYS[key].sql !== null);

/** The COPY that reads what {@link toKeyFields} makes. */
export const COPY_KEYS = toCopy('load_keys', [
  ...['line', 'redacted', 'portal_id', 'id', 'type', 'updated_at'],
  ...['associations', 'labels', 'attachments', 'archived_at', 'content_hash', 'extracted_at'],
]);

/** The COPY that reads what {@link toRowFields} makes. */
export const COPY_ROWS = toCopy('load_rows', ['line', 'run_no', ...COLUMNS]);

function toCopy(table: string, columns: string[]): string {
  return `copy ${table} (${columns.join(', ')}) from stdin (format csv, delimiter e'\\x01', quote e'\\x02')`;
}

const NAMES = HEAD.map((name, n) => `${n === 0 ? '{' : ','}"${name}":`);
const ID = ',"id":';
const TYPE = ',"type":';
const ACTIVE = ',"active":';
const UPDATED_AT = ',"updated_at":';
const OCCURRED_AT = ',"occurred_at":';
const ASSOCIATIONS = ',"associations":';
// With the braces around: one of the association kinds, or a field of metadata, might have that name.
const LABELS = '},"association_labels":';
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
 * COPY lines for the whole lines of `chunk`, the first of which has the number `firstLine` in its run; for those that
 * `isWanted` takes, which hears each number once and in order.
 */
export function toCopyLines(
  chunk: Buffer,
  firstLine: number,
  toFields: ToFields,
  isWanted: (line: number) => boolean,
): CopyLines {
  const text = chunk.toString('latin1');
  const copy: string[] = [];
  let line = firstLine;
  let start = 0;
  let stray = false;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    if (isWanted(line)) {
      const fields = toFields(text, start, end);
      stray = fields === undefined;
      if (fields === undefined) break;
      copy.push(`${line}\x01${fields}\n`);
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

/** What decides about a line; with `accepted`, redacted e-mails pass for others. */
export function toKeyFields(accepted: boolean): ToFields {
  return (text, start, lineEnd) => {
    const id = text.indexOf(ID, start);
    const type = text.indexOf(TYPE, id);
    const active = text.indexOf(ACTIVE, type);
    const updatedAt = text.indexOf(UPDATED_AT, active);
    const occurredAt = text.indexOf(OCCURRED_AT, updatedAt);
    const links = text.indexOf(ASSOCIATIONS, occurredAt);
    const rest = findRest(text, links, lineEnd);
    if (rest === undefined || !text.startsWith('{"portal_id":', start)) return undefined;
    if (!isAscending(start, id, type, active, updatedAt, occurredAt, links)) return undefined;
    const kind = toText(text.slice(type + TYPE.length, active));
    const pairs = toPairList(text.slice(links + ASSOCIATIONS.length, rest.labels + 1));
    const labels = toLabelList(text.slice(rest.labels + LABELS.length, rest.attachments + 1));
    if (kind === undefined || pairs === undefined || labels === undefined) return undefined;
    const line = accepted ? '' : text.slice(start, lineEnd);
    const isRedacted = line.includes(REDACTED_WORDS) && isRedactedLine(line);
    return (
      `${isRedacted ? 't' : 'f'}\x01` +
      `${text.slice(start + '{"portal_id":'.length, id)}\x01` +
      `${text.slice(id + ID.length, type)}\x01` +
      `${kind}\x01` +
      `${unquote(text.slice(updatedAt + UPDATED_AT.length, occurredAt))}\x01` +
      `${pairs}\x01` +
      `${labels}\x01` +
      `${toIdList(text.slice(rest.attachments + ATTACHMENTS.length, rest.metadata))}\x01` +
      `${unquote(text.slice(rest.archivedAt + ARCHIVED_AT.length, rest.api))}\x01` +
      `${text.slice(rest.hash + CONTENT_HASH.length, rest.extractedAt)}\x01` +
      text.slice(rest.extractedAt + EXTRACTED_AT.length, rest.rawPage)
    );
  };
}

/** All columns of a line of the run with this number. */
export function toRowFields(runNo: number): ToFields {
  return (text, start, lineEnd) => toRow(text, start, lineEnd, `${runNo}\x01`);
}

function toRow(text: string, start: number, lineEnd: number, prefix: string): string | undefined {
  let fields = prefix;
  let end = start;
  if (!text.startsWith(NAMES[0] as string, start)) return undefined;
  for (let n = 0; n < HEAD.length; n++) {
    const from = end + (NAMES[n] as string).length;
    end = text.indexOf(NAMES[n + 1] ?? ASSOCIATIONS, from);
    if (end === -1 || end > lineEnd) return undefined;
    const field = toField(text.slice(from, end), ROW_KEYS[HEAD[n] as Key].sql);
    if (field === undefined) return undefined;
    fields += `${field}\x01`;
  }
  const rest = findRest(text, end, lineEnd);
  if (rest === undefined) return undefined;
  const extra = findExtra(text, rest.metadata + METADATA.length - 1, rest.archivedAt);
  const page = toText(text.slice(rest.rawPage + RAW_PAGE.length - 1, lineEnd - 1));
  if (extra === -1 || page === undefined) return undefined;
  return (
    `${fields}${text.slice(rest.metadata + METADATA.length - 1, extra + 1)}\x01` +
    `${text.slice(extra + EXTRA.length - 1, rest.archivedAt + 1)}\x01` +
    `${unquote(text.slice(rest.archivedAt + ARCHIVED_AT.length, rest.api))}\x01` +
    `${text.slice(rest.api + API.length, rest.hash)}\x01` +
    `${text.slice(rest.hash + CONTENT_HASH.length, rest.extractedAt)}\x01` +
    `${text.slice(rest.extractedAt + EXTRACTED_AT.length, rest.rawPage)}\x01${page}`
  );
}

/** Where the keys from `association_labels` on begin in the line; `undefined` when it is no row. */
function findRest(text: string, associations: number, lineEnd: number) {
  // A key's bytes, quotes included, cannot stand inside a JSON string (its quotes would be escaped), and no column
  // before associations is an object: the first match is the row's own key. `archived_at` and what follows stand
  // behind everything that could repeat them: the last match is theirs.
  if (associations === -1) return undefined;
  const labels = text.indexOf(LABELS, associations);
  const attachments = text.indexOf(ATTACHMENTS, labels);
  const metadata = text.indexOf(METADATA, attachments);
  const api = text.lastIndexOf(API, lineEnd);
  const archivedAt = text.lastIndexOf(ARCHIVED_AT, api);
  const hash = text.indexOf(CONTENT_HASH, api);
  const extractedAt = text.indexOf(EXTRACTED_AT, hash);
  const rawPage = text.indexOf(RAW_PAGE, extractedAt);
  const places = [labels, attachments, metadata, archivedAt, api, hash, extractedAt, rawPage];
  if (!isAscending(associations, ...places, lineEnd)) return undefined;
  return { labels, attachments, metadata, archivedAt, api, hash, extractedAt, rawPage };
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

/** A value as a field of a column of that type. */
function toField(json: string, sql: string | null): string | undefined {
  if (json === 'null') return '';
  return sql === 'text' ? toText(json) : sql === 'timestamptz' ? unquote(json) : json;
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
