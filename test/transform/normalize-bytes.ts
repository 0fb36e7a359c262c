import { createCensus } from '../../src/transform/field-census.ts';
import {
  type Batch,
  normalizeRecords,
  type PageOrigin,
  type Records,
} from '../../src/transform/normalize/records.ts';
import { readRecords } from '../../src/transform/read-records.ts';
import { streamRecords } from '../../src/transform/stream-records.ts';

/** What became of a page's records, whoever read them, in however many batches. */
export interface Normalized {
  rows: string;
  rejectLines: string;
  rejects: Batch['rejects'];
  replacedCharacters: number;
  invalidUtf8: number;
  redacted: number;
  fields: object;
}

/** A page, `page.json` in messages, that no others complete, as it is read when it is small enough to be held. */
export function normalizeWhole(page: string | Uint8Array, origin: PageOrigin): Promise<Normalized> {
  return collect(readWhole(page, origin), origin);
}

/** Its records. */
export function readWhole(page: string | Uint8Array, origin: PageOrigin): AsyncIterable<Records> {
  const group = {
    folder: '',
    page: { file: 'page.json', bytes: 0, sha256: '' },
    origin,
    completing: [],
    kinds: [],
  };
  return readRecords(group, { page: Buffer.from(page), completing: [] });
}

/** The same page as it streams, in pieces of `size` bytes. */
export function normalizePieces(
  page: string | Uint8Array,
  origin: PageOrigin,
  size: number,
): Promise<Normalized> {
  return collect(streamRecords(cut(Buffer.from(page), size)), origin);
}

export function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(all: AsyncIterable<Records>, origin: PageOrigin): Promise<Normalized> {
  const batches: Batch[] = [];
  let index = 0;
  for await (const records of all) {
    batches.push(normalizeRecords(records, index, origin));
    index += records.values.length;
  }
  const sum = (key: 'replacedCharacters' | 'invalidUtf8' | 'redacted') =>
    batches.reduce((total, batch) => total + batch[key], 0);
  const census = createCensus();
  for (const { fields } of batches) census.add(fields);
  return {
    rows: Buffer.concat(batches.map(({ lines }) => lines)).toString(),
    rejectLines: Buffer.concat(batches.map(({ rejectLines }) => rejectLines)).toString(),
    rejects: batches.flatMap(({ rejects }) => rejects),
    replacedCharacters: sum('replacedCharacters'),
    invalidUtf8: sum('invalidUtf8'),
    redacted: sum('redacted'),
    fields: census.census(),
  };
}
