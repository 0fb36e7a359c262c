import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { REJECTS } from '../archive/runs.ts';
import { cannotRead } from '../files.ts';
import { isRawNumber, parseJson } from '../json.ts';
import { damaged } from './copy-parts.ts';
import type { NdjsonRun } from './read-runs.ts';

const BATCH = 10_000;

/**
 * The ids of a run's rejected records as digits, in batches; `null` stands for a record without an id that could be an
 * engagement's. Throws ArchiveError when the file is not what the manifest says.
 */
export async function* readRejectedIds({
  folder,
  manifest,
}: NdjsonRun): AsyncGenerator<(string | null)[], void, undefined> {
  if (manifest.rejects === 0) return;
  const file = path.join(folder, REJECTS);
  let batch: (string | null)[] = [];
  let count = 0;
  const digest = createHash('sha256');
  try {
    for await (const line of readLines(file, digest)) {
      batch.push(toRejectedId(line));
      count += 1;
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    throw error instanceof SyntaxError
      ? damaged(file, `line ${count + 1} is not JSON`)
      : cannotRead(file, error);
  }
  if (count !== manifest.rejects) {
    throw damaged(file, `it has ${count} lines, the manifest says ${manifest.rejects}`);
  }
  const sha256 = digest.digest('hex');
  if (manifest.rejectsSha256 !== undefined && sha256 !== manifest.rejectsSha256) {
    throw damaged(file, `its sha256 is ${sha256}, the manifest says ${manifest.rejectsSha256}`);
  }
  if (batch.length > 0) yield batch;
}

/** Node's readline takes U+2028 and U+2029 for line ends as well, which JSON leaves in texts as they are. */
async function* readLines(file: string, digest: Hash): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const piece of createReadStream(file, 'utf8')) {
    digest.update(piece);
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** v1's records have their id in `engagement`, the CRM objects API's in the record itself. */
function toRejectedId(line: string): string | null {
  const { record } = parseJson(line) as {
    record: { id?: unknown; engagement?: { id?: unknown } | null } | null;
  };
  const id = record?.engagement?.id ?? record?.id;
  const digits = isRawNumber(id) ? id.rawJSON : String(id);
  return /^[1-9]\d{0,18}$/.test(digits) && BigInt(digits) < 2n ** 63n ? digits : null;
}
