import path from 'node:path';
import type { PageEntry } from '../archive/journal.ts';
import { readPage } from '../archive/read-page.ts';
import { ArchiveError } from '../errors.ts';
import { isObject } from '../json.ts';
import type { Api } from '../model/row.ts';
import { findStream } from '../model/streams.ts';
import { type LabelNames, toLabelKey } from './normalize/associations.ts';
import { readResults } from './normalize/join-pages.ts';
import { parseExact } from './parse-exact.ts';

/**
 * The labels that a run's associations can have, by object type: what its pages of definitions say
 * (`{results: [{category, typeId, label}]}`). Throws ArchiveError naming the page that is damaged.
 */
export async function readLabels(
  folder: string,
  api: Api,
  pages: readonly PageEntry[],
): Promise<Map<string, LabelNames>> {
  const labels = new Map<string, Record<string, Record<string, string>>>();
  for (const entry of pages) {
    const stream = entry.completes ? null : findStream(api, entry.stream);
    if (stream?.holds !== 'labels') continue;
    const file = path.join(folder, entry.file);
    const bytes = (await readPage(file, entry, Number.POSITIVE_INFINITY)) as Buffer;
    const ofType = labels.get(stream.objectType) ?? {};
    labels.set(stream.objectType, ofType);
    const names: Record<string, string> = Object.hasOwn(ofType, stream.kind)
      ? (ofType[stream.kind] as Record<string, string>)
      : {};
    ofType[stream.kind] = names;
    for (const type of readResults(parse(bytes, file), file)) {
      const key = toLabelKey(type);
      const label = isObject(type) ? type['label'] : undefined;
      if (key !== null && typeof label === 'string' && label !== '') names[key] = label;
    }
  }
  return labels;
}

function parse(bytes: Buffer, file: string): unknown {
  try {
    return parseExact(bytes.toString('utf8'));
  } catch (error) {
    throw new ArchiveError(`${file} is damaged: it is not JSON`, { cause: error });
  }
}
