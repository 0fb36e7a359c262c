import path from 'node:path';
import { readPage, streamPage } from '../archive/read-page.ts';
import { ArchiveError } from '../errors.ts';
import { decodePages } from './decode.ts';
import { findFault } from './find-fault.ts';
import type { PageGroup } from './group-pages.ts';
import { assertWhole, type Completing, joinPages, readResults } from './normalize/join-pages.ts';
import type { Records } from './normalize/records.ts';
import { parseExact } from './parse-exact.ts';
import { streamRecords } from './stream-records.ts';

/**
 * A page above this size in bytes is streamed, if no other completes it: parsed whole, it takes some five times its size.
 * HubSpot's largest are of some MB.
 */
export const STREAM_ABOVE_BYTES = 12 * 2 ** 20;

/** A page of more values may be streamed as well: each takes up to a hundred bytes. */
const MAX_VALUES = 1_000_000;

/** The bytes of a group's pages. */
export interface GroupBytes {
  /** Null for a page that is to be streamed. */
  page: Buffer | null;
  completing: Buffer[];
}

/**
 * Reads the pages of a group; the page itself into what `toRoom` has for so many bytes, if given. Throws ArchiveError
 * naming the file that is missing or is not what the journal saw.
 */
export async function readGroup(
  { folder, page, completing, kinds }: PageGroup,
  streamAboveBytes: number,
  toRoom?: (byteCount: number) => Buffer,
): Promise<GroupBytes> {
  // With pages that complete it, HubSpot puts 200 records at most into a page.
  const isAlone = completing.length === 0 && kinds.length === 0;
  const most = isAlone ? streamAboveBytes : Number.POSITIVE_INFINITY;
  const own = await readPage(path.join(folder, page.file), page, most, toRoom);
  const others: Buffer[] = [];
  for (const { file, ...proof } of completing) {
    others.push(
      (await readPage(path.join(folder, file), proof, Number.POSITIVE_INFINITY)) as Buffer,
    );
  }
  return { page: own, completing: others };
}

/**
 * The records of a group, completed: all at once, or as a large page streams. Throws ArchiveError naming the file that is
 * no page, perhaps late.
 */
export async function* readRecords(
  group: PageGroup,
  { page, completing }: GroupBytes,
): AsyncGenerator<Records, void, undefined> {
  const file = path.join(group.folder, group.page.file);
  if (page === null) yield* stream(group, file, () => streamPage(file));
  else if (completing.length === 0 && hasManyValues(page))
    yield* stream(group, file, () => inPieces(page));
  else {
    const whole = await parseGroup(group, file, [page, ...completing]);
    if (whole === null) yield* stream(group, file, () => inPieces(page));
    else yield whole;
  }
}

function* inPieces(page: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < page.length; at += PIECE_BYTES) yield page.subarray(at, at + PIECE_BYTES);
}

const PIECE_BYTES = 64 * 1024;

/** Null when the page is alone and nested too deeply to be parsed exactly at once. */
async function parseGroup(
  { folder, origin, completing, kinds }: PageGroup,
  file: string,
  bytes: Buffer[],
): Promise<Records | null> {
  const files = [file, ...completing.map((page) => path.join(folder, page.file))];
  const { texts, ...form } = decodePages(bytes);
  const values: unknown[] = [];
  for (const [n, text] of texts.entries()) {
    const own = files[n] as string;
    try {
      values.push(parseExact(text));
    } catch (error) {
      if (error instanceof SyntaxError) throw await notJson(own, error, [bytes[n] as Buffer]);
      if (!(error instanceof RangeError)) throw error;
      // A reviver, unlike JSON.parse alone, needs a stack frame for each level.
      if (bytes.length === 1) return null;
      throw new ArchiveError(`${own} cannot be read: it is nested too deeply`, { cause: error });
    }
  }
  if (origin.api === 'v1') return { values: readResults(values[0], file), ...form };
  const others: Completing = { properties: [], associations: [], kinds };
  for (const [n, { part, kind }] of completing.entries()) {
    const page = { file: files[n + 1] as string, value: values[n + 1] };
    if (part === 'properties') others.properties.push(page);
    else others.associations.push({ ...page, kind: kind ?? '' });
  }
  return { values: joinPages({ file, value: values[0] }, others), ...form };
}

/** `read` begins to read the page, and is called once more when it is not JSON, to find the byte. */
async function* stream(
  { origin }: PageGroup,
  file: string,
  read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Records, void, undefined> {
  try {
    for await (const records of streamRecords(read())) {
      if (origin.api === 'objects') for (const record of records.values) assertWhole(record, file);
      yield records;
    }
  } catch (error) {
    throw error instanceof SyntaxError ? await notJson(file, error, read()) : error;
  }
}

/** What JSON.parse says may quote the page, whose content belongs in no log. */
async function notJson(
  file: string,
  error: SyntaxError,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ArchiveError> {
  const where = await findFault(pieces);
  const what = where === null ? error.message : `it is not JSON (${where})`;
  return new ArchiveError(`${file} is damaged: ${what}`, { cause: error });
}

/** Whether there may be more values than can be held: as many as there are commas and brackets, at most. */
function hasManyValues(page: Buffer): boolean {
  if (page.length < 2 * MAX_VALUES) return false;
  let count = 0;
  for (let at = 0; at < page.length; at++) {
    const byte = page[at];
    if (byte === COMMA || byte === OPEN_BRACKET || byte === OPEN_BRACE) count += 1;
  }
  return count > MAX_VALUES;
}

const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
